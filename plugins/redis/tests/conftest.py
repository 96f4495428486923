"""What the tests of the backends on Redis share: servers, each started once by a test process."""

from __future__ import annotations

import uuid

import pytest

from flask_caching_conformance.harness.servers import HOST
from flask_caching_redis import RedisCache

from .servers import Cluster, RedisServer, Watched


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
