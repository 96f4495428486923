"""Backends that don't survive a fork, or share what they should not."""

from __future__ import annotations

import os
import threading

from flask_caching.backends.base import Capability
from flask_caching.backends.simple import SimpleCache

from ..network import NetworkCache
from .registry import dies_by, pause


@dies_by("C-PRC-01")
class SharesItsSocketOverAFork(NetworkCache):
    def __init__(self, port, **options):
        super().__init__(port, **{"reply_timeout": 1, **options})
        idle = []
        self._idle = lambda: idle


@dies_by("C-PRC-02")
class HoldsItsLockOverAFork(SimpleCache):
    def __init__(self, **options):
        super().__init__(**options)
        lock = threading.Lock()
        self._lock = lambda: lock


@dies_by("O-SHR-02")
class ReadsAStaleCopy(NetworkCache):
    def __init__(self, port, **options):
        super().__init__(port, **options)
        self._copies = {}

    def raw_get(self, name):
        if name not in self._copies:
            self._copies[name] = super().raw_get(name)
        return self._copies[name]

    def raw_set(self, name, payload, life):
        self._copies[name] = payload
        return super().raw_set(name, payload, life)


@dies_by("O-SHR-02")
class ClaimsToBeShared(SimpleCache):
    capabilities = SimpleCache.capabilities | {Capability.SHARED}


@dies_by("O-SHR-01")
class EveryProcessHasItsOwn(NetworkCache):
    def _namespace(self):
        return f"{super()._namespace()}{os.getpid()}|"


@dies_by("O-SHR-03")
class WritesAwayAndBack(NetworkCache):
    """Takes its time, so that reads fall between the two."""

    def raw_get(self, name):
        pause()
        return super().raw_get(name)

    def raw_set(self, name, payload, life):
        self.ask("delete", [name])
        pause()
        return super().raw_set(name, payload, life)


class SwapsUnderALockOfItsProcess(NetworkCache):
    """Is atomic for threads only."""

    lock = threading.Lock()

    def raw_swap(self, name, expected, payload, life):
        with self.lock:
            return self.raw_get(name) == expected and self.raw_set(name, payload, life)


@dies_by("O-ADD-08")
class AddsUnderALockOfItsProcess(SwapsUnderALockOfItsProcess):
    pass


@dies_by("O-INC-16")
class CountsUnderALockOfItsProcess(SwapsUnderALockOfItsProcess):
    pass


@dies_by("O-PER-01")
class ClaimsToPersist(SimpleCache):
    capabilities = SimpleCache.capabilities | {Capability.PERSISTENT}


@dies_by("C-PRC-03")
class AChildsExitEndsTheStore(NetworkCache):
    def close(self):
        self.ask("clear", "")
        super().close()


@dies_by("C-PRC-04")
class KnowsOnlyItsFirstProcess(SimpleCache):
    def __init__(self, **options):
        super().__init__(**options)
        self._pid = os.getpid()

    def get(self, key):
        return super().get(key) if os.getpid() == self._pid else None
