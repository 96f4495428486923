"""Small stores of bytes, real ones, for the tests of `BytesCache`."""

from __future__ import annotations

import threading
from typing import ClassVar

from flask_caching.backends.base import Capability
from flask_caching.backends.bytestore import BytesCache
from flask_caching.processes import PerProcess


class DriverError(Exception):
    """What the driver of a store raises."""


class DictCache(BytesCache):
    """Keeps bytes in a dict, which several backends may share; it never forgets by itself."""

    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.ATOMIC_ADD,
            Capability.ATOMIC_INC,
            Capability.PREFIX,
            Capability.SUBSECOND,
            Capability.TOUCH,
        }
    )
    store_errors = (DriverError,)

    def __init__(self, store=None, **options):
        super().__init__(**options)
        self.store = {} if store is None else store
        #: The operations that reached the store, and the life that the last write gave.
        self.trips = []
        self.last_life = None
        self._lock = PerProcess(threading.Lock)

    @classmethod
    def factory(cls, app, config, args, kwargs):
        return cls(*args, **{"key_prefix": config["CACHE_KEY_PREFIX"], **kwargs})

    def trip(self, operation):
        self.trips.append(operation)

    def raw_get(self, name):
        self.trip("get")
        return self.store.get(name)

    def raw_set(self, name, payload, life):
        self.trip("set")
        with self._lock():  # else a swap in progress would write over it
            self.store[name] = payload
            self.last_life = life
        return True

    def raw_delete(self, name):
        self.trip("delete")
        with self._lock():
            return self.store.pop(name, None) is not None

    def raw_clear(self, prefix):
        self.trip("clear")
        with self._lock():
            for name in [name for name in list(self.store) if name.startswith(prefix)]:
                self.store.pop(
                    name, None
                )  # another backend, with a lock of its own, may be quicker

    def raw_swap(self, name, expected, payload, life):
        self.trip("swap")
        with self._lock():
            if self.store.get(name) != expected:
                return False
            self.store[name] = payload
            self.last_life = life
            return True


class DownCache(DictCache):
    """A store of which some operations fail."""

    failing = frozenset({"get", "set", "delete", "clear", "swap"})

    def trip(self, operation):
        super().trip(operation)
        if operation in self.failing:
            raise DriverError("connection refused")


class ContendedCache(DictCache):
    """A store where other writers come first so many times."""

    lost = 0

    def raw_swap(self, name, expected, payload, life):
        if self.lost:
            self.lost -= 1
            self.trip("swap")
            return False
        return super().raw_swap(name, expected, payload, life)


class FullCache(DictCache):
    """A store that refuses what it does not hold already."""

    #: What `raw_swap` answers then; ``False`` where it can't tell that from a lost race.
    refusal = None

    def raw_set(self, name, payload, life):
        return name in self.store and super().raw_set(name, payload, life)

    def raw_swap(self, name, expected, payload, life):
        if name in self.store:
            return super().raw_swap(name, expected, payload, life)
        self.trip("swap")
        return self.refusal
