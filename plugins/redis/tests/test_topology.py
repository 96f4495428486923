"""When is the map of a cluster looked at again, and by asking whom?"""

from __future__ import annotations

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from flask_caching_conformance.harness.servers import HOST, free_port
from flask_caching_conformance.harness.threads import in_threads
from flask_caching_redis import topology
from flask_caching_redis.addresses import Address
from flask_caching_redis.topology import OwnTopology

pytestmark = pytest.mark.xdist_group("redis-cluster")


@pytest.fixture
def made():
    """The addresses of which maps were asked for."""
    return []


@pytest.fixture
def own(cluster, made, monkeypatch):
    """A map that may be renewed at any time."""
    monkeypatch.setattr(topology, "PAUSE", 0)

    own = OwnTopology(making(made), [Address(HOST, node.port) for node in cluster.nodes])
    yield own
    own.close()


def making(made):
    def make(address):
        made.append(address)
        return redis.RedisCluster(*address, retry=Retry(NoBackoff(), 0))

    return make


def test_a_map_is_made_when_it_is_first_needed_and_kept(own, made):
    assert made == []

    assert own.cluster() is own.cluster()
    assert len(made) == 1


def test_of_threads_that_need_it_first_one_makes_it(own, made):
    maps = in_threads(8, lambda _: own.cluster())

    assert len(made) == 1
    assert maps == [own.cluster()] * 8


def test_a_map_that_would_be_the_same_is_kept(own, made):
    own.cluster()
    own.refresh("name", None)  # from here on it is known what the map was made from
    known = own.cluster()
    made.clear()

    for _ in range(3):
        own.refresh("name", None)

    assert own.cluster() is known
    assert made == []


def test_a_map_that_has_changed_is_made_anew(own, made, monkeypatch):
    own.cluster()
    own.refresh("name", None)
    known = own.cluster()
    monkeypatch.setattr(own, "_slots", frozenset())  # as it was before something moved

    own.refresh("name", None)

    assert own.cluster() is not known


def test_the_node_that_failed_is_asked_last(own, made, cluster):
    own.cluster()
    failed = Address(HOST, cluster.nodes[0].port)
    made.clear()

    for _ in range(10):
        own._slots = None
        own.refresh("name", failed)

    assert len(made) == 10
    assert failed not in made


def test_nobody_is_asked_again_at_once(own, made, monkeypatch):
    own.cluster()
    monkeypatch.setattr(topology, "PAUSE", 1_000)
    made.clear()

    for _ in range(3):
        own.refresh("name", None)

    assert made == []


def test_who_can_wait_does_not_wait_for_one_who_asks(own, made):
    own.cluster()
    made.clear()

    with own._looking:
        own.refresh("name", None)

    assert made == []


def test_nodes_that_are_not_there_are_passed_over(made, cluster):
    dead = Address(HOST, free_port())
    own = OwnTopology(making(made), [dead, Address(HOST, cluster.nodes[0].port)])

    assert len(own.cluster().get_nodes()) == 6
    assert made[0] == dead
    own.close()


def test_where_no_node_answers_the_next_attempt_waits_for_a_while(made):
    def make(address):
        made.append(address)
        raise redis.TimeoutError("nothing")

    own = OwnTopology(make, [Address(HOST, 1), Address(HOST, 2)])

    for _ in range(3):
        with pytest.raises(redis.ConnectionError, match="TimeoutError: nothing"):
            own.cluster()

    assert made == [Address(HOST, 1), Address(HOST, 2)]
