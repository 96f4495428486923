"""How is an application tested that caches? With an empty cache in memory, and a clock to move.

Whatever store is configured, and whatever was cached before, within `in_memory` each `Cache` of
the application keeps its entries in memory. `flask_caching.pytest_plugin` makes a fixture of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from flask import Flask

from .backends.base import BaseCache
from .backends.null import NullCache
from .backends.simple import SimpleCache
from .extension import BACKENDS, LOOKUPS, Backends, no_cache
from .settings import Settings


class CacheInTest:
    """What a test does with the cache of its application; `in_memory` makes one.

    Its time stands still until the test moves it.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._now = time.time()

    def now(self) -> float:
        """Return the time in seconds, as the cache sees it."""
        return self._now

    def advance(self, seconds: float | timedelta) -> None:
        """Let time pass, so that timeouts end without sleeping."""
        self._now += seconds.total_seconds() if isinstance(seconds, timedelta) else seconds

    @contextmanager
    def off(self) -> Generator[None]:
        """Switch caching off for a while: nothing is found, and nothing stored.

        What lies in the cache is there again afterwards.
        """
        with _instead(self.app, lambda settings: NullCache(settings.default_timeout)):
            yield


@contextmanager
def in_memory(app: Flask) -> Generator[CacheInTest]:
    """Keep entries in memory for a while, beginning with none; the statistics begin anew too.

    :raises NotInitializedError: where the application has no cache.
    """
    cache = CacheInTest(app)
    with _instead(app, partial(_empty, cache)):
        for lookup in app.extensions[LOOKUPS].values():
            lookup.clock = cache.now
        yield cache


def _empty(cache: CacheInTest, settings: Settings) -> SimpleCache:
    """Make a backend of those settings that one in memory heeds."""
    options = {"default_timeout": settings.default_timeout, "clock": cache.now}
    backend = SimpleCache.factory(cache.app, dict(settings.config), [], options)
    if settings.serializer is not None:
        backend.serializer = settings.serializer
    return backend


@contextmanager
def _instead(app: Flask, make: Callable[[Settings], BaseCache]) -> Generator[None]:
    """Let each cache of an application store elsewhere, for a while."""
    backends = app.extensions.get(BACKENDS)
    if not isinstance(backends, Backends) or not backends:
        raise no_cache(app)
    lookups = app.extensions[LOOKUPS]
    kept = dict(backends), dict(lookups)
    for cache, lookup in kept[1].items():
        backends.use(cache, make(lookup.settings), lookup.settings)
    try:
        yield
    finally:
        dict.update(backends, kept[0])  # past what makes a new flow for another backend
        lookups.update(kept[1])
