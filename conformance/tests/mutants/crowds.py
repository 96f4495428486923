"""Backends for which some things are too many at once."""

from __future__ import annotations

import itertools
import time

from flask_caching.backends.simple import SimpleCache

from ..folder import FolderCache
from ..network import NetworkCache
from .registry import dies_by


@dies_by("H-CROWD-01")
class WritesWhatSixteenBitsCanCount(SimpleCache):
    def set_many(self, mapping, timeout=None):
        super().set_many(dict(itertools.islice(mapping.items(), 65_536)), timeout)
        return list(mapping)


@dies_by("H-CROWD-02")
class ClearsTenThousand(SimpleCache):
    def clear(self):
        for key in list(self._slots)[:10_000]:
            self.delete(key)
        return True


@dies_by("H-CROWD-03")
class ClearGivesUpWhereSomebodyWrites(SimpleCache):
    writes = 0

    def set(self, key, value, timeout=None):
        self.writes += 1
        return super().set(key, value, timeout)

    def clear(self):
        before, until = self.writes, time.monotonic() + 0.1
        while time.monotonic() < until:
            if self.writes != before:
                return True
        return super().clear()


@dies_by("H-CROWD-04")
class RepliesHaveAMebibyte(NetworkCache):
    def raw_get_many(self, names):
        sizes, found = 0, []
        for payload in super().raw_get_many(names):
            sizes += len(payload or b"")
            found.append(payload if sizes < 1 << 20 else None)
        return found


@dies_by("O-CROWD-05")
class WhoComesFirstTidies(FolderCache):
    """Empties what it takes for somebody's leftovers."""

    def raw_set(self, name, payload, life):
        marker = self.shelf(name) / "begun"
        if not marker.exists():
            stored = super().raw_set(name, payload, life)
            time.sleep(0.05)
            self.raw_clear(name[: name.index("|") + 1])
            marker.touch(0o600)
            return stored and super().raw_set(name, payload, life)
        return super().raw_set(name, payload, life)
