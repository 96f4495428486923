"""Does a fork share a connection, and does a child's end reach its parent?"""

from __future__ import annotations

import gc
import os
import sys

import pytest

from flask_caching_conformance.harness.children import Child, in_child, in_children
from flask_caching_conformance.harness.threads import Gate, in_thread
from flask_caching_memcached import SpreadSASLMemcachedCache

from .servers import PASSWORD, USER, client_of

KEYS = [f"key-{number}" for number in range(5)]


@pytest.fixture(params=["one server", "three servers", "with a login"])
def used(request, make):
    """A backend with open connections."""
    if request.param == "with a login":
        server = request.getfixturevalue("server_with_login")
        backend = make(
            [server], SpreadSASLMemcachedCache, username=USER, password=PASSWORD, chunksize=100
        )
    elif request.param == "three servers":
        backend = make(request.getfixturevalue("servers"))
    else:
        backend = make([request.getfixturevalue("server")])
    backend.set_many({key: [key] * 100 for key in KEYS})
    assert backend.get_many(*KEYS) == [[key] * 100 for key in KEYS]
    return backend


def reads_its_own(backend, number, turns=100):
    own, other = KEYS[number], KEYS[number - 1]
    return all(
        backend.get(own) == [own] * 100
        and backend.get_many(other, own) == [[other] * 100, [own] * 100]
        and backend.set(own, [own] * 100)
        for _ in range(turns)
    )


def test_children_and_parent_read_their_own_keys(used):
    children = [Child(reads_its_own, used, number) for number in range(4)]

    assert reads_its_own(used, 4) is True
    assert [child.result() for child in children] == [True] * 4


def connection_numbers(backend):
    """Return which connections a backend holds, as the server numbers them."""
    return [id(line) for node in backend._shelves.nodes for line in node._here().pool._idle]


@pytest.mark.parametrize("end", ["it drops everything", "it exits", "it uses the backend"])
def test_a_child_leaves_the_parents_connection_alone(make, start, end):
    (server,) = start(1)
    backend = make([server])
    backend.set("key", "value")
    (line,) = backend._shelves.nodes[0]._here().pool._idle
    opened = total_connections(server)

    def end_as_python_does():
        # What the harness ends a child with skips all that an interpreter does at its end.
        pid = os.fork()
        if pid == 0:
            sys.exit(0)
        os.waitpid(pid, 0)

    def use():
        assert backend.get("key") == "value"
        backend.close()

    def drop_everything():
        backend._shelves.nodes[0]._here()
        gc.collect()

    in_child(
        {
            "it drops everything": drop_everything,
            "it exits": end_as_python_does,
            "it uses the backend": use,
        }[end]
    )

    assert line.client.get(b"nothing") is None
    assert backend.get("key") == "value"
    used_by_child = int(end == "it uses the backend")
    assert total_connections(server) == opened + 1 + used_by_child


def total_connections(server):
    ((_, statistics),) = client_of(server).get_stats()
    return int(statistics["total_connections"])


def test_a_child_that_was_forked_while_a_connection_was_in_use_has_its_own(make, server):
    backend = make([server], pool_size=1)
    backend.set("key", "value")
    (node,) = backend._shelves.nodes
    gate = Gate()

    def hold(client):
        gate.stop()
        return client.get(b"nothing")

    holding = in_thread(node.call, hold)
    gate.await_arrival()

    assert in_child(backend.get, "key") == "value"
    gate.open()
    assert holding.result(30) is None
    assert backend.get("key") == "value"


def test_counters_of_processes_all_count(used):
    totals = in_children(4, lambda _: [used.inc("count") for _ in range(25)])

    assert sorted(total for each in totals for total in each) == list(range(1, 101))
