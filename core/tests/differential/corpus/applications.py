"""How a `Cache` is set up: several applications, settings, backends, contexts."""

from __future__ import annotations

from flask import Flask

from flask_caching import Cache

from .record import counter, make_app, scenario
from .stores import OLD


@scenario
def init_app_later(see):
    cache = Cache()
    number = counter()
    cached = cache.cached(key_prefix="key")(number)
    memoized = cache.memoize()(lambda a: number())
    app = make_app()
    see("returned", cache.init_app(app))
    see("calls", [cached(), cached(), memoized(1), memoized(1)])
    with app.app_context():
        see("in a context", [cached(), memoized(1)])


@scenario
def settings_in_order(see):
    app = make_app(**OLD, CACHE_DEFAULT_TIMEOUT=1)
    see("of the application", Cache(app).cache.default_timeout)
    cache = Cache(app, config={"CACHE_DEFAULT_TIMEOUT": 2})
    see("of the cache", cache.cache.default_timeout)
    cache = Cache(config={"CACHE_DEFAULT_TIMEOUT": 2})
    cache.init_app(app, config={"CACHE_DEFAULT_TIMEOUT": 3})
    see("of init_app", cache.cache.default_timeout)
    cache = Cache(config={"CACHE_DEFAULT_TIMEOUT": 2})
    cache.init_app(app)
    see("of the cache, later", cache.cache.default_timeout)
    see("the application's own stay", app.config["CACHE_DEFAULT_TIMEOUT"])
    see("no defaults are added", sorted(key for key in app.config if key.startswith("CACHE_")))


@scenario
def one_cache_for_two_applications(see):
    cache = Cache()
    one, other = make_app("one"), make_app("other")
    cache.init_app(one)
    cache.init_app(other)
    with one.app_context():
        cache.set("key", "of one")
    with other.app_context():
        see("apart", cache.get("key"))
        cache.set("key", "of the other")
    with one.app_context():
        see("still there", cache.get("key"))
    see("without a context, the last one", cache.get("key"))


@scenario
def decorated_in_two_applications(see):
    cache = Cache()
    number = counter()
    memoized = cache.memoize()(lambda a: number())
    cached = cache.cached(key_prefix="key")(number)
    apps = [make_app("one"), make_app("other")]
    for app in apps:
        cache.init_app(app)
    for app in apps:
        with app.app_context():
            see(app.name, [memoized(1), memoized(1), cached(), cached()])
    with apps[0].app_context():
        cache.delete_memoized(memoized)
        see("deleted in one", memoized(1))
    with apps[1].app_context():
        see("not in the other", memoized(1))


@scenario
def settings_of_two_applications(see):
    cache = Cache()
    one = make_app("one", **OLD, CACHE_SOURCE_CHECK=True)
    other = make_app("other", **OLD)
    cache.init_app(one)
    cache.init_app(other)
    cached = cache.cached(key_prefix="key")(lambda: 1)
    for app in (one, other):
        with app.app_context():
            cached()
            see(f"{app.name} has the source in its keys", len(cache.cache.keys[0]) > 3)


@scenario(since=(2, 5))
def signals_of_two_applications(see):
    from flask_caching import cache_view_miss

    cache = Cache()
    loud, quiet = make_app("loud", CACHE_ENABLE_SIGNALS=True), make_app("quiet")
    cache.init_app(loud)
    cache.init_app(quiet)
    cached = cache.cached(key_prefix="key")(lambda: 1)
    for app in (loud, quiet):
        heard = []

        def receive(sender, heard=heard, **facts):
            heard.append(1)

        with cache_view_miss.connected_to(receive), app.app_context():
            cached()
        see(app.name, len(heard))


@scenario
def debug_of_two_applications(see):
    cache = Cache()
    plain, debug = make_app("plain"), make_app("debug")
    debug.debug = True
    cache.init_app(plain)
    cache.init_app(debug)
    by_path = cache.cached()(counter())
    for app in (plain, debug):
        with app.app_context():
            see.outcome(app.name, by_path)


