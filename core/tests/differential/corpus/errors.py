"""A store that fails, and settings that can't work."""

from __future__ import annotations

import hashlib

from flask import Flask

from flask_caching import Cache

from .record import counter, make_app, scenario
from .stores import broken


@scenario
def store_down(see):
    for operation in ("get", "set", "has"):
        for debug in (False, True):
            app = make_app(**broken(operation))
            app.debug = debug
            cache = Cache(app)
            for name, options in (("plain", {}), ("with None", {"cache_none": True})):
                cached = cache.cached(key_prefix=name, **options)(counter())
                see.outcome(
                    f"{operation}, debug {debug}: cached {name}", lambda: [cached(), cached()]
                )
                number = counter()
                memoized = cache.memoize(**options)(lambda a, number=number: number())
                see.outcome(
                    f"{operation}, debug {debug}: memoized {name}",
                    lambda: [memoized(1), memoized(1)],
                )


@scenario
def a_view_with_the_store_down(see):
    app = make_app(**broken("get", "set"))
    cache = Cache(app)
    number = counter()

    @app.route("/")
    @cache.cached()
    def index():
        return str(number())

    client = app.test_client()
    see.page("first", client.get("/"))
    see.page("second", client.get("/"))


@scenario
def proxies_with_the_store_down(see):
    cache = Cache(make_app(**broken("get", "set", "has", "delete")))
    see.outcome("get", cache.get, "key")
    see.outcome("set", cache.set, "key", 1)
    see.outcome("has", cache.has, "key")
    see.outcome("delete", cache.delete, "key")
    see.outcome("get_many", cache.get_many, "key")
    see.outcome("set_many", cache.set_many, {"key": 1})
    see.outcome("delete_many", cache.delete_many, "key")
    memoized = cache.memoize()(counter)
    see.outcome("delete_memoized", cache.delete_memoized, memoized)


@scenario
def no_application(see):
    cache = Cache()
    see.outcome("get", cache.get, "key")
    see.outcome("cache", lambda: cache.cache)
    see("decorating works", callable(cache.cached(key_prefix="key")(counter())))


@scenario
def another_application(see):
    cache = Cache(make_app())
    other = Flask("other")
    with other.app_context():
        see.outcome("get", cache.get, "key")
        see.outcome("cache", lambda: cache.cache)


@scenario
def wrong_settings(see):
    see.outcome("config is a list", Cache, make_app(), config=[])
    see.outcome("config is a text", lambda: Cache().init_app(make_app(), config="text"))
    for name in ("NoSuchCache", "no_such_module.Cache", "corpus.stores.NoSuchStore"):
        see.outcome(f"CACHE_TYPE {name}", Cache, make_app(CACHE_TYPE=name))
    see.outcome("an unknown option", Cache, make_app(CACHE_OPTIONS={"no_such_option": 1}))


@scenario(since=(2, 5))
def wrong_hash_method(see):
    see.outcome("a number", Cache, make_app(CACHE_HASH_METHOD=5))
    see.outcome("none", Cache, make_app(CACHE_HASH_METHOD=None))
    see.outcome("its name", lambda: type(Cache(make_app(CACHE_HASH_METHOD="md5"))).__name__)


@scenario
def settings_of_other_types(see):
    def kept(**config):
        cache = Cache(make_app(**config))
        return [cache.set("key", 1), cache.get("key")]

    see.outcome("threshold as text", kept, CACHE_THRESHOLD="10")
    see.outcome("timeout as None", kept, CACHE_DEFAULT_TIMEOUT=None)
    see.outcome("timeout as a list", kept, CACHE_DEFAULT_TIMEOUT=[])
    see.outcome("options as a list", kept, CACHE_OPTIONS=[("threshold", 5)])
    see.outcome("arguments as a tuple", kept, CACHE_ARGS=(5,))


@scenario(since=(2, 5))
def timeout_setting_as_text(see):
    cache = Cache(make_app(CACHE_DEFAULT_TIMEOUT="60"))
    see("kept", [cache.set("key", 1), cache.get("key")])
    see("default_timeout", cache.cache.default_timeout)


@scenario
def misspelled_settings(see):
    see.warned("a typo", Cache, make_app(CACHE_DEFAULT_TIMOUT=5))
    see.warned("a setting of one's own", Cache, make_app(CACHE_OF_MINE=5))


@scenario(since=(2, 5))
def wrong_cached_response(see):
    from flask_caching import CachedResponse

    see.outcome("of a text", lambda: type(CachedResponse("text", 5)).__name__)


@scenario
def hash_method_fails(see):
    def fails(*data):
        raise LookupError("no hash")

    for debug in (False, True):
        app = make_app()
        app.debug = debug
        cache = Cache(app)
        app.add_url_rule(
            "/", "view", cache.cached(query_string=True, hash_method=fails)(lambda: "page")
        )
        app.testing = True
        see.outcome(f"debug {debug}: view", lambda: app.test_client().get("/").text)
        number = counter()
        memoized = cache.memoize(hash_method=fails)(lambda a, number=number: number())
        see.outcome(f"debug {debug}: memoized", lambda: [memoized(1), memoized(1)])
    see("hashlib is as it was", hashlib.md5().name)


@scenario
def repr_fails(see):
    class Bad:
        def __repr__(self):
            raise LookupError("no repr")

    for debug in (False, True):
        app = make_app()
        app.debug = debug
        number = counter()
        memoized = Cache(app).memoize()(lambda a, number=number: number())
        see.outcome(f"debug {debug}", lambda: [memoized(Bad()), memoized(Bad())])
