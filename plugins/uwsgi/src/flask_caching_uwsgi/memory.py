"""How are entries kept in the memory that the processes of this server share?

Every write takes the server's lock: a swap is a read and a write, and what somebody wrote in
between would be lost. Reading takes none.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from secrets import token_hex

from flask_caching.backends.base import Capability
from flask_caching.payload import deadline_of
from flask_caching.processes import PerProcess

from .locking import ServerLock
from .server import Server, whole_seconds

#: Seconds between two searches for what has expired because the cache was full, at least; and
#: the part of the time that they may take.
LEAST_PAUSE, LARGEST_PART = 1.0, 0.05
#: Seconds that a server which takes them for a date leaves no time.
AN_HOUR = 3_600


class SharedMemory:
    """A cache of the server that this process belongs to.

    :param cache: its name; ``""``: the server's first one.
    :param lock: the number of the server's lock.
    """

    capabilities = frozenset(
        {
            Capability.SHARED,
            Capability.ATOMIC_ADD,
            Capability.ATOMIC_INC,
            Capability.PREFIX,
            Capability.SUBSECOND,
            Capability.TOUCH,
            Capability.PRUNE,
        }
    )

    def __init__(self, server: Server, cache: str, lock: int, clock: Callable[[], float]) -> None:
        self._server = server
        self._cache = cache
        self._clock = clock
        self._lock = ServerLock(server, lock)
        self._writers = PerProcess(self._lock_of_this_process)
        with self._writers():
            self._expires = expires_in_time(server, cache)
        self._next_search = 0.0

    def get(self, name: str) -> bytes | None:
        return self._server.cache_get(name, self._cache)

    def set(self, name: str, payload: bytes, life: float) -> bool:
        stored = self._put(name, payload, life)
        if not stored and self._make_room():
            stored = self._put(name, payload, life)
        return stored

    def swap(self, name: str, expected: bytes | None, payload: bytes, life: float) -> bool | None:
        """Write if `expected` lies there; ``None`` where the server refuses the payload."""
        stored = self._swap(name, expected, payload, life)
        if stored is None and self._make_room():
            stored = self._swap(name, expected, payload, life)
        return stored

    def delete(self, name: str | bytes) -> bool:
        with self._writers():
            return self._server.cache_del(name, self._cache) is True

    def discard(self, name: str, payload: bytes) -> bool:
        """Remove a payload if it still lies there."""
        with self._lock:
            return (
                self._server.cache_get(name, self._cache) == payload
                and self._server.cache_del(name, self._cache) is True
            )

    def clear(self, prefix: str) -> None:
        for name in self._names(prefix):
            self.delete(name)

    def prune(self, prefix: str) -> int:
        """Remove what has expired under the names of a prefix; return how many that were."""
        return sum(self.discard(name, payload) for name, payload in self._expired(prefix))

    # -- inside ----------------------------------------------------------------------

    def _lock_of_this_process(self) -> AbstractContextManager[None]:
        """Return the lock, or none for a spooler, which uWSGI allows no locks.

        What a spooler writes or deletes may be lost where another process swaps the same
        entry at that moment; refusing would leave its tasks without a cache.
        """
        return nullcontext() if self._server.i_am_the_spooler() else self._lock

    def _put(self, name: str, payload: bytes, life: float) -> bool:
        with self._writers():
            return self._update(name, payload, life)

    def _swap(self, name: str, expected: bytes | None, payload: bytes, life: float) -> bool | None:
        if expected is None:
            return self._add(name, payload, life)
        with self._lock:
            if self._server.cache_get(name, self._cache) != expected:
                return False
            return self._update(name, payload, life) or None

    def _add(self, name: str, payload: bytes, life: float) -> bool | None:
        # The server's own adding is atomic by itself, also against what no lock keeps out: a
        # spooler, and other servers for which this cache is a remote one.
        with self._writers():
            if self._server.cache_set(name, payload, self._seconds(life), self._cache):
                return True
            return None if self._server.cache_get(name, self._cache) is None else False

    def _update(self, name: str, payload: bytes, life: float) -> bool:
        """Overwrite, or leave what lies there with its own life; to be called under the lock."""
        if self._server.cache_update(name, payload, self._seconds(life), self._cache):
            return True
        # A spooler has no lock, and might overwrite what was written since.
        if self._expires and not self._server.i_am_the_spooler():
            self._give_back_life(name)
        return False

    def _give_back_life(self, name: str) -> None:
        # A full cache with bitmap=1 has already given the new life to what lies there.
        standing = self._server.cache_get(name, self._cache)
        deadline = None if standing is None else deadline_of(standing)
        if standing is not None and deadline is not None:
            left = max(deadline - self._clock(), 0.001) if deadline else 0
            self._server.cache_update(name, standing, self._seconds(left), self._cache)

    def _seconds(self, life: float) -> int:
        """Return after how many seconds the server may remove an entry; ``0``: never."""
        return whole_seconds(life) if self._expires else 0

    def _make_room(self) -> bool:
        """Remove what has expired, whatever its prefix; ``True`` where there is room now."""
        started = time.monotonic()
        if started < self._next_search:
            return False
        removed = 0
        with suppress(OSError):  # the lock is missing: what is to be written is refused
            removed = self.prune("")
        ended = time.monotonic()
        self._next_search = ended + max(LEAST_PAUSE, (ended - started) / LARGEST_PART)
        return removed > 0

    def _names(self, prefix: str) -> list[bytes]:
        beginning = prefix.encode()
        return [name for name in self._server.cache_keys(self._cache) if name.startswith(beginning)]

    def _expired(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        for raw in self._names(prefix):
            with suppress(UnicodeDecodeError):  # a name of another program's
                name = raw.decode()
                payload = self.get(name)
                if payload is not None and self._is_over(payload):
                    yield name, payload

    def _is_over(self, payload: bytes) -> bool:
        # Unverified, since it may be another program's, signed with a key of its own.
        deadline = deadline_of(payload)
        return deadline is not None and 0 < deadline <= self._clock()


def expires_in_time(server: Server, cache: str) -> bool:
    """Tell whether the server may be told when entries expire; to be called under the lock.

    Not where ``lazy_expire`` is set: uWSGI 2.0.30 then removes what has expired under a lock
    for readers, so that processes which read it at the same time free its place twice, and
    the cache is damaged. With ``purge_lru`` beside it, seconds are taken for a date of 1970, so
    that entries are gone at once. Both show in an entry that has been written and is gone.
    """
    probe = f"flask-caching|{os.getpid()}-{token_hex(8)}"
    try:
        return all(
            server.cache_update(probe, b"probe", expires, cache)
            and server.cache_get(probe, cache) is not None
            for expires in (-1, AN_HOUR)
        )
    finally:
        server.cache_del(probe, cache)