@scenario
def two_caches_for_one_application(see):
    app = make_app()
    one = Cache(app)
    other = Cache(app, config={"CACHE_DEFAULT_TIMEOUT": 5})
    one.set("key", "one")
    see("apart", other.get("key"))
    see("each in the extensions", [cache in app.extensions["cache"] for cache in (one, other)])


@scenario
def initialized_twice(see):
    app = make_app()
    cache = Cache(app)
    cache.set("key", 1)
    cache.init_app(app)
    see("a new backend", cache.get("key"))


@scenario
def no_type_at_all(see):
    app = Flask("corpus")
    cache = see.warned("warns", Cache, app)
    see("class", type(cache.cache).__name__)
    app = Flask("corpus")
    app.config["CACHE_NO_NULL_WARNING"] = True
    see.warned("told not to", Cache, app)
    see.warned("asked for by its class", Cache, make_app(CACHE_TYPE="NullCache"))


@scenario
def short_names(see):
    for name in ("simple", "null"):
        see.outcome(
            name,
            lambda: (
                type(Cache(make_app(CACHE_TYPE=name, CACHE_NO_NULL_WARNING=True)).cache).__name__
            ),
        )


@scenario
def dotted_paths(see):
    paths = (
        "flask_caching.backends.SimpleCache",
        "flask_caching.backends.simplecache.SimpleCache",
        "flask_caching.backends.nullcache.NullCache",
        "corpus.stores.OldStore",
        "corpus.stores.make_old_store",
        "corpus.stores:OldStore",
    )
    for path in paths:
        see.outcome(path, lambda: type(Cache(make_app(CACHE_TYPE=path)).cache).__name__)
    factory = "flask_caching.backends.simple"
    see.outcome(
        "a factory of 2.4", lambda: type(Cache(make_app(CACHE_TYPE=factory)).cache).__name__
    )


@scenario
def options_and_arguments(see):
    cache = Cache(make_app(**OLD, CACHE_OPTIONS={"colour": "blue"}))
    see("option", cache.cache.options.get("colour"))
    settings = {"CACHE_TYPE": "corpus.stores.ConfiguredStore", "CACHE_OF_MINE": 1}
    cache = Cache(make_app(**settings, CACHE_ARGS=[5, "x"]))
    see("arguments", cache.cache.given["args"])
    cache = Cache(make_app(**OLD, CACHE_OPTIONS={"default_timeout": 9}))
    see("default timeout as an option", cache.cache.default_timeout)
    cache = Cache(make_app(CACHE_OPTIONS={"default_timeout": 9}))
    see("of SimpleCache", cache.cache.default_timeout)


@scenario
def own_backends(see):
    see.outcome(
        "that knows its options",
        lambda: type(Cache(make_app(CACHE_TYPE="corpus.stores.StrictStore")).cache).__name__,
    )
    app = make_app(
        CACHE_TYPE="corpus.stores.ConfiguredStore", CACHE_OF_MINE=7, CACHE_DEFAULT_TIMEOUT=33
    )
    see("that reads settings", Cache(app).cache.given)
    see("options not asked for", sorted(Cache(make_app(**OLD)).cache.options))


@scenario
def own_backend_in_use(see):
    cache = Cache(make_app(**OLD))
    number = counter()

    class Shop:
        def __repr__(self):
            return "shop"

        @cache.memoize(timeout=50)
        def price(self, a):
            return number()

    shop = Shop()
    see("calls", [shop.price(1), shop.price(1), shop.price(2)])
    cache.delete_memoized(shop.price)
    see("deleted", [shop.price(1), shop.price(2)])
    cache.delete_memoized(Shop.price)
    see("all deleted", [shop.price(1), shop.price(2)])
    key = shop.price.make_cache_key(Shop.price.uncached, shop, 1)
    see("by key", cache.get(key))


