"""Operations on memcached, and the driver's own calls with the same bytes."""

from __future__ import annotations

from typing import Any

from .flask_caching_application import FLASK_CACHING, VALUE, application
from .registry import Operation, Place, contestant

#: What a name and a payload take there, with the generation beside it.
NAME, PAYLOAD, GENERATION = "flask_cache_|key", b"x" * 150, b"x" * 24


@contestant("get on memcached", FLASK_CACHING)
def _get(place: Place) -> Operation:
    cache = _on_memcached(place)
    cache.set("key", VALUE, timeout=300)
    return lambda: cache.get("key")


@contestant("set on memcached", FLASK_CACHING)
def _set(place: Place) -> Operation:
    cache = _on_memcached(place)
    return lambda: cache.set("key", VALUE, timeout=300)


@contestant("get on memcached", "pylibmc get_multi of two")
def _raw_get(place: Place) -> Operation:
    client = _client(place)
    client.set_multi({NAME: PAYLOAD, "generation": GENERATION}, time=300)
    return lambda: client.get_multi([NAME, "generation"])


@contestant("set on memcached", "pylibmc get + set")
def _raw_set(place: Place) -> Operation:
    client = _client(place)
    client.set("generation", GENERATION, time=300)

    def read_and_write() -> None:
        client.get("generation")
        client.set(NAME, PAYLOAD, time=300)

    return read_and_write


def _on_memcached(place: Place) -> Any:
    address = f"127.0.0.1:{place.memcached_port}"
    return application(CACHE_TYPE="MemcachedCache", CACHE_MEMCACHED_SERVERS=[address])[1]


def _client(place: Place) -> Any:
    import pylibmc

    behaviors = {"tcp_nodelay": True, "remove_failed": 4, "ketama": True}
    return pylibmc.Client([f"127.0.0.1:{place.memcached_port}"], binary=True, behaviors=behaviors)
