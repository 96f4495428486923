"""The cache in a bucket of Google Cloud Storage: `GoogleCloudStorageCache`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask_caching.backends.base import Capability, checked_key
from flask_caching.backends.bytestore import BytesCache
from flask_caching.payload import deadline_of
from flask_caching.serializers import Serializer
from flask_caching.typing import Timeout

from .clients import opened
from .crew import Crew
from .driver import STORE_ERRORS, Bucket, Client, status_of
from .names import legal_namespace, object_name
from .objects import ROUNDED_UP, Listed, Objects, Stored
from .settings import (
    GoogleCloudStorageSettings,
    checked_count,
    checked_prefix,
    checked_seconds,
    checked_switch,
)
from .start import check_at_start

if TYPE_CHECKING:
    from flask import Flask


class GoogleCloudStorageCache(BytesCache):
    """Keeps entries as objects of a bucket.

    Each operation on a key is one request, or two where it reads before it writes. The service
    takes about one write a second for an object.

    :param bucket: the name of a bucket that exists, or a ready ``google.cloud.storage.Bucket``.
    :param key_prefix: keeps programs that share a bucket apart; a callable is asked at each
        operation.
    :param default_timeout: seconds that an entry lives where none are given; ``0``: for ever.
    :param delete_expired_objects_on_read: whether a read that finds an entry which has expired
        deletes it, at the price of another request. A lifecycle rule of the bucket or `prune`
        do it otherwise.
    :param anonymous: use no credentials, as an emulator wants it.
    :param project: the project that the client acts for; a cache has no other use for it.
    :param client: a ready ``google.cloud.storage.Client``, or a callable that makes one, which
        is better where processes fork.
    :param connect_timeout: seconds to connect, at most.
    :param reply_timeout: seconds without a byte of the reply, or without a token, at most; and
        how long a request may be made again where the service is busy.
    :param parallel: how many requests operations on many keys make at once, in a process.
    :param ignore_delete_many_errors: whether `delete_many` answers that nothing was deleted
        where deleting fails, instead of raising.
    :param serializer: an object with ``dumps`` and ``loads``; pickle where none is given.
    :param clock: gives the wall clock's time in seconds, which the processes share.
    :param kwargs: further options of ``google.cloud.storage.Client``.
    :raises ConfigError: for settings that can't work, and where there is no such bucket.
    """

    capabilities = frozenset(
        {
            Capability.SHARED,
            Capability.PERSISTENT,
            Capability.ATOMIC_ADD,
            Capability.ATOMIC_INC,
            Capability.PREFIX,
            Capability.SUBSECOND,
            Capability.TOUCH,
            Capability.PRUNE,
            Capability.NETWORK,
        }
    )
    store_errors = STORE_ERRORS

    def __init__(
        self,
        bucket: str | Bucket,
        key_prefix: str | Callable[[], str] | None = None,
        default_timeout: Timeout = 300,
        delete_expired_objects_on_read: bool = False,
        anonymous: bool = False,
        *,
        project: str | None = None,
        client: Client | Callable[[], Client] | None = None,
        connect_timeout: float = 1.0,
        reply_timeout: float = 1.0,
        parallel: int = 8,
        ignore_delete_many_errors: bool = False,
        serializer: Serializer | None = None,
        clock: Callable[[], float] = time.time,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            default_timeout,
            key_prefix=checked_prefix(key_prefix),
            serializer=serializer,
            ignore_delete_many_errors=ignore_delete_many_errors,
            clock=clock,
        )
        self.delete_expired_objects_on_read = checked_switch(
            "CACHE_GCS_DELETE_EXPIRED_ON_READ", delete_expired_objects_on_read
        )
        times = (
            checked_seconds("connect_timeout", connect_timeout),
            checked_seconds("reply_timeout", reply_timeout),
        )
        self._crew = Crew(checked_count("parallel", parallel))
        self._buckets = opened(
            bucket,
            client,
            anonymous=checked_switch("CACHE_OPTIONS", anonymous, "anonymous"),
            project=project or None,
            patience=times[1],
            options=kwargs,
        )
        self._objects = Objects(self._buckets, times)
        check_at_start(self._buckets, times)

    @classmethod
    def factory(
        cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> GoogleCloudStorageCache:
        return cls(**GoogleCloudStorageSettings.of(config).options(args, kwargs))

    @property
    def bucket(self) -> Bucket:
        """The bucket, for requests of the application's own."""
        return self._buckets.make()

    def name(self, key: str) -> str:
        return object_name(self._namespace(), checked_key(key))

    def prune(self) -> int:
        """Remove what has expired, by the dates in a listing of this prefix."""
        removed, now = 0, self._clock()
        with self._translated("prune"):
            for page in self._objects.pages(legal_namespace(self._namespace())):
                due = [each for each in page if each.expires and each.expires - ROUNDED_UP <= now]
                removed += sum(self._crew.map(self._remove_expired, due))
        return removed

    def close(self) -> None:
        self._buckets.close()

    # -- the store -------------------------------------------------------------------

    def raw_get(self, name: str) -> Stored | None:
        return self._objects.read(name)

    def raw_set(self, name: str, payload: bytes, life: float) -> bool:
        try:
            self._objects.write(name, payload, self._expires(life))
        except self.store_errors as error:
            if status_of(error) != HTTPStatus.TOO_MANY_REQUESTS:
                raise
            return False
        return True

    def raw_swap(self, name: str, expected: bytes | None, payload: bytes, life: float) -> bool:
        generation = 0
        if expected is not None:
            seen = expected if isinstance(expected, Stored) else self._objects.read(name)
            if seen is None or seen != expected:
                return False
            generation = seen.generation
        return self._objects.write_over(name, generation, payload, self._expires(life))

    def raw_delete(self, name: str) -> bool:
        return self._objects.delete(name)

    def raw_discard(self, name: str, payload: bytes) -> None:
        if self.delete_expired_objects_on_read and isinstance(payload, Stored):
            self._objects.delete(name, payload.generation)

    def raw_clear(self, prefix: str) -> None:
        for page in self._objects.pages(legal_namespace(prefix)):
            self.raw_delete_many([each.name for each in page])

    # Not BULK: these are as many requests as there are names, only several at once.

    def raw_get_many(self, names: Sequence[str]) -> list[bytes | None]:
        return [*self._crew.map(self.raw_get, names)]

    def raw_set_many(self, payloads: Mapping[str, bytes], life: float) -> list[str]:
        def write(name: str) -> bool:
            return self.raw_set(name, payloads[name], life)

        names = list(payloads)
        stored = self._crew.map(write, names)
        return [name for name, was_stored in zip(names, stored, strict=True) if was_stored]

    def raw_delete_many(self, names: Sequence[str]) -> None:
        self._crew.map(self._objects.ensure_gone, names)

    def _remove_expired(self, listed: Listed) -> bool:
        return self._has_expired(listed) and self._objects.delete(listed.name, listed.generation)

    def _has_expired(self, listed: Listed) -> bool:
        now = self._clock()
        if listed.expires and listed.expires <= now:
            return True
        contents = self._objects.read(listed.name)  # which has the exact deadline
        deadline = deadline_of(contents) if contents is not None else None
        return deadline is not None and 0 < deadline <= now

    def _expires(self, life: float) -> float | None:
        return self._clock() + life if life else None
