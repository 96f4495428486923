"""The cache in the memory of a uWSGI server: `UWSGICache`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask_caching.backends.base import checked_key
from flask_caching.backends.bytestore import BytesCache
from flask_caching.notices import warn_once
from flask_caching.serializers import Serializer
from flask_caching.typing import Timeout

from .memory import SharedMemory
from .names import Names
from .remote import NotSupportedRemotelyError, RemoteCache
from .server import Server, check_cache, keysize_of, number_of_locks, running_server
from .settings import UWSGISettings, checked_cache, checked_keysize, checked_lock

if TYPE_CHECKING:
    from flask import Flask


class UWSGICache(BytesCache):
    """Keeps entries in a cache of the uWSGI server, which its processes share.

    It works in the server's processes only. A cache of another server has fewer of the
    `capabilities`: they are then those of the instance.

    :param default_timeout: seconds that an entry lives where none are given; ``0``: for ever.
    :param cache: the name of the server's cache, ``""`` for its first one; ``name@host:port``
        for a cache of another server.
    :param ignore_delete_many_errors: whether `delete_many` leaves out a key whose deletion
        fails instead of raising.
    :param key_prefix: keeps programs that share a cache apart; a callable is asked at each
        operation.
    :param serializer: an object with ``dumps`` and ``loads``; pickle where none is given.
    :param lock: the number of the server's lock under which entries are changed. Where the
        application holds a lock of the server while it uses the cache, it must be another.
    :param keysize: the bytes that the server takes for a key; where they are not given, those
        that the server tells, or its default.
    :param clock: gives the wall clock's time in seconds, which the processes share.
    """

    capabilities = SharedMemory.capabilities
    store_errors = (OSError,)

    def __init__(
        self,
        default_timeout: Timeout = 300,
        cache: str = "",
        ignore_delete_many_errors: bool = False,
        *,
        key_prefix: str | Callable[[], str] | None = None,
        serializer: Serializer | None = None,
        lock: int = 0,
        keysize: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(
            default_timeout,
            key_prefix=key_prefix,
            serializer=serializer,
            ignore_delete_many_errors=ignore_delete_many_errors,
            clock=clock,
        )
        server = running_server()
        self.cache = checked_cache(cache)
        self._names = Names(
            checked_keysize(keysize_of(server, self.cache) if keysize is None else keysize)
        )
        self._store = self._connected(server, lock)
        self.capabilities = self._store.capabilities

    @classmethod
    def factory(
        cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> UWSGICache:
        return cls(**UWSGISettings.of(config).options(args, kwargs))

    def prune(self) -> int:
        with self._translated("prune"):
            return self._listed("prune").prune(self._namespace())

    def name(self, key: str) -> str:
        return self._names.name(self._namespace(), checked_key(key))

    # -- the store -------------------------------------------------------------------

    def raw_get(self, name: str) -> bytes | None:
        return self._store.get(name)

    def raw_set(self, name: str, payload: bytes, life: float) -> bool:
        stored = self._store.set(name, payload, life)
        if not stored:
            self._tell_refused(payload)
        return stored

    def raw_swap(
        self, name: str, expected: bytes | None, payload: bytes, life: float
    ) -> bool | None:
        stored = self._store.swap(name, expected, payload, life)
        if stored is None:
            self._tell_refused(payload)
        return stored

    def raw_delete(self, name: str) -> bool:
        return self._store.delete(name)

    def raw_discard(self, name: str, payload: bytes) -> None:
        self._store.discard(name, payload)

    def raw_clear(self, prefix: str) -> None:
        self._listed("clear").clear(prefix)

    # -- inside ----------------------------------------------------------------------

    def _namespace(self) -> str:
        return self._names.namespace(super()._namespace())

    def _connected(self, server: Server, lock: int) -> SharedMemory | RemoteCache:
        number = checked_lock(lock, number_of_locks(server))
        if "@" in self.cache:
            return RemoteCache(server, self.cache)
        check_cache(server, self.cache)
        return SharedMemory(server, self.cache, number, self._clock)

    def _listed(self, operation: str) -> SharedMemory:
        """Return the store where it can list its entries."""
        if isinstance(self._store, SharedMemory):
            return self._store
        raise NotSupportedRemotelyError(type(self), operation)

    def _tell_refused(self, payload: bytes) -> None:
        warn_once(
            ("uwsgi", self.cache),
            "uWSGI's cache %r refused %d bytes, and what does not fit is not cached: it is full, "
            "or they are more than it takes for one entry. Raise items= or blocksize= in the "
            "server's cache2 option, or spread entries over blocks with bitmap=1. This is told "
            "once.",
            self.cache,
            len(payload),
        )
