"""The servers and backends that these tests share."""

from __future__ import annotations

import uuid
from contextlib import ExitStack, contextmanager

import pytest

from flask_caching_conformance.harness.clock import Clock
from flask_caching_memcached import MemcachedCache

from .servers import Memcached, MemcachedOnSocket, MemcachedWithLogin, client_of


@contextmanager
def running(server):
    """Start a server, and kill it at the end: a polite good-bye takes it a second."""
    try:
        yield server.start()
    finally:
        server.kill()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with running(Memcached(tmp_path_factory.mktemp("memcached"))) as server:
        yield server


@pytest.fixture(scope="session")
def servers(server, tmp_path_factory):
    """Three servers."""
    with (
        running(Memcached(tmp_path_factory.mktemp("second"))) as second,
        running(Memcached(tmp_path_factory.mktemp("third"))) as third,
    ):
        yield [server, second, third]


@pytest.fixture(scope="session")
def server_with_login(tmp_path_factory):
    with running(MemcachedWithLogin(tmp_path_factory.mktemp("sasl"))) as server:
        yield server


@pytest.fixture(scope="session")
def server_on_socket(tmp_path_factory):
    with running(MemcachedOnSocket(tmp_path_factory.mktemp("socket"))) as server:
        yield server


@pytest.fixture
def start(tmp_path):
    """Start servers of this test's own, to be hurt: ``start(count, *options)``."""
    with ExitStack() as stack:

        def start(count, *options):
            made = [Memcached(tmp_path / str(number), *options) for number in range(count)]
            return [stack.enter_context(running(each)) for each in made]

        yield start


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def prefix():
    """A prefix of this test's own, so that tests share a server."""
    return f"{uuid.uuid4().hex[:12]}-"


@pytest.fixture
def make(clock, prefix):
    """Make backends on servers, and on the test's prefix and clock."""
    made = []

    def make(servers, kind=MemcachedCache, **options):
        addresses = [server.address for server in servers]
        backend = kind(addresses, **{"key_prefix": prefix, "clock": clock, **options})
        made.append(backend)
        return backend

    yield make
    for backend in made:
        backend.close()


@pytest.fixture
def backend(make, server):
    return make([server])


@pytest.fixture
def raw(server):
    """A client of the server, beside the backend."""
    return client_of(server)
