"""Backends that hold too many entries, or drop the wrong ones."""

from __future__ import annotations

import math
import threading

from flask_caching.backends.simple import SimpleCache
from flask_caching.processes import PerProcess

from ..folder import FolderCache
from .registry import dies_by


@dies_by("O-CAP-04")
class EvictsForEverEntriesFirst(SimpleCache):
    def set(self, key, value, timeout=None):
        if len(self._slots) >= self.threshold and key not in self._slots:
            for place, slot in list(self._slots.items()):
                if slot[0] == math.inf:
                    del self._slots[place]
                    break
        return super().set(key, value, timeout)


@dies_by("O-CAP-02")
class WhereItIsFullTheNewestGoes(SimpleCache):
    def set(self, key, value, timeout=None):
        if len(self._slots) >= self.threshold and key not in self._slots:
            return True
        return super().set(key, value, timeout)


@dies_by("O-CAP-03")
class TheExpiredTakesRoom(SimpleCache):
    def _drop_expired(self, now):
        return False


@dies_by("O-CAP-05")
class CountsOverwritesTwice(SimpleCache):
    def set(self, key, value, timeout=None):
        if len(self._slots) >= self.threshold:
            self._slots.popitem(last=False)
        return super().set(key, value, timeout)


@dies_by("O-CAP-01")
class TheLimitIsOneTooHigh(SimpleCache):
    def __init__(self, threshold=500, **options):
        super().__init__(threshold + 1, **options)


@dies_by("O-CAP-06")
class TheDeletedTakesRoom(SimpleCache):
    def delete(self, key):
        deleted = super().delete(key)
        self.threshold -= deleted
        return deleted


@dies_by("O-CAP-07")
class TheLimitIsEachThreads(SimpleCache):
    def __init__(self, threshold=500, **options):
        super().__init__(2**20, **options)
        self.limit = threshold
        self.mine = threading.local()

    def set(self, key, value, timeout=None):
        written = self.mine.__dict__.setdefault("written", {})
        written[key] = True
        if len(written) > self.limit:
            self.delete(next(iter(written)))
            del written[next(iter(written))]
        return super().set(key, value, timeout)


@dies_by("O-CAP-08")
class TheLimitIsEachProcesses(FolderCache):
    def __init__(self, folder, threshold=500, **options):
        super().__init__(folder, threshold, **options)
        self.mine = PerProcess(set)

    def put(self, name, payload):
        self.mine().add(self.path(name))
        super().put(name, payload)

    def entries(self, shelf):
        return [path for path in super().entries(shelf) if path in self.mine()]
