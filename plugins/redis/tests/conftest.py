"""What the tests of the backends on Redis share: servers, each started once by a test process."""

from __future__ import annotations

import uuid

import pytest
import redis

from flask_caching_conformance.harness.servers import HOST
from flask_caching_conformance.harness.waiting import wait_until
from flask_caching_redis import RedisCache

from .servers import Cluster, ClusterServer, RedisServer, Watched


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("redis")


@pytest.fixture(scope="session")
def server(folder):
    with RedisServer(folder / "single") as server:
        yield server


@pytest.fixture
def own_server(tmp_path):
    """A server that a test may hurt."""
    with RedisServer(tmp_path / "own") as server:
        yield server


@pytest.fixture(scope="session")
def cluster(folder):
    with Cluster(folder / "cluster") as cluster:
        yield cluster


@pytest.fixture(scope="session")
def small_cluster(folder):
    """A cluster of one node."""
    with ClusterServer(folder / "small cluster") as node, node.client() as client:
        client.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16_383)
        wait_until(lambda: client.execute_command("CLUSTER INFO")["cluster_state"] == "ok")
        yield node


@pytest.fixture(scope="session")
def watched(folder):
    with Watched(folder / "watched") as watched:
        yield watched


@pytest.fixture
def own_watched(tmp_path):
    """Servers and sentinels that a test may hurt for good."""
    with Watched(tmp_path) as watched:
        yield watched


@pytest.fixture
def prefix():
    """A prefix of this test's own, so that tests may share a server."""
    return f"{uuid.uuid4().hex[:12]}-"


@pytest.fixture
def make(server, prefix):
    """Make backends on one server and of one prefix."""
    made = []

    def make(**options):
        made.append(
            RedisCache(**{"host": HOST, "port": server.port, "key_prefix": prefix, **options})
        )
        return made[-1]

    yield make
    for backend in made:
        backend.close()


@pytest.fixture
def backend(make):
    return make()


@pytest.fixture
def around(server):
    """A client that looks around the backend."""
    with server.client() as client:
        yield client


@pytest.fixture
def lost_answers(monkeypatch):
    """Lose the connection when the next answers should be read, as many as are told."""
    to_lose = [0]
    reading = redis.connection.Connection.read_response

    def read(connection, *args, **kwargs):
        answer = reading(connection, *args, **kwargs)
        if to_lose[0]:
            to_lose[0] -= 1
            connection.disconnect()
            raise redis.ConnectionError("lost")
        return answer

    monkeypatch.setattr(redis.connection.Connection, "read_response", read)
    return to_lose
