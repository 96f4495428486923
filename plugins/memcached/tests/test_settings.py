"""What can be configured, and what says an error?"""

from __future__ import annotations

import inspect
import json

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching.errors import ConfigError
from flask_caching_memcached import (
    MemcachedCache,
    SASLMemcachedCache,
    SpreadSASLMemcachedCache,
)
from flask_caching_memcached.shelf import Shelf
from flask_caching_memcached.spread import SpreadShelf

from .servers import PASSWORD, USER


@pytest.fixture
def backend_with(server, prefix):
    def backend_with(**config):
        given = {
            "CACHE_TYPE": "memcached",
            "CACHE_MEMCACHED_SERVERS": [server.address],
            "CACHE_KEY_PREFIX": prefix,
        }
        return Cache(Flask("application"), config={**given, **config}).cache

    return backend_with


def shelf_of(backend):
    return backend._shelves.spot(backend.name("key")).shelf


def pool_of(backend):
    return backend._shelves.nodes[0]._here().pool


@pytest.mark.parametrize(
    ("cls", "shown"),
    [
        (MemcachedCache, "servers default_timeout key_prefix pool_size pool_blocking"),
        (
            SASLMemcachedCache,
            "servers default_timeout key_prefix username password pool_size pool_blocking",
        ),
        (SpreadSASLMemcachedCache, "servers default_timeout key_prefix username password"),
    ],
)
def test_the_signatures_begin_as_those_of_2_5(cls, shown):
    parameters = list(inspect.signature(cls).parameters.values())
    names = shown.split()

    assert [each.name for each in parameters][: len(names)] == names
    assert [each.default for each in parameters[:3]] == [None, 300, None]


def test_the_spreading_class_takes_the_options_of_2_5(server):
    backend = SpreadSASLMemcachedCache([server.address], chunksize=100, maxchunk=5)
    parameters = inspect.signature(SpreadSASLMemcachedCache).parameters

    assert (shelf_of(backend)._chunksize, shelf_of(backend)._maxchunk) == (100, 5)
    assert (parameters["chunksize"].default, parameters["maxchunk"].default) == (1048448, 32)


def test_the_settings_reach_the_backend(backend_with, servers):
    backend = backend_with(
        CACHE_MEMCACHED_SERVERS=[server.address for server in servers],
        CACHE_MEMCACHED_POOL_SIZE=3,
        CACHE_MEMCACHED_POOL_BLOCKING=False,
        CACHE_MEMCACHED_SPREAD=True,
        CACHE_DEFAULT_TIMEOUT=11,
        CACHE_KEY_PREFIX="mine",
    )

    assert [node.name for node in backend._shelves.nodes] == [each.address for each in servers]
    assert (pool_of(backend)._size, pool_of(backend)._grows) == (3, True)
    assert type(shelf_of(backend)) is SpreadShelf
    assert (backend.default_timeout, backend.key_prefix) == (11, "mine")


def test_by_default_nothing_is_spread_and_callers_wait_for_one_of_16_connections(backend_with):
    backend = backend_with()

    assert type(shelf_of(backend)) is Shelf
    assert (pool_of(backend)._size, pool_of(backend)._grows) == (16, False)


@pytest.mark.parametrize(("text", "grows"), [("false", True), ("0", True), ("True", False)])
def test_settings_from_the_environment_are_text(backend_with, server, text, grows):
    backend = backend_with(
        CACHE_MEMCACHED_SERVERS=f"{server.address}, {server.address}",
        CACHE_MEMCACHED_POOL_SIZE="7",
        CACHE_MEMCACHED_POOL_BLOCKING=text,
        CACHE_MEMCACHED_SPREAD="yes",
    )

    assert (pool_of(backend)._size, pool_of(backend)._grows) == (7, grows)
    assert type(shelf_of(backend)) is SpreadShelf


def test_an_argument_that_has_no_place_is_refused(backend_with):
    with pytest.raises(
        ConfigError, match=r"CACHE_ARGS: are 20, and at most these are taken: default_timeout, "
    ):
        backend_with(CACHE_ARGS=[5] * 20)


def test_options_and_arguments_come_first(backend_with):
    by_name = backend_with(
        CACHE_MEMCACHED_POOL_SIZE=3, CACHE_OPTIONS={"pool_size": 5, "socket_timeout": 0.25}
    )
    by_place = backend_with(CACHE_ARGS=[60, "prefix", 6])

    assert (pool_of(by_name)._size, pool_of(by_name)._patience) == (5, 0.25)
    assert (by_place.key_prefix, pool_of(by_place)._size) == ("prefix", 6)


def test_the_spreading_class_may_be_told_not_to_spread(server, server_with_login):
    config = {
        "CACHE_TYPE": "spreadsaslmemcached",
        "CACHE_MEMCACHED_SERVERS": [server_with_login.address],
        "CACHE_MEMCACHED_USERNAME": USER,
        "CACHE_MEMCACHED_PASSWORD": PASSWORD,
    }

    spread = Cache(Flask("one"), config=config).cache
    plain = Cache(Flask("two"), config={**config, "CACHE_MEMCACHED_SPREAD": False}).cache

    assert (type(shelf_of(spread)), type(shelf_of(plain))) == (SpreadShelf, Shelf)


