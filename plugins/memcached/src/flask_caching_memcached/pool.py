"""Who holds a client at the moment?

A client is one connection, and belongs to one caller at a time. It goes back to the pool only
after an operation that went well.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from os import getpid

from flask_caching.errors import CacheUnavailableError

from .client import Client

#: Takes a reference that nobody ever gives back.
_keep_for_ever = ctypes.PYFUNCTYPE(None, ctypes.py_object)(("Py_IncRef", ctypes.pythonapi))


class Line:
    """A client, and whether it has worked before."""

    __slots__ = ("_pid", "client", "was_used")

    def __init__(self, client: Client) -> None:
        self.client = client
        self.was_used = False
        self._pid = getpid()

    # The names are bound here, since a module's are gone when the interpreter ends.
    def __del__(self, getpid=getpid, keep_for_ever=_keep_for_ever) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        # A client says good-bye to its server when it is freed. In a forked child that would
        # go over the parent's connection and end it.
        if self._pid != getpid():
            keep_for_ever(self.client)


class Pool:
    """The clients of one server, in one process.

    :param connect: makes a client.
    :param size: how many there are at most.
    :param grows: whether a caller that finds all of them taken gets one more, which is closed
        after use, instead of waiting.
    :param patience: seconds that a caller waits at most.
    """

    def __init__(
        self, server: str, connect: Callable[[], Client], size: int, grows: bool, patience: float
    ) -> None:
        self._server = server
        self._connect = connect
        self._size = size
        self._grows = grows
        self._patience = patience
        #: The last one that was used is the first to be used again: the others may be closed.
        self._idle: list[Line] = []
        #: How many more may be made; below 0 where the pool has grown.
        self._room = size
        self._changed = threading.Condition()
        self._waiting = 0

    def take(self) -> Line:
        """Return a client that nobody else has until it is given back or discarded.

        :raises CacheUnavailableError: where none became free.
        """
        try:
            return self._idle.pop()
        except IndexError:
            return self._claimed() or self._made()

    def give_back(self, line: Line) -> None:
        line.was_used = True
        if self._room < 0:
            self.discard()
            return
        self._idle.append(line)
        if self._waiting:
            with self._changed:
                self._changed.notify()

    def discard(self) -> None:
        """Take back the place of a client, which is closed when its holder forgets it."""
        with self._changed:
            self._room += 1
            self._changed.notify()

    def drop_idle(self) -> None:
        """Close the clients that nobody holds."""
        with suppress(IndexError):
            while True:
                self._idle.pop()
                self.discard()

    def _claimed(self) -> Line | None:
        """Return a client that was given back, or ``None`` for the right to make one."""
        until = time.monotonic() + self._patience
        with self._changed:
            self._waiting += 1
            try:
                while True:
                    with suppress(IndexError):  # those that don't wait take without the lock
                        return self._idle.pop()
                    if self._room > 0 or self._grows:
                        self._room -= 1
                        return None
                    if not self._changed.wait(until - time.monotonic()):
                        raise self._exhausted()
            finally:
                self._waiting -= 1

    def _made(self) -> Line:
        try:
            return Line(self._connect())
        except BaseException:
            self.discard()
            raise

    def _exhausted(self) -> CacheUnavailableError:
        return CacheUnavailableError(
            f"All {self._size} connections to memcached at {self._server} were in use for "
            f"{self._patience} seconds. Raise CACHE_MEMCACHED_POOL_SIZE, or set "
            "CACHE_MEMCACHED_POOL_BLOCKING = False to open more of them."
        )