@scenario
def older_and_smaller_backends(see):
    for name in ("OlderStore", "SmallStore"):
        cache = Cache(make_app(CACHE_TYPE=f"corpus.stores.{name}"))
        number = counter()
        memoized = cache.memoize()(lambda a, number=number: number())
        see(f"{name}: memoized", [memoized(1), memoized(1), memoized(2)])
        cache.delete_memoized(memoized)
        see(f"{name}: deleted", [memoized(1), memoized(1)])
        cached = cache.cached(key_prefix="key")(number)
        see(f"{name}: cached", [cached(), cached()])
        see(f"{name}: set", cache.set("a", 1) is not False)
        see.outcome(f"{name}: set_many", lambda cache=cache: bool(cache.set_many({"b": 2, "c": 3})))
        see(f"{name}: get_many", list(cache.get_many("a", "b", "absent")))
        see(f"{name}: get_dict", cache.get_dict("a", "absent"))
        see.outcome(f"{name}: delete_many", lambda cache=cache: bool(cache.delete_many("a", "b")))
        see.outcome(f"{name}: unlink", lambda cache=cache: bool(cache.unlink("c")))
        see(f"{name}: left", list(cache.get_many("a", "b", "c")))
        see(f"{name}: inc", cache.cache.inc("n"))
        see(f"{name}: has", cache.has("n") if name == "OlderStore" else True)
        cache.clear()


@scenario
def memoized_entries_outlive_their_versions(see):
    cache = Cache(make_app(**OLD))
    number = counter()
    memoized = cache.memoize(timeout=1000)(lambda a: number())
    memoized(1)
    timeouts = cache.cache.timeouts
    values = [key for key in timeouts if "memver" not in key]
    versions = [key for key in timeouts if "memver" in key]
    lives = [timeouts[key] for key in versions]
    see("values", [timeouts[key] for key in values])
    see("a version lives as long", all(life == 0 or (life or 0) >= 1000 for life in lives))


@scenario
def attributes_of_the_cache(see):
    cache = Cache(config={"CACHE_TYPE": "SimpleCache"})
    see("with_jinja2_ext", cache.with_jinja2_ext)
    see("config", cache.config)
    app = Flask("corpus")
    cache.init_app(app)
    see("type", type(cache.cache).__name__)


@scenario
def overridden_decorators(see):
    class Mine(Cache):
        def cached(self, *args, **kwargs):
            kwargs["key_prefix"] = f"mine/{kwargs.get('key_prefix')}"
            return super().cached(*args, **kwargs)

        def memoize(self, *args, **kwargs):
            kwargs.setdefault("timeout", 17)
            return super().memoize(*args, **kwargs)

    cache = Mine(make_app(**OLD))
    number = counter()
    cache.cached(key_prefix="key")(number)()
    see("keys", cache.cache.keys)
    cache.clear()
    memoized = cache.memoize()(lambda a: number())
    see("timeout", memoized.cache_timeout)


@scenario
def overridden_memoize_key(see):
    class Mine(Cache):
        def _memoize_make_cache_key(self, *args, **kwargs):
            make = super()._memoize_make_cache_key(*args, **kwargs)

            def make_cache_key(f, *args, **kwargs):
                return f"mine:{make(f, *args, **kwargs)}"

            return make_cache_key

    cache = Mine(make_app(**OLD))
    number = counter()

    @cache.memoize(timeout=5, make_name=lambda name: "other", args_to_ignore=["b"])
    def find(a, b=1):
        return number()

    see("calls", [find(1), find(1, 2), find(2)])
    see("keys", sum(key.startswith("mine:") for key in cache.cache.keys))
    cache.delete_memoized(find)
    see("deleted", find(1))
    cache.delete_memoized(find, 1)
    see("one deleted", [find(1), find(2)])
