"""Single operations in memory, through `Cache`."""

from __future__ import annotations

import itertools

from .flask_caching_application import FLASK_CACHING, VALUE, application
from .registry import Operation, Place, contestant

THRESHOLD = 500


@contestant("get in memory", FLASK_CACHING)
def _get(_place: Place) -> Operation:
    _, cache = application()
    cache.set("key", VALUE, timeout=300)
    return lambda: cache.get("key")


@contestant("get in memory", "Django")
def _django_get(_place: Place) -> Operation:
    cache = _django()
    cache.set("key", VALUE, timeout=300)
    return lambda: cache.get("key")


@contestant("set in memory", FLASK_CACHING)
def _set(_place: Place) -> Operation:
    _, cache = application()
    return lambda: cache.set("key", VALUE, timeout=300)


@contestant("set in memory", "Django")
def _django_set(_place: Place) -> Operation:
    cache = _django()
    return lambda: cache.set("key", VALUE, timeout=300)


@contestant("set in memory at the threshold", FLASK_CACHING)
def _evict(_place: Place) -> Operation:
    _, cache = application(CACHE_THRESHOLD=THRESHOLD)
    names = map(str, itertools.count())
    for _ in range(THRESHOLD + 1):
        cache.set(next(names), VALUE, timeout=300)
    return lambda: cache.set(next(names), VALUE, timeout=300)


def _django():  # type: ignore[no-untyped-def] # noqa: ANN202 (its environment is another one)
    from django.conf import settings  # type: ignore[import-not-found]

    store = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.configure(CACHES=store)
    from django.core.cache import cache  # type: ignore[import-not-found]

    return cache
