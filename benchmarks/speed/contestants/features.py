"""What each feature costs: the same hit with it, and with nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .flask_caching_application import FLASK_CACHING, VALUE, application
from .functions import total
from .registry import Operation, Place, contestant
from .views import BODY

ALL_OFF = "all off"
#: Settings and options that leave a hit with what it can't do without.
PLAIN = {"CACHE_VIEW_POLICY": "legacy"}

Made = Callable[[Place, dict[str, Any], dict[str, Any]], Operation]


def _memoize(_place: Place, settings: dict[str, Any], options: dict[str, Any]) -> Operation:
    cached = application(**settings)[1].memoize(timeout=300, **options)(total)
    return lambda: cached(1, 2, third=3)


def _view(_place: Place, settings: dict[str, Any], options: dict[str, Any]) -> Operation:
    app, cache = application(**settings)
    app.test_request_context("/page").push()
    return cache.cached(timeout=300, **options)(lambda: BODY)


def _file(place: Place, settings: dict[str, Any], _options: dict[str, Any]) -> Operation:
    where = {"CACHE_TYPE": "FileSystemCache", "CACHE_DIR": place.folder}
    cache = application(**where, **settings)[1]
    cache.set("key", VALUE, timeout=300)
    return lambda: cache.get("key")


def _redis(place: Place, settings: dict[str, Any], _options: dict[str, Any]) -> Operation:
    where = {"CACHE_REDIS_PORT": place.redis_port, "CACHE_REDIS_DB": place.redis_db}
    cache = application(CACHE_TYPE="RedisCache", **where, **settings)[1]
    cache.set("key", VALUE, timeout=300)
    return lambda: cache.get("key")


HOOK = "a hook that nobody implements"


@contestant(HOOK, FLASK_CACHING)
def _no_hook(_place: Place) -> Operation:
    """Do what a hit does about hooks."""
    lookup = application()[1].lookup

    def asked() -> None:
        if lookup.observers:
            lookup.tell("hit", "key")

    return asked


@contestant(HOOK, "pluggy")
def _no_hook_by_pluggy(_place: Place) -> Operation:
    import pluggy

    from flask_caching import hookspecs

    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    app, cache = application()
    return lambda: manager.hook.cache_event(app=app, cache=cache, event="hit", key="key")


#: By name: how the operation is made, what switches the feature on, and what off.
FEATURES: dict[str, tuple[Made, dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "signals that nobody hears": (_memoize, {"CACHE_ENABLE_SIGNALS": True}, {}, {}),
    "a tag": (_memoize, {}, {"tags": "tag"}, {}),
    "stale values": (_memoize, {}, {"stale": 60}, {}),
    "jitter": (_memoize, {}, {"jitter": 0.1}, {}),
    "a lock in the store": (_memoize, {}, {"lock": True}, {}),
    "the safe policy of views": (_view, {"CACHE_VIEW_POLICY": "safe"}, {}, {}),
    "versioned views": (_view, {}, {"versioned": True}, {}),
    "signing, on files": (_file, {}, {}, {"secret": None}),
    "signing, on Redis": (_redis, {}, {}, {"secret": None}),
    "the breaker, on Redis": (_redis, {}, {}, {"CACHE_BREAKER_FAILURES": 0}),
}


def _enter(name: str) -> None:
    made, settings, options, off = FEATURES[name]

    @contestant(name, FLASK_CACHING)
    def _on(place: Place) -> Operation:
        return made(place, {**PLAIN, **settings}, options)

    @contestant(name, ALL_OFF)
    def _off(place: Place) -> Operation:
        return made(place, {**PLAIN, **off}, {})


for _name in FEATURES:
    _enter(_name)
