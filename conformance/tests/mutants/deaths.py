"""Backends of which a fork, an end or a death goes wrong."""

from __future__ import annotations

import os
import socket
import time
import weakref
from contextlib import suppress

from flask_caching.backends.base import Capability

from ..network import NetworkCache
from .registry import dies_by, pause


@dies_by("C-PRC-05")
class AnyEndEndsItsConnections(NetworkCache):
    def __init__(self, port, **options):
        super().__init__(port, **options)
        weakref.finalize(self, say_good_bye, self._idle())


def say_good_bye(connections):
    for connection in connections:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


@dies_by("C-PRC-06")
class HearsOnlyOfPythonsForks(NetworkCache):
    def __init__(self, port, **options):
        super().__init__(port, **{"reply_timeout": 1, **options})
        idle = []
        self._idle = lambda: idle
        os.register_at_fork(after_in_child=idle.clear)


@dies_by("H-KIL-01")
class WritesAfterItDeletes(NetworkCache):
    def raw_set(self, name, payload, life):
        self.ask("delete", [name])
        pause()
        return super().raw_set(name, payload, life)


class LocksInTheStore(NetworkCache):
    """Has a lock that nobody frees for a process that has died."""

    def acquire(self):
        until = time.monotonic() + 0.5
        while not self.ask("swap", "lock", None, b"locked"):
            if time.monotonic() > until:
                raise TimeoutError("somebody holds the lock")

    def release(self):
        self.ask("delete", ["lock"])


@dies_by("H-KIL-01")
class WritesUnderALockInTheStore(LocksInTheStore):
    def raw_set(self, name, payload, life):
        self.acquire()
        pause()
        self.release()
        return super().raw_set(name, payload, life)


@dies_by("H-KIL-02")
class CountsAwayAndBack(NetworkCache):
    def raw_swap(self, name, expected, payload, life):
        self.ask("delete", [name])
        pause()
        return self.raw_set(name, payload, life)


@dies_by("H-KIL-03")
class ClearsUnderALockInTheStore(LocksInTheStore):
    def raw_clear(self, prefix):
        self.acquire()
        pause()
        super().raw_clear(prefix)
        self.release()

    def raw_set(self, name, payload, life):
        self.acquire()
        self.release()
        return super().raw_set(name, payload, life)


class WritesNewFiles(NetworkCache):
    """Writes under another name first."""

    def new_name(self, name):
        raise NotImplementedError

    def raw_set(self, name, payload, life):
        new = self.new_name(name)
        self.ask("set", {new: payload})
        pause()
        self.ask("delete", [new])
        return super().raw_set(name, payload, life)


@dies_by("H-KIL-04")
class LeavesItsNewFiles(WritesNewFiles):
    def new_name(self, name):
        return f"new {os.getpid()}"


@dies_by("H-KIL-04")
class PruneLeavesNewFiles(WritesNewFiles):
    capabilities = NetworkCache.capabilities | {Capability.PRUNE}

    def new_name(self, name):
        return f"{name} new {os.getpid()}"

    def prune(self):
        return 0


@dies_by("O-ADD-10")
class AddsAndThenGivesALife(NetworkCache):
    def add(self, key, value, timeout=None):
        if not super().add(key, value, 0):
            return False
        pause()
        return self.touch(key, timeout)
