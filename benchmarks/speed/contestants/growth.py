"""The same operations among few entries and among many; each size is a contestant."""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Callable
from typing import Any

from .flask_caching_application import application
from .registry import Operation, Place, contestant

IN_MEMORY = (1_000, 10_000, 100_000, 1_000_000)
STORED = (100, 1_000, 10_000, 100_000)
#: So many entries are written at once while a store is filled.
BATCH = 1_000
#: Random keys are drawn before they are asked for.
DRAWN = 100_000


def among(size: int) -> str:
    """Name the contestant of a size."""
    return f"among {size:,}"


def _enter(row: str, sizes: tuple[int, ...], setup: Callable[[Place, int], Operation]) -> None:
    for size in sizes:
        contestant(row, among(size))(functools.partial(setup, size=size))


def _filled(size: int, **settings: Any) -> Any:
    cache = application(CACHE_THRESHOLD=2 * size, **settings)[1]
    for start in range(0, size, BATCH):
        stop = min(start + BATCH, size)
        cache.set_many({f"key {number}": number for number in range(start, stop)}, timeout=3600)
    return cache


def _random_keys(size: int) -> Callable[[], str]:
    drawn = random.Random(size).choices(range(size), k=DRAWN)  # noqa: S311 (no secret)
    return itertools.cycle([f"key {number}" for number in drawn]).__next__


def _memory(_place: Place, size: int) -> Operation:
    cache = _filled(size)
    return lambda: cache.get("key 7")


def _memory_at_random(_place: Place, size: int) -> Operation:
    cache, key = _filled(size), _random_keys(size)
    return lambda: cache.get(key())


def _dict_at_random(_place: Place, size: int) -> Operation:
    entries = {f"key {number}": (number, float(number)) for number in range(size)}
    key = _random_keys(size)
    return lambda: entries[key()]


def _memory_set(_place: Place, size: int) -> Operation:
    cache = _filled(size)
    return lambda: cache.set("key 7", 7, timeout=3600)


def _tags(_place: Place, size: int) -> Operation:
    cache = application(CACHE_THRESHOLD=2 * size)[1]
    for number in range(size):
        cache.set(f"key {number}", number, timeout=3600, tags=["tag"])
    return lambda: cache.invalidate_tags("tag")


def _files(place: Place, size: int) -> Operation:
    cache = _filled(size, CACHE_TYPE="FileSystemCache", CACHE_DIR=place.folder)
    return lambda: cache.get("key 7")


def _files_at_random(place: Place, size: int) -> Operation:
    cache = _filled(size, CACHE_TYPE="FileSystemCache", CACHE_DIR=place.folder)
    key = _random_keys(size)
    return lambda: cache.get(key())


def _files_set(place: Place, size: int) -> Operation:
    cache = _filled(size, CACHE_TYPE="FileSystemCache", CACHE_DIR=place.folder)
    return lambda: cache.set("key 7", 7, timeout=3600)


def _on_redis(place: Place, size: int) -> Operation:
    where = {"CACHE_REDIS_PORT": place.redis_port, "CACHE_REDIS_DB": place.redis_db}
    cache = _filled(size, CACHE_TYPE="RedisCache", **where)
    return lambda: cache.get("key 7")


_enter("get in memory, the same key", IN_MEMORY, _memory)
_enter("get in memory, random keys", IN_MEMORY, _memory_at_random)
_enter("a dict, random keys", IN_MEMORY, _dict_at_random)
_enter("set in memory, the same key", IN_MEMORY, _memory_set)
_enter("invalidate_tags of all entries in memory", IN_MEMORY[:-1], _tags)
_enter("get of a file, the same key", STORED, _files)
_enter("get of a file, random keys", STORED, _files_at_random)
_enter("set of a file, the same key", STORED, _files_set)
_enter("get on Redis, the same key", STORED, _on_redis)
