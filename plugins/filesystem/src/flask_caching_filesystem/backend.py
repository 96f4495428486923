"""The cache in files: `FileSystemCache`."""

from __future__ import annotations

import functools
import hashlib
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask_caching.backends.base import Capability
from flask_caching.backends.bytestore import BytesCache
from flask_caching.serializers import Serializer
from flask_caching.typing import Timeout

from .exchange import Exchange, system_swap
from .folders import PrivateFolders
from .settings import (
    FileSystemSettings,
    checked_folder,
    checked_hash,
    checked_mode,
    checked_threshold,
)
from .shelf import ANYTHING, Shelf, Spot, read

if TYPE_CHECKING:
    from flask import Flask

#: How many prefixes are remembered, where a callable gives one for each tenant. Each that was
#: written to holds a file open.
MOST_SHELVES = 128
#: How many names of entries are remembered with their paths, and how long these may be.
MOST_KNOWN, LONGEST_KNOWN = 2_048, 250


class FileSystemCache(BytesCache):
    """Keeps entries as files, which the processes of a machine share and a restart leaves.

    All files lie in a folder of this cache's own within `cache_dir`, so that others may use
    `cache_dir` too. Past the threshold an entry that has expired makes room, or else the one
    that was written least recently.

    :param cache_dir: the folder; created where it is missing.
    :param threshold: the number of entries kept for each prefix; ``0``: no limit.
    :param default_timeout: seconds that an entry lives where none are given; ``0``: for ever.
    :param mode: permissions of the files; the folders get the same, with permission to enter
        for whoever may read.
    :param hash_method: makes the names of files; processes share what they name alike.
    :param ignore_errors: whether `delete_many` leaves out a key whose deletion fails instead
        of raising. ``ignore_delete_many_errors`` is the same option by its other name.
    :param key_prefix: keeps programs that share a folder apart; a callable is asked at each
        operation.
    :param serializer: an object with ``dumps`` and ``loads``; pickle where none is given.
    :param clock: gives the wall clock's time in seconds, which the processes share.
    """

    capabilities = frozenset(
        {
            Capability.SHARED,
            Capability.PERSISTENT,
            Capability.ATOMIC_ADD,
            Capability.ATOMIC_INC,
            Capability.PREFIX,
            Capability.BOUNDED,
            Capability.SUBSECOND,
            Capability.TOUCH,
            Capability.PRUNE,
        }
    )

    def __init__(
        self,
        cache_dir: str | os.PathLike[str],
        threshold: int = 500,
        default_timeout: Timeout = 300,
        mode: int = 0o600,
        hash_method: Callable[..., Any] = hashlib.md5,
        ignore_errors: bool = False,
        *,
        ignore_delete_many_errors: bool | None = None,
        key_prefix: str | Callable[[], str] | None = None,
        serializer: Serializer | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(
            default_timeout,
            key_prefix=key_prefix,
            serializer=serializer,
            ignore_delete_many_errors=(
                ignore_errors if ignore_delete_many_errors is None else ignore_delete_many_errors
            ),
            clock=clock,
        )
        self.cache_dir = checked_folder(cache_dir)
        self.threshold = checked_threshold(threshold)
        self._mode = checked_mode(mode)
        self._digest = checked_hash(hash_method)
        self._exchange = Exchange(system_swap())
        self._folders = PrivateFolders(self.cache_dir, self._mode)
        self._shelves: dict[str, Shelf] = {}
        self._known = functools.lru_cache(MOST_KNOWN)(self._find)
        self._folders.make_root()

    @classmethod
    def factory(
        cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> FileSystemCache:
        return cls(**FileSystemSettings.of(config).options(args, kwargs))

    def prune(self) -> int:
        with self._translated("prune"):
            return self._shelf(self._namespace()).prune()

    # -- the store -------------------------------------------------------------------

    def raw_get(self, name: str) -> bytes | None:
        return read(self._at(name)[1])

    def raw_set(self, name: str, payload: bytes, life: float) -> bool:
        shelf, spot = self._at(name)
        return shelf.write(spot, payload, ANYTHING)

    def raw_swap(self, name: str, expected: bytes | None, payload: bytes, life: float) -> bool:
        shelf, spot = self._at(name)
        return shelf.write(spot, payload, expected)

    def raw_delete(self, name: str) -> bool:
        shelf, spot = self._at(name)
        return shelf.remove(spot, ANYTHING)

    def raw_discard(self, name: str, payload: bytes) -> None:
        shelf, spot = self._at(name)
        shelf.remove(spot, payload)

    def raw_clear(self, prefix: str) -> None:
        self._shelf(prefix).clear()

    def _at(self, name: str) -> tuple[Shelf, Spot]:
        return self._known(name) if len(name) <= LONGEST_KNOWN else self._find(name)

    def _find(self, name: str) -> tuple[Shelf, Spot]:
        shelf = self._shelf(name)
        return shelf, shelf.spot(name)

    def _shelf(self, name: str) -> Shelf:
        """Return where the entries of a name's prefix lie."""
        prefix = name[: name.index("|")]  # `_namespace` leaves no other one in a prefix
        return self._shelves.get(prefix) or self._new_shelf(prefix)

    def _new_shelf(self, prefix: str) -> Shelf:
        if len(self._shelves) >= MOST_SHELVES:
            self._shelves.clear()
            self._known.cache_clear()
        return self._shelves.setdefault(
            prefix,
            Shelf(
                self._folders.of(prefix),
                self._digest,
                self._mode,
                self.threshold,
                self._clock,
                self._exchange,
                self._folders.make,
            ),
        )
