"""Is a client that the application has made used as it is, and safely?"""

from __future__ import annotations

import pylibmc
import pytest

from flask_caching import Cache
from flask_caching.errors import CacheUnavailableError
from flask_caching_conformance.harness.children import in_children
from flask_caching_conformance.harness.threads import fast_switching, in_threads
from flask_caching_memcached import MemcachedCache, SASLMemcachedCache
from flask_caching_memcached.client import METHODS
from flask_caching_memcached.names import generation_key

from .servers import client_of, client_with_login


def client_of_all(servers, **behaviors):
    return pylibmc.Client([server.address for server in servers], behaviors=behaviors)


class Unclonable:
    """A client with pylibmc's methods and without ``clone``."""

    def __init__(self, server):
        client = client_of(server)
        for name in METHODS:
            setattr(self, name, getattr(client, name))


@pytest.fixture(params=["one server", "three servers", "with a login", "no clone"])
def client(request):
    match request.param:
        case "one server":
            return client_of(request.getfixturevalue("server"))
        case "three servers":
            return client_of_all(request.getfixturevalue("servers"), ketama=True)
        case "with a login":
            return client_with_login(request.getfixturevalue("server_with_login"))
        case "no clone":
            return Unclonable(request.getfixturevalue("server"))


@pytest.fixture
def backend(client, prefix, clock):
    return MemcachedCache(client, key_prefix=prefix, clock=clock)


def test_all_operations_go_through_it(backend):
    assert backend.set("key", [1]) is True
    assert backend.get("key") == [1]
    assert backend.add("key", 2) is False
    assert backend.inc("count", -5) == -5
    assert backend.touch("count", 60) is True
    assert backend.set_many({str(number): number for number in range(50)}) == list(
        map(str, range(50))
    )
    assert backend.get_many("7", "missing", "49") == [7, None, 49]
    assert backend.delete("7") is True
    assert backend.delete_many("8", "9") == ["8", "9"]
    assert backend.has("9") is False
    assert backend.clear() is True
    assert backend.get_many("key", "count", "49") == [None] * 3


def test_it_is_safe_for_threads(backend):
    def work(number):
        for _ in range(20):
            backend.set(str(number), [number])
            assert backend.get_many(str(number), "missing") == [[number], None]
        return True

    with fast_switching():
        assert in_threads(8, work) == [True] * 8


def test_its_clones_are_not_shared_by_processes(server, prefix):
    backend = MemcachedCache(client_of(server), key_prefix=prefix)
    backend.set_many({str(number): [number] for number in range(5)})

    def read(number):
        return all(backend.get(str(number)) == [number] for _ in range(50))

    assert in_children(4, read) == [True] * 4
    assert read(4) is True


def test_the_clients_own_settings_stay_as_they_are(server):
    client = pylibmc.Client([server.address], behaviors={"tcp_nodelay": True})

    MemcachedCache(client).set("key", 1)

    assert client.behaviors["cas"] == 0


def test_it_comes_through_the_configuration(server):
    from flask import Flask

    cache = Cache(
        Flask("application"),
        config={"CACHE_TYPE": "memcached", "CACHE_MEMCACHED_SERVERS": client_of(server)},
    )

    assert cache.set("key", 1) is True
    assert cache.get("key") == 1
    cache.clear()


def test_a_client_needs_no_credentials(server):
    assert SASLMemcachedCache(client_of(server)).set("key", 1) is True


@pytest.mark.parametrize("garbage", ["a text", {"a": "pickle"}, 5, b"bytes"])
def test_what_somebody_else_has_written_is_a_miss(server, raw, prefix, garbage):
    backend = MemcachedCache(client_of(server), key_prefix=prefix)
    backend.set("key", 1)

    raw.set(backend.name("key"), garbage)

    assert backend.get("key") is None
    assert backend.get_many("key", "other") == [None, None]
    assert backend.add("key", 2) is True


class Gone:
    pass


def test_a_pickle_of_a_class_that_is_gone_is_a_miss(server, raw, prefix, monkeypatch):
    backend = MemcachedCache(client_of(server), key_prefix=prefix)
    backend.set_many({"key": 1, "other": 2})
    raw.set(backend.name("key"), Gone())

    monkeypatch.delattr(f"{__name__}.Gone")

    assert backend.get("key") is None
    assert backend.get_many("key", "other") == [None, 2]
    assert backend.set("key", 3) is True


def test_a_pickle_of_a_class_that_is_gone_is_no_generation(server, raw, prefix, monkeypatch):
    backend = MemcachedCache(client_of(server), key_prefix=prefix)
    backend.set("key", 1)
    raw.set(generation_key(prefix), Gone())

    monkeypatch.delattr(f"{__name__}.Gone")

    assert backend.get("key") is None
    assert backend.set("key", 2) is True
    assert backend.get("key") == 2


def test_its_server_may_be_down_and_come_back(start):
    (server,) = start(1)
    backend = MemcachedCache(client_of(server))
    backend.set("key", 1)
    server.kill()

    with pytest.raises(CacheUnavailableError, match=r"MemcachedCache\.get failed"):
        backend.get("key")
    server.start()

    assert backend.set("key", 2) is True


@pytest.mark.parametrize("number", range(3))
def test_deleting_is_loud_where_one_of_its_servers_is_silent(start, number):
    servers = start(3)
    backend = MemcachedCache(client_of_all(servers, _poll_timeout=200))
    keys = [f"key-{number}" for number in range(30)]
    backend.set_many(dict.fromkeys(keys, 1))
    servers[number].freeze()

    with pytest.raises(CacheUnavailableError):
        backend.delete_many(*keys)
