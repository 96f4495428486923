"""A memoized function, and a method, whose results lie in memory."""

from __future__ import annotations

import functools

from .flask_caching_application import FLASK_CACHING, application
from .registry import Operation, Place, contestant


def total(first: int, second: int, third: int = 0) -> int:
    """Be what is memoized; its own time is nothing beside looking it up."""
    return first + second + third


@contestant("memoize hit", FLASK_CACHING)
def _flask_caching(_place: Place) -> Operation:
    cached = application()[1].memoize(timeout=300)(total)
    return lambda: cached(1, 2, third=3)


@contestant("memoize hit", "lru_cache")
def _lru_cache(_place: Place) -> Operation:
    cached = functools.lru_cache(maxsize=500)(total)
    return lambda: cached(1, 2, third=3)


@contestant("memoize hit", "cachetools")
def _cachetools(_place: Place) -> Operation:
    from cachetools import TTLCache, cached

    known = cached(TTLCache(maxsize=500, ttl=300))(total)
    return lambda: known(1, 2, third=3)


@contestant("memoize hit", "dogpile.cache")
def _dogpile(_place: Place) -> Operation:
    from dogpile.cache import make_region

    region = make_region().configure("dogpile.cache.memory", expiration_time=300)

    # It takes no arguments by name.
    cached = region.cache_on_arguments()(total)
    return lambda: cached(1, 2, 3)


@contestant("memoize hit", "cashews")
def _cashews(_place: Place) -> Operation:
    from cashews import cache

    cache.setup("mem://")

    @cache(ttl="5m")
    async def cached(first: int, second: int, third: int = 0) -> int:
        return first + second + third

    async def operation() -> int:
        return await cached(1, 2, third=3)

    return operation


@contestant("memoize hit on a method", FLASK_CACHING)
def _method(_place: Place) -> Operation:
    _, cache = application()

    class Table:
        def __repr__(self) -> str:
            return "Table(1)"

        @cache.memoize(timeout=300)
        def total(self, first: int, second: int, third: int = 0) -> int:
            return first + second + third

    table = Table()
    return lambda: table.total(1, 2, third=3)
