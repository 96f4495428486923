"""The operations of the backend, through `Cache`: what they store and what they return."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid

from flask import Response

from flask_caching import Cache

from .record import counter, make_app, scenario
from .stores import OLD

KINDS = {
    "SimpleCache": {},
    "NullCache": {"CACHE_TYPE": "NullCache", "CACHE_NO_NULL_WARNING": True},
    "old store": OLD,
}


def _each_kind():
    for kind, config in KINDS.items():
        yield kind, Cache(make_app(**config))


@scenario
def get_set_delete(see):
    for kind, cache in _each_kind():
        see(f"{kind}: get", cache.get("key"))
        see(f"{kind}: has", cache.has("key"))
        see(f"{kind}: set", cache.set("key", "value"))
        see(f"{kind}: has it", cache.has("key"))
        see(f"{kind}: get it", cache.get("key"))
        see(f"{kind}: set again", cache.set("key", "other", timeout=60))
        see(f"{kind}: set by position", cache.set("key", "third", 60))
        see(f"{kind}: get the other", cache.get("key"))
        see(f"{kind}: delete", cache.delete("key"))
        see(f"{kind}: get nothing", cache.get("key"))


@scenario
def delete_what_is_not_there(see):
    for kind, cache in _each_kind():
        see(kind, cache.delete("absent"))


@scenario
def add(see):
    for kind, cache in _each_kind():
        see(f"{kind}: first", cache.add("key", 1))
        see(f"{kind}: second", cache.add("key", 2, timeout=60))
        see(f"{kind}: value", cache.get("key"))


@scenario
def several(see):
    for kind, cache in _each_kind():
        see(f"{kind}: set_many", cache.set_many({"a": 1, "b": None, "c": "x"}, timeout=60))
        see(f"{kind}: get_many", cache.get_many("c", "a", "absent", "a", "b"))
        see(f"{kind}: get_dict", cache.get_dict("a", "absent", "c"))
        see(f"{kind}: delete_many", cache.delete_many("a", "c"))
        see(f"{kind}: left", cache.get_many("a", "b", "c"))
        see(f"{kind}: has", [cache.has(key) for key in "abc"])


@scenario
def nothing_at_all(see):
    for kind, cache in _each_kind():
        see(f"{kind}: set_many", cache.set_many({}))
        see(f"{kind}: get_many", cache.get_many())
        see(f"{kind}: get_dict", cache.get_dict())
        see(f"{kind}: delete_many", cache.delete_many())


@scenario
def delete_many_of_absent_keys(see):
    for kind, cache in _each_kind():
        cache.set("a", 1)
        see.outcome(f"{kind}: delete_many", cache.delete_many, "a", "absent", "a")


@scenario
def unlink(see):
    for kind, cache in _each_kind():
        cache.set_many({"a": 1, "b": 2})
        see(f"{kind}: unlink", cache.unlink("a", "b"))
        see(f"{kind}: left", cache.get_many("a", "b"))


@scenario
def clear(see):
    for kind, cache in _each_kind():
        cache.set_many({"a": 1, "b": 2})
        see(f"{kind}: clear", cache.clear())
        see(f"{kind}: left", cache.get_many("a", "b"))
        see(f"{kind}: clear again", cache.clear())


@scenario
def inc_and_dec(see):
    for kind, cache in _each_kind():
        backend = cache.cache
        see(f"{kind}: inc", [backend.inc("n"), backend.inc("n"), backend.inc("n", 5)])
        see(f"{kind}: dec", [backend.dec("n"), backend.dec("n", 3)])
        see(f"{kind}: dec of nothing", backend.dec("m"))
        see(f"{kind}: values", cache.get_many("n", "m"))


@scenario
def inc_of_other_values(see):
    cache = Cache(make_app())
    for value in ("text", "12", [], 1.5, True, None):
        cache.set("n", value)
        see.outcome(f"inc of {value!r}", cache.cache.inc, "n")
        see(f"{value!r} afterwards", cache.get("n"))


@scenario
def values(see):
    kinds = {
        "None": None,
        "True": True,
        "zero": 0,
        "large": 2**70,
        "float": 1.5,
        "nan": float("nan"),
        "text": "ä☃",
        "bytes": b"\x00\xff",
        "tuple": (1, [2], {"three": 3}),
        "dict": {1: "a", None: "b"},
        "set": {1},
        "datetime": dt.datetime(2020, 1, 2, tzinfo=dt.UTC),
        "timedelta": dt.timedelta(days=1),
        "decimal": decimal.Decimal("1.10"),
        "uuid": uuid.UUID(int=5),
        "class": decimal.Decimal,
        "error": ValueError("text"),
    }
    for kind, cache in _each_kind():
        for name, value in kinds.items():
            see(f"{kind}: set {name}", cache.set("key", value))
            see(f"{kind}: get {name}", cache.get("key"))
            see(f"{kind}: has {name}", cache.has("key"))
            cache.delete("key")


@scenario
def a_response(see):
    cache = Cache(make_app())
    cache.set("key", Response("body", 201, {"X-Mine": "yes"}))
    see.page("again", cache.get("key"), "X-Mine")


@scenario
def values_are_copies(see):
    cache = Cache(make_app())
    value = {"list": [1]}
    cache.set("key", value)
    value["list"].append(2)
    cache.get("key")["list"].append(3)
    see("stored", cache.get("key"))


@scenario
def values_that_cannot_be_stored(see):
    cache = Cache(make_app())
    cache.set("key", "before")
    see.outcome("set a lambda", cache.set, "key", lambda: 1)
    see.outcome("set a generator", cache.set, "key", (each for each in "abc"))
    see("what was there", cache.get("key"))
    see.outcome("set_many", cache.set_many, {"a": 1, "b": lambda: 1})
    see("what was set", cache.get("a"))
    number = counter()
    memoized = cache.memoize()(lambda: (number(), lambda: 1)[0:2])
    see("memoized", [memoized()[0], memoized()[0]])


@scenario
def keys(see):
    cache = Cache(make_app())
    for number, key in enumerate(
        ("", " ", "a b", "a/b", "../a", "ä☃", "x" * 1000, "a\nb", "%s", "A", "a")
    ):
        see(f"set {key[:10]!r}", cache.set(key, number))
    for key in ("", " ", "a b", "a/b", "../a", "ä☃", "x" * 1000, "a\nb", "%s", "A", "a"):
        see(f"get {key[:10]!r}", cache.get(key))


@scenario
def keys_that_are_no_text(see):
    cache = Cache(make_app())
    for key in (1, b"bytes", ("a", 1), None, 1.5, True):
        see.outcome(f"set {key!r}", cache.set, key, "value")
        see.outcome(f"get {key!r}", cache.get, key)
        see.outcome(f"has {key!r}", cache.has, key)
        see.outcome(f"the text of {key!r}", cache.get, str(key))
        see.outcome(f"delete {key!r}", cache.delete, key)
    see.outcome("a list", cache.get, [])
    see.outcome("set_many", cache.set_many, {1: "one"})
    see.outcome("get_many", cache.get_many, 1)
    see.outcome("delete_many", cache.delete_many, 1)
    see.outcome("a lone surrogate", cache.set, "\ud800", "value")


@scenario
def timeouts(see):
    cache = Cache(make_app())
    for timeout in (0, 1, 60, 10**9, None, -1, -0.5, dt.timedelta(seconds=5)):
        see.outcome(f"set for {timeout!r}", cache.set, "key", "value", timeout=timeout)
        see(f"there for {timeout!r}", cache.get("key"))
        see(f"has for {timeout!r}", cache.has("key"))
        cache.delete("key")


@scenario
def timeouts_of_other_types(see):
    for timeout in (1.5, "60", True, float("nan"), float("inf"), [1]):
        cache = Cache(make_app())
        see.outcome(f"set for {timeout!r}", cache.set, "key", "value", timeout=timeout)
        see(f"there for {timeout!r}", cache.get("key"))


@scenario
def negative_timeouts(see):
    cache = Cache(make_app())
    cache.set("key", "before")
    see("set", cache.set("key", "after", timeout=-1))
    see("get", cache.get("key"))
    see("has", cache.has("key"))
    see("delete", cache.delete("key"))
    see("add", cache.add("other", 1, timeout=-1))
    see("added", cache.get("other"))
    see("set_many", cache.set_many({"x": 1}, timeout=-1))
    see("get_many", cache.get_many("x"))


@scenario
def backend_attributes(see):
    cache = Cache(make_app(CACHE_DEFAULT_TIMEOUT=42))
    see("class", type(cache.cache).__name__)
    see("default_timeout", cache.cache.default_timeout)
    cache = Cache(make_app(**OLD, CACHE_DEFAULT_TIMEOUT=42))
    see("old store", [type(cache.cache).__name__, cache.cache.default_timeout])


@scenario
def extension_dictionary(see):
    app = make_app()
    cache = Cache(app)
    cache.set("key", 1)
    see("the backend is there", app.extensions["cache"][cache] is cache.cache)
    see("and holds the value", app.extensions["cache"][cache].get("key"))
    see("the application", cache.app is app)


@scenario
def backend_without_an_application(see):
    from flask_caching.backends.base import BaseCache
    from flask_caching.backends.nullcache import NullCache
    from flask_caching.backends.simplecache import SimpleCache

    simple = SimpleCache(threshold=10, default_timeout=60)
    see("set", simple.set("key", [1]))
    see("get", simple.get("key"))
    see("inc", simple.inc("n"))
    see("null", [NullCache().set("key", 1), NullCache().get("key"), NullCache().has("key")])
    see("base", [issubclass(cls, BaseCache) for cls in (SimpleCache, NullCache)])
    see("a name of its own", SimpleCache.__module__.split(".")[0])


@scenario
def threshold(see):
    cache = Cache(make_app(CACHE_THRESHOLD=10))
    for number in range(100):
        cache.set(f"key {number}", number)
    left = [number for number in range(100) if cache.has(f"key {number}")]
    see("the last one is there", 99 in left)
    see("no more than one above the threshold", len(left) <= 11)


@scenario
def overridden_proxies(see):
    seen = []

    class Watched(Cache):
        def get(self, *args, **kwargs):
            seen.append(("get", len(args), sorted(kwargs)))
            return super().get(*args, **kwargs)

        def set(self, *args, **kwargs):
            seen.append(("set", len(args), sorted(kwargs)))
            return super().set(*args, **kwargs)

        def delete(self, *args, **kwargs):
            seen.append(("delete", len(args), sorted(kwargs)))
            return super().delete(*args, **kwargs)

    app = make_app()
    cache = Watched(app)
    number = counter()
    cached = cache.cached(key_prefix="key")(number)
    see("cached", [cached(), cached()])
    see("direct", [cache.set("a", 1), cache.get("a"), cache.delete("a")])
    see("seen", seen)


@scenario
def cache_in_two_names(see):
    from flask_caching import SUPPORTED_HASH_FUNCTIONS
    from flask_caching import Cache as OneCache
    from flask_caching.backends import NullCache, SimpleCache
    from flask_caching.backends.base import BaseCache
    from flask_caching.backends.nullcache import NullCache as Null
    from flask_caching.backends.simplecache import SimpleCache as Simple

    see("one class", [OneCache is Cache, SimpleCache is Simple, NullCache is Null])
    see("hash functions", sorted(method.__name__ for method in SUPPORTED_HASH_FUNCTIONS))
    see("base", BaseCache.__name__)
