"""Single operations on files."""

from __future__ import annotations

import itertools
from typing import Any

from .flask_caching_application import FLASK_CACHING, VALUE, application
from .registry import Operation, Place, contestant

#: So many keys are written in turn, all of which are there.
KEYS = 100


@contestant("get of a file", FLASK_CACHING)
def _get(place: Place) -> Operation:
    cache = _files(place)
    cache.set("key", VALUE, timeout=300)
    return lambda: cache.get("key")


@contestant("set of a file", FLASK_CACHING)
def _set(place: Place) -> Operation:
    return _setting(_files(place))


@contestant("set of a file at the threshold", FLASK_CACHING)
def _evict(place: Place) -> Operation:
    cache = _files(place, CACHE_THRESHOLD=KEYS)
    names = map(str, itertools.count())
    for _ in range(KEYS + 1):
        cache.set(next(names), VALUE, timeout=300)
    return lambda: cache.set(next(names), VALUE, timeout=300)


@contestant("get of a file", "diskcache")
def _diskcache_get(place: Place) -> Operation:
    from diskcache import Cache

    cache = Cache(place.folder)
    cache.set("key", VALUE, expire=300)
    return lambda: cache.get("key")


@contestant("set of a file", "diskcache")
def _diskcache_set(place: Place) -> Operation:
    from diskcache import Cache

    cache = Cache(place.folder)
    names = itertools.cycle([f"key {number}" for number in range(KEYS)])
    for _ in range(KEYS):
        cache.set(next(names), VALUE, expire=300)
    return lambda: cache.set(next(names), VALUE, expire=300)


def _files(place: Place, **settings: Any) -> Any:
    return application(CACHE_TYPE="FileSystemCache", CACHE_DIR=place.folder, **settings)[1]


def _setting(cache: Any) -> Operation:
    names = itertools.cycle([f"key {number}" for number in range(KEYS)])
    for _ in range(KEYS):
        cache.set(next(names), VALUE, timeout=300)
    return lambda: cache.set(next(names), VALUE, timeout=300)
