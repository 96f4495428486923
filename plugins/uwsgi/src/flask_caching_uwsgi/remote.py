"""How are entries kept in a cache of another uWSGI server, asked for as ``name@address``?

uWSGI opens a connection for each call, and answers ``None`` for a missing entry, for a refusal
and for a server that is down. So each ``None`` is looked into.
"""

from __future__ import annotations

import time

from flask_caching.backends.base import Capability
from flask_caching.errors import NotSupportedError

from .server import Server, whole_seconds

#: Seconds within which the other server has to answer. uWSGI itself waits for as long as its
#: ``socket-timeout`` says, 4 seconds by default.
PATIENCE = 1.0


class NotSupportedRemotelyError(NotSupportedError):
    """The operation needs the list of the entries, which another server does not give."""

    def __str__(self) -> str:
        return (
            f"{self.backend.__name__} does not support {self.operation}() on a cache of another "
            "uWSGI server, which does not list its entries. Call it in that server, or let "
            "CACHE_UWSGI_NAME name a cache of this one."
        )


class RemoteCache:
    """A cache of another server: there is no lock, and no list of what it holds.

    :param cache: ``name@host:port``, or ``name@`` and the path of a socket.
    """

    capabilities = frozenset(
        {Capability.SHARED, Capability.SUBSECOND, Capability.TOUCH, Capability.NETWORK}
    )

    def __init__(self, server: Server, cache: str) -> None:
        self._server = server
        self._cache = cache
        self._address = cache.partition("@")[2]

    def get(self, name: str) -> bytes | None:
        started = time.monotonic()
        payload = self._server.cache_get(name, self._cache)
        if payload is None:
            self._check_answered(started)
        return payload

    def set(self, name: str, payload: bytes, life: float) -> bool:
        started = time.monotonic()
        stored = self._server.cache_update(name, payload, whole_seconds(life), self._cache)
        if not stored:
            self._check_answered(started)
        return stored is True

    def swap(self, name: str, expected: bytes | None, payload: bytes, life: float) -> bool | None:
        """Write if `expected` lies there; ``None`` where the server refuses the payload.

        Only adding is atomic.
        """
        if expected is None:
            if self._server.cache_set(name, payload, whole_seconds(life), self._cache):
                return True
            return None if self.get(name) is None else False
        if self.get(name) != expected:
            return False
        return self.set(name, payload, life) or None

    def delete(self, name: str) -> bool:
        started = time.monotonic()
        deleted = self._server.cache_del(name, self._cache)
        if not deleted:
            self._check_answered(started)
        return deleted is True

    def discard(self, name: str, payload: bytes) -> None:
        """Leave what has expired to the server: in between, somebody may have written."""

    def _check_answered(self, started: float) -> None:
        """Find out whether the server answered at all.

        :raises OSError: where it can't be reached, or took too long.
        """
        if time.monotonic() - started > PATIENCE:
            raise TimeoutError(f"{self._address} did not answer within {PATIENCE:g} seconds")
        descriptor = self._server.connect(self._address, 1)
        if descriptor < 0:
            raise ConnectionError(f"{self._address} can't be reached")
        self._server.close(descriptor)
