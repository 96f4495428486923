"""Who gets a connection, and how many are there?"""

from __future__ import annotations

import threading
import time

import pytest

from flask_caching.errors import CacheUnavailableError
from flask_caching_conformance.harness.threads import (
    Gate,
    fast_switching,
    in_thread,
    in_threads,
    results,
)
from flask_caching_memcached.pool import Pool

from .servers import client_of


@pytest.fixture
def connections():
    """What the pools of a test have connected."""
    return []


@pytest.fixture
def pool_of(server, connections):
    def pool_of(size, grows=False, patience=30.0):
        def connect():
            connections.append(client_of(server))
            return connections[-1]

        return Pool(server.address, connect, size, grows, patience)

    return pool_of


def test_the_connection_that_was_used_last_is_used_first(pool_of, connections):
    pool = pool_of(2)
    first, second = pool.take(), pool.take()

    pool.give_back(first)
    pool.give_back(second)

    assert pool.take() is second
    assert pool.take() is first
    assert len(connections) == 2


def test_who_finds_all_of_them_in_use_waits_for_one(pool_of, connections):
    pool = pool_of(1)
    line = pool.take()
    waiting = in_thread(pool.take)

    pool.give_back(line)

    assert waiting.result(30) is line
    assert len(connections) == 1


def test_who_waits_in_vain_is_told_what_to_do(pool_of, server):
    pool = pool_of(1, patience=0.05)
    pool.take()
    began = time.monotonic()

    with pytest.raises(CacheUnavailableError, match="CACHE_MEMCACHED_POOL_SIZE") as caught:
        pool.take()

    assert time.monotonic() - began >= 0.05
    assert server.address in str(caught.value)
    assert "CACHE_MEMCACHED_POOL_BLOCKING = False" in str(caught.value)


def test_a_pool_that_grows_lets_nobody_wait_and_shrinks_again(pool_of, connections):
    pool = pool_of(1, grows=True)
    lines = [pool.take() for _ in range(3)]

    for line in lines:
        pool.give_back(line)

    assert len({id(each.client) for each in lines}) == 3
    assert pool.take() is lines[2]
    assert pool.take() not in lines
    assert len(connections) == 4


def test_a_connection_that_is_discarded_makes_room_for_a_new_one(pool_of):
    pool = pool_of(1)
    line = pool.take()
    waiting = in_thread(pool.take)

    pool.discard()

    assert waiting.result(30) is not line


def test_a_connection_that_cannot_be_made_takes_no_room():
    def connect():
        raise ConnectionError("no")

    pool = Pool("server", connect, 1, False, 0.05)

    for _ in range(3):
        with pytest.raises(ConnectionError):
            pool.take()


def test_idle_connections_that_are_dropped_make_room(pool_of, connections):
    pool = pool_of(2)
    lines = [pool.take(), pool.take()]
    for line in lines:
        pool.give_back(line)

    pool.drop_idle()

    assert {pool.take(), pool.take()}.isdisjoint(lines)
    assert len(connections) == 4


def test_a_connection_is_never_held_by_two(pool_of, connections):
    pool = pool_of(3)
    held, lock = set(), threading.Lock()

    def use(_):
        for _ in range(200):
            line = pool.take()
            with lock:
                assert line not in held
                held.add(line)
            with lock:
                held.remove(line)
            pool.give_back(line)
        return True

    with fast_switching():
        assert in_threads(8, use) == [True] * 8
    assert len(connections) <= 3


# -- through the backend -----------------------------------------------------------------


def test_threads_never_read_another_keys_value(make, servers):
    backend = make(servers, pool_size=4)
    keys = [f"key-{number}" for number in range(16)]
    backend.set_many({key: [key] * 50 for key in keys})

    def read(number):
        own, other = keys[number], keys[number - 1]
        for turn in range(60):
            assert backend.get(own) == [own] * 50
            assert backend.get_many(other, own, "missing") == [[other] * 50, [own] * 50, None]
            backend.set(own, [own] * 50)
            assert backend.add(f"{own} {turn}", own) is True
            assert backend.inc(f"count {own}") == turn + 1
        return True

    with fast_switching():
        assert in_threads(16, read) == [True] * 16


def test_an_exception_amid_an_operation_gives_its_place_back(make, server):
    backend = make([server], pool_size=1)
    (node,) = backend._shelves.nodes

    def fail(client):
        client.get(b"key")
        raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            node.call(fail)

    assert backend.set("key", 1) is True


@pytest.mark.parametrize("pool_blocking", [True, False])
def test_a_small_pool_serves_many_threads(make, server, pool_blocking):
    backend = make([server], pool_size=1, pool_blocking=pool_blocking)

    stored = in_threads(16, lambda number: backend.set(str(number), number))

    assert stored == [True] * 16
    assert backend.get_many(*map(str, range(16))) == list(range(16))


def test_a_pool_that_does_not_block_opens_a_connection_more(make, server):
    backend = make([server], pool_size=1, pool_blocking=False)
    (node,) = backend._shelves.nodes
    gate = Gate()

    def hold(client):
        gate.stop()
        return client.get(b"key")

    holding = in_thread(node.call, hold)
    gate.await_arrival()

    assert backend.set("key", 1) is True
    gate.open()
    assert results([holding]) == [None]
