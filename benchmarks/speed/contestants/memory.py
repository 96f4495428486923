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
    cache = django_cache()
    cache.set("key", VALUE, timeout=300)
    return lambda: cache.get("key")


@contestant("set in memory", FLASK_CACHING)
def _set(_place: Place) -> Operation:
    _, cache = application()
    return lambda: cache.set("key", VALUE, timeout=300)


@contestant("set in memory", "Django")
def _django_set(_place: Place) -> Operation:
    cache = django_cache()
    return lambda: cache.set("key", VALUE, timeout=300)


@contestant("set in memory at the threshold", FLASK_CACHING)
def _evict(_place: Place) -> Operation:
    _, cache = application(CACHE_THRESHOLD=THRESHOLD)
    names = map(str, itertools.count())
    for _ in range(THRESHOLD + 1):
        cache.set(next(names), VALUE, timeout=300)
    return lambda: cache.set(next(names), VALUE, timeout=300)


def django_cache(**options: int):  # type: ignore[no-untyped-def] # noqa: ANN201 (not in ours)
    """Return Django's cache in memory."""
    from django.conf import settings  # type: ignore[import-not-found]

    backend = "django.core.cache.backends.locmem.LocMemCache"
    store = {"default": {"BACKEND": backend, "OPTIONS": options}}
    settings.configure(CACHES=store)
    from django.core.cache import cache  # type: ignore[import-not-found]

    return cache
