"""Operations on Redis, and the driver's own calls with the same bytes."""

from __future__ import annotations

import itertools
from typing import Any

from .flask_caching_application import FLASK_CACHING, VALUE, application
from .functions import total
from .registry import Operation, Place, contestant

MANY = 1000
MOST = 100_000


@contestant("get on Redis", FLASK_CACHING)
def _get(place: Place) -> Operation:
    cache = _on_redis(place)
    cache.set("key", VALUE, timeout=300)
    return lambda: cache.get("key")


@contestant("set on Redis", FLASK_CACHING)
def _set(place: Place) -> Operation:
    cache = _on_redis(place)
    return lambda: cache.set("key", VALUE, timeout=300)


@contestant("memoize hit on Redis", FLASK_CACHING)
def _memoize(place: Place) -> Operation:
    cached = _on_redis(place).memoize(timeout=300)(total)
    return lambda: cached(1, 2, third=3)


@contestant("memoize miss on Redis", FLASK_CACHING)
def _memoize_miss(place: Place) -> Operation:
    cached = _on_redis(place).memoize(timeout=300)(total)
    numbers = itertools.count()
    return lambda: cached(next(numbers), 2, third=3)


@contestant("clear() of 100,000 keys on Redis", FLASK_CACHING)
def _clear(place: Place) -> Operation:
    cache = _on_redis(place)
    for start in range(0, MOST, MANY):
        entries = {f"key {number}": VALUE for number in range(start, start + MANY)}
        cache.set_many(entries, timeout=300)

    def clear() -> int:
        return bool(cache.clear())

    return clear


@contestant("set_many of 1,000 on Redis", FLASK_CACHING)
def _set_many(place: Place) -> Operation:
    cache = _on_redis(place)
    entries = {f"key {number}": VALUE for number in range(MANY)}
    return lambda: cache.set_many(entries, timeout=300)


@contestant("get_many of 1,000 on Redis", FLASK_CACHING)
def _get_many(place: Place) -> Operation:
    cache = _on_redis(place)
    entries = {f"key {number}": VALUE for number in range(MANY)}
    cache.set_many(entries, timeout=300)
    return lambda: cache.get_many(*entries)


@contestant("get on Redis", "redis-py GET")
def _raw_get(place: Place) -> Operation:
    client, [name] = _stored(place)
    return lambda: client.get(name)


@contestant("set on Redis", "redis-py SET")
def _raw_set(place: Place) -> Operation:
    client, [name] = _stored(place)
    payload = client.get(name)
    return lambda: client.set(name, payload, px=300_000)


@contestant("memoize hit on Redis", "redis-py MGET of two")
def _raw_mget(place: Place) -> Operation:
    _memoize(place)()
    client = _client(place)
    names = sorted(client.keys("*"))
    assert len(names) == 2, names  # noqa: PLR2004 (the version and the result)
    return lambda: client.mget(names)


def _on_redis(place: Place) -> Any:
    where = {"CACHE_REDIS_PORT": place.redis_port, "CACHE_REDIS_DB": place.redis_db}
    return application(CACHE_TYPE="RedisCache", **where)[1]


def _stored(place: Place) -> tuple[Any, list[bytes]]:
    """Return a client, and the names under which the store has what `set` stores."""
    _set(place)()
    client = _client(place)
    return client, client.keys("*")


def _client(place: Place) -> Any:
    import redis

    return redis.Redis(port=place.redis_port, db=place.redis_db)
