"""Does a fork share a connection, and does a child's end reach its parent?"""

from __future__ import annotations

import pytest

from flask_caching_conformance.harness.children import (
    Child,
    in_child,
    in_children,
    in_new_interpreter,
)
from flask_caching_conformance.harness.threads import Gate, in_thread
from flask_caching_memcached import SpreadSASLMemcachedCache

from .servers import PASSWORD, USER

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


FORKS = """
import gc, os, sys
from flask_caching_memcached import MemcachedCache

backend = MemcachedCache([sys.argv[1]], key_prefix=sys.argv[2])
backend.set("key", "value")
(node,) = backend._shelves.nodes

child = os.fork()
if child == 0:
    if sys.argv[3] == "uses it":
        assert backend.get("key") == "value"
        backend.close()
    elif sys.argv[3] == "drops it":
        del backend, node
        gc.collect()
    sys.exit(0)  # as an interpreter ends, freeing what is left
assert os.waitpid(child, 0)[1] == 0

(line,) = node._here().pool._idle
print(line.client.get(b"key"), backend.get("key"))
"""


@pytest.mark.parametrize("does", ["exits", "uses it", "drops it"])
def test_a_child_leaves_the_parents_connection_alone(server, prefix, does):
    # The client itself is asked, since the backend would open another connection.
    assert in_new_interpreter(FORKS, server.address, prefix, does) == "None value"


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
