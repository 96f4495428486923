"""How much memory does an entry take, of those that Python gives out?"""

from __future__ import annotations

import functools
import tracemalloc
from collections.abc import Callable
from typing import Any

from .flask_caching_application import FLASK_CACHING, VALUE, application
from .memory import django_cache
from .registry import Operation, Place, contestant

ROW = "memory per entry, of 100,000"
ENTRIES = 100_000


@contestant(ROW, FLASK_CACHING)
def _flask_caching(_place: Place) -> Operation:
    cache = application(CACHE_THRESHOLD=ENTRIES)[1]
    return _per_entry(lambda key: cache.set(key, dict(VALUE), timeout=300))


@contestant(ROW, "Django")
def _django(_place: Place) -> Operation:
    cache = django_cache(MAX_ENTRIES=ENTRIES)
    return _per_entry(lambda key: cache.set(key, dict(VALUE), timeout=300))


@contestant(ROW, "cachetools")
def _cachetools(_place: Place) -> Operation:
    from cachetools import TTLCache

    known: Any = TTLCache(maxsize=ENTRIES, ttl=300)
    return _per_entry(lambda key: known.__setitem__(key, _copied()))


@contestant(ROW, "a dict")
def _dict(_place: Place) -> Operation:
    known: dict[str, Any] = {}
    return _per_entry(lambda key: known.__setitem__(key, _copied()))


def _copied() -> dict[str, Any]:
    """Return a value of which nothing is another entry's."""
    return {**VALUE, "name": "".join(VALUE["name"]), "tags": list(VALUE["tags"])}


def _per_entry(store: Callable[[str], Any]) -> Operation:
    @functools.cache  # only the first time there is nothing yet
    def operation() -> int:
        tracemalloc.start()
        for number in range(ENTRIES):
            store(f"key-{number}")
        taken = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return taken // ENTRIES

    return operation