def test_behaviors_reach_the_client_beside_our_own(server):
    backend = MemcachedCache(
        [server.address], behaviors={"tcp_nodelay": False, "cas": False}, socket_timeout=0.5
    )

    client = pool_of(backend).take().client

    assert client.behaviors["tcp_nodelay"] == 0
    assert client.behaviors["cas"] == 1
    assert client.behaviors["_poll_timeout"] == 500
    assert client.behaviors["connect_timeout"] == 500


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"behaviors": {"nonsense": 1}}, "unknown behavior names: nonsense"),
        ({"behaviors": {"hash": "nonsense"}}, "behaviors: 'nonsense'"),
        ({"behaviors": ["cas"]}, r"behaviors must be a dict .* not \['cas'\]"),
        ({"socket_timeout": 0}, "socket_timeout must be a number of seconds, not 0"),
        ({"socket_timeout": "1"}, "socket_timeout .* not '1'"),
        ({"socket_timeout": float("nan")}, "socket_timeout .* not nan"),
        ({"socket_timeout": True}, "socket_timeout .* not True"),
        ({"chunksize": 63}, "chunksize must be a number, 64 or more, not 63"),
        ({"chunksize": "1000"}, "chunksize .* not '1000'"),
        ({"maxchunk": 0}, "maxchunk must be a number, 1 or more, not 0"),
        ({"nonsense": 1}, "'nonsense' is not an option of CACHE_TYPE 'memcached'"),
    ],
)
def test_an_option_that_cannot_work_says_so(backend_with, options, said):
    with pytest.raises(ConfigError, match=said) as caught:
        backend_with(CACHE_OPTIONS=options)

    assert caught.value.key == "CACHE_OPTIONS"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("CACHE_MEMCACHED_POOL_SIZE", 0),
        ("CACHE_MEMCACHED_POOL_SIZE", "many"),
        ("CACHE_MEMCACHED_POOL_SIZE", True),
        ("CACHE_MEMCACHED_POOL_SIZE", 1.5),
        ("CACHE_MEMCACHED_POOL_BLOCKING", "perhaps"),
        ("CACHE_MEMCACHED_POOL_BLOCKING", []),
        ("CACHE_MEMCACHED_SPREAD", "perhaps"),
        ("CACHE_MEMCACHED_SERVERS", 5),
        ("CACHE_MEMCACHED_SERVERS", ["not an address"]),
    ],
)
def test_a_setting_that_cannot_work_is_named_with_its_value(backend_with, key, value):
    with pytest.raises(ConfigError, match=key) as caught:
        backend_with(**{key: value})

    shown = value[0] if isinstance(value, list) and value else value
    assert repr(shown) in str(caught.value)


def test_an_option_that_the_client_refuses_is_named(server_with_login):
    config = {
        "CACHE_TYPE": "saslmemcached",
        "CACHE_MEMCACHED_SERVERS": [server_with_login.address],
        "CACHE_MEMCACHED_USERNAME": USER,
        "CACHE_MEMCACHED_PASSWORD": PASSWORD,
        "CACHE_OPTIONS": {"nonsense": 1},
    }

    with pytest.raises(ConfigError, match="'nonsense' is not an option"):
        Cache(Flask("application"), config=config)


def test_without_servers_it_is_the_one_on_this_machine(backend_with):
    for servers in (None, [], ""):
        backend = backend_with(CACHE_MEMCACHED_SERVERS=servers)

        assert [node.name for node in backend._shelves.nodes] == ["127.0.0.1:11211"]


def test_a_socket_of_the_file_system_is_a_server(make, server_on_socket):
    backend = make([server_on_socket])

    assert backend.set("key", ["value"]) is True
    assert backend.get_many("key", "missing") == [["value"], None]


def test_addresses_and_weights_work_together(backend_with, server, server_on_socket):
    backend = backend_with(
        CACHE_MEMCACHED_SERVERS=[("127.0.0.1", server.port, 2), server_on_socket.address]
    )
    keys = [f"key {number}" for number in range(50)]

    assert backend.set_many(dict.fromkeys(keys, 1)) == keys
    assert backend.get_many(*keys) == [1] * 50


def test_a_serializer_of_ones_own_is_used(backend_with):
    class Json:
        def dumps(self, value):
            return json.dumps(value).encode()

        def loads(self, payload):
            return json.loads(payload)

    backend = backend_with(CACHE_SERIALIZER=Json())
    backend.set("key", (1, 2))

    assert backend.get("key") == [1, 2]
    assert backend_with().get("key") is None


def test_a_closed_backend_can_be_used(backend_with):
    backend = backend_with()
    backend.set("key", 1)

    backend.close()
    backend.close()

    assert backend.get("key") == 1
