"""Caches, flights and sources on which a test can wait for what threads do with them."""

from __future__ import annotations

import threading

from flask import Flask

from flask_caching import Cache, SimpleCache
from flask_caching.errors import CacheUnavailableError
from flask_caching.extension import LOOKUPS
from flask_caching.flights import Flights
from flask_caching_conformance.harness.waiting import PATIENCE

#: A wait for a flight is no way out of a deadlock then: the test fails before it ends.
NO_RESCUE = 3 * PATIENCE


class Source:
    """What functions under test read: a number that only grows."""

    def __init__(self):
        self._lock = threading.Lock()
        self.value = 1

    def change(self):
        with self._lock:
            self.value += 1
            return self.value


class WatchedFlights(Flights):
    """Flights on which a test can wait for callers to wait."""

    def __init__(self, longest_wait=NO_RESCUE, **kwargs):
        super().__init__(longest_wait, **kwargs)
        self._waits = threading.Semaphore(0)

    def wait(self, flight):
        self._waits.release()
        return super().wait(flight)

    async def wait_async(self, flight):
        self._waits.release()
        return await super().wait_async(flight)

    def await_waiting(self, count):
        """Return once so many callers more have decided to wait for a flight."""
        for _ in range(count):
            assert self._waits.acquire(timeout=PATIENCE), "a caller did not wait"


class WatchedCache(SimpleCache):
    """A store whose trips are counted, and which fails as it is told."""

    keeps_entries = True

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.trips = []
        #: The operations that raise.
        self.failing = ()

    def _trip(self, operation):
        self.trips.append(operation)
        if operation in self.failing:
            raise CacheUnavailableError(f"{operation} is failing")

    def get_value(self, key, default=None):
        self._trip("get")
        return super().get_value(key, default)

    def get_many(self, *keys):
        self._trip("get_many")
        return super().get_many(*keys)

    def has(self, key):
        self._trip("has")
        return super().has(key)

    def set(self, key, value, timeout=None):
        self._trip("set")
        return super().set(key, value, timeout)

    def set_many(self, mapping, timeout=None):
        self._trip("set_many")
        return super().set_many(mapping, timeout)

    def add(self, key, value, timeout=None):
        self._trip("add")
        return super().add(key, value, timeout)

    def delete(self, key):
        self._trip("delete")
        return super().delete(key)


def cache_on(backend, longest_wait=NO_RESCUE, **config):
    """Return a cache on an application of its own, over a backend, with watched flights."""
    app = Flask("application")
    cache = Cache(app, config={"CACHE_TYPE": backend, **config})
    # Its clock stands still, so that a refusal is remembered however slow the machine is.
    cache.lookup.flights = WatchedFlights(longest_wait, clock=lambda: 0.0)
    return cache


def replace_lookup(cache, flow, **changes):
    """Let another flow answer a cache's calls; return it."""
    old = cache.lookup
    new = flow(old.app, cache, old.backend, old.settings, **changes)
    new.flights = old.flights
    old.app.extensions[LOOKUPS][cache] = new
    return new
