"""How often does the backend talk to a server?"""

from __future__ import annotations

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching_memcached.client import METHODS

from .servers import keys_on


class Watched:
    """A client that notes what it is asked."""

    def __init__(self, client, trips):
        self._client, self._trips = client, trips

    def __getattr__(self, name):
        method = getattr(self._client, name)
        if name not in METHODS or name == "set_behaviors":
            return method

        def noted(*args, **kwargs):
            self._trips.append(name)
            return method(*args, **kwargs)

        return noted


@pytest.fixture
def trips():
    return []


@pytest.fixture
def watch(trips):
    """Let a backend's clients note what they are asked from here on."""

    def watch(backend):
        for node in backend._shelves.nodes:
            pool = node._here().pool
            connect = pool._connect
            pool._connect = lambda connect=connect: Watched(connect(), trips)
            pool.drop_idle()
        backend.get("to connect")
        backend.get_many(*[f"to connect {number}" for number in range(30)])
        trips.clear()
        return backend

    return watch


@pytest.fixture
def backend(make, server, watch):
    backend = make([server])
    backend.set("key", "value")
    return watch(backend)


OPERATIONS = {
    "get": (lambda backend: backend.get("key"), ["get_multi"]),
    "get of nothing": (lambda backend: backend.get("missing"), ["get_multi"]),
    "has": (lambda backend: backend.has("key"), ["get_multi"]),
    "get_many": (lambda backend: backend.get_many("key", "a", "b"), ["get_multi"]),
    "set": (lambda backend: backend.set("key", 1), ["get", "set"]),
    "add to nothing": (lambda backend: backend.add("new", 1), ["get_multi", "add"]),
    "add to something": (lambda backend: backend.add("key", 1), ["get_multi"]),
    "inc of nothing": (lambda backend: backend.inc("count"), ["get_multi", "add"]),
    "touch": (lambda backend: backend.touch("key"), ["get_multi", "gets", "cas"]),
    "delete": (lambda backend: backend.delete("key"), ["get_multi", "delete"]),
    "delete of nothing": (lambda backend: backend.delete("missing"), ["get_multi"]),
    "clear": (lambda backend: backend.clear(), ["set"]),
    "nothing": (lambda backend: [backend.get_many(), backend.set_many({})], []),
}


@pytest.mark.parametrize(("operation", "expected"), OPERATIONS.values(), ids=OPERATIONS.keys())
def test_an_operation_takes_so_many_trips(backend, trips, operation, expected):
    operation(backend)

    assert trips == expected


@pytest.mark.parametrize("count", [2, 900])
def test_many_keys_take_as_many_trips_as_a_few(backend, trips, count):
    values = {f"key-{number}": "x" * 100 for number in range(count)}

    assert backend.set_many(values) == list(values)
    # set_multi does not wait for answers, so it belongs to the get_multi after it.
    assert trips == ["get", "set_multi", "get_multi"]
    trips.clear()
    assert backend.get_dict(*values) == values
    assert trips == ["get_multi"]
    trips.clear()
    assert backend.delete_many(*values) == list(values)
    assert trips == ["set_multi", "get_multi"]


def test_over_several_servers_each_is_asked_once(make, servers, watch, trips):
    backend = make(servers)
    keys = [key for server in servers for key in keys_on(backend, server, 5)]
    backend.set_many(dict.fromkeys(keys, 1))
    watch(backend)

    backend.get_many(*keys)

    assert trips == ["get_multi"] * 3


# -- in the flow -------------------------------------------------------------------------


@pytest.fixture
def cache(server, prefix, watch):
    cache = Cache(
        Flask("application"),
        config={
            "CACHE_TYPE": "memcached",
            "CACHE_MEMCACHED_SERVERS": [server.address],
            "CACHE_KEY_PREFIX": prefix,
        },
    )
    cache.cache.set("the generation", "is there")
    watch(cache.cache)
    return cache


@pytest.fixture
def double(cache, trips):
    """A memoized function whose version exists."""

    @cache.memoize()
    def double(number):
        return 2 * number

    double(0)
    trips.clear()
    return double


def test_a_memoized_hit_takes_one_trip(double, trips):
    double(1)
    trips.clear()

    assert double(1) == 2
    assert trips == ["get_multi"]


def test_a_memoized_miss_takes_two_trips(double, trips):
    assert double(1) == 2
    assert trips == ["get_multi", "set"]


def test_a_miss_after_an_invalidation_takes_two_trips(cache, double, trips):
    double(1)
    cache.delete_memoized(double)
    trips.clear()

    assert double(1) == 2
    assert trips == ["get_multi", "set"]


def test_a_cached_miss_takes_two_trips_and_a_hit_one(cache, trips):
    cached = cache.cached(key_prefix="plain")(lambda: "value")

    assert cached() == "value"
    assert trips == ["get_multi", "set"]
    trips.clear()
    assert cached() == "value"
    assert trips == ["get_multi"]
