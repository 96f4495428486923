"""How a test steps threads: they stop at gates, and wait for conditions, never for time."""

from __future__ import annotations

import os
import select
import signal
import threading
from concurrent.futures import Future

from flask import Flask

from flask_caching import Cache, SimpleCache
from flask_caching.errors import CacheUnavailableError
from flask_caching.extension import LOOKUPS
from flask_caching.flights import Flights

#: Seconds after which something that does not happen has failed; nothing ever lasts that long.
PATIENCE = 30
#: A wait for a flight is no way out of a deadlock then: the test fails before it ends.
NO_RESCUE = 3 * PATIENCE


def in_thread(function, *args):
    """Call a function on a thread of its own; what it gives is the future's result."""
    future = Future()

    def run():
        try:
            future.set_result(function(*args))
        except BaseException as error:  # noqa: BLE001 (raised again by `result`)
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def crowd(count, function, *args):
    """Call a function on many threads."""
    return [in_thread(function, *args) for _ in range(count)]


def results(futures):
    return [future.result(PATIENCE) for future in futures]


class Gate:
    """A point at which threads stop until the test opens it."""

    def __init__(self):
        self._arrivals = threading.Semaphore(0)
        self._opened = threading.Event()

    def stop(self):
        self._arrivals.release()
        assert self._opened.wait(PATIENCE), "the gate was never opened"

    def await_arrival(self, count=1):
        for _ in range(count):
            assert self._arrivals.acquire(timeout=PATIENCE), "nobody came to the gate"

    def open(self):
        self._opened.set()

    def close(self):
        self._opened.clear()


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


def in_child(function):
    """Return the text that a function gives in a forked child, at most `PATIENCE` later."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, function().encode())
        finally:
            os._exit(0)
    os.close(writing)
    answered, _, _ = select.select([reading], [], [], PATIENCE)
    if not answered:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert answered, "the child hangs"
    try:
        return os.read(reading, 4096).decode()
    finally:
        os.close(reading)
