"""What every backend promises, shown on memcached."""

from __future__ import annotations

import pytest

from flask_caching_conformance import BackendConformance
from flask_caching_conformance.verdicts import Skip

from .conftest import running
from .servers import PASSWORD, USER, MemcachedWithLogin

#: Seconds that a backend waits for a reply which does not come.
PATIENCE = 0.3


def through(port):
    """Give the configuration of a server that is reached at another port."""
    return {
        "CACHE_MEMCACHED_SERVERS": [("127.0.0.1", port)],
        "CACHE_OPTIONS": {"socket_timeout": PATIENCE},
    }


class OnMemcached(BackendConformance):
    level = "hardened"
    revision = 2
    #: What takes some seconds.
    crowd = 20_000


class TestMemcached(OnMemcached):
    reply_timeout = PATIENCE

    @pytest.fixture
    def backend_config(self, server):
        return {"CACHE_TYPE": "memcached", "CACHE_MEMCACHED_SERVERS": [server.address]}

    @pytest.fixture
    def endpoint(self, server):
        return server.port

    @pytest.fixture
    def own_server(self, start):
        return start(1)[0]

    @pytest.fixture
    def config_at(self):
        return through


class TestMemcachedOnThreeServers(OnMemcached):
    @pytest.fixture
    def backend_config(self, servers):
        addresses = [server.address for server in servers]
        return {"CACHE_TYPE": "memcached", "CACHE_MEMCACHED_SERVERS": addresses}

    @pytest.fixture
    def endpoint(self):
        Skip.DOES_NOT_APPLY("one server's faults are judged above, several servers' in test_faults")


class TestSASLMemcached(OnMemcached):
    reply_timeout = PATIENCE

    @pytest.fixture
    def backend_config(self, server_with_login):
        return {
            "CACHE_TYPE": "saslmemcached",
            "CACHE_MEMCACHED_SERVERS": [server_with_login.address],
            "CACHE_MEMCACHED_USERNAME": USER,
            "CACHE_MEMCACHED_PASSWORD": PASSWORD,
        }

    @pytest.fixture
    def endpoint(self, server_with_login):
        return server_with_login.port

    @pytest.fixture
    def own_server(self, tmp_path):
        with running(MemcachedWithLogin(tmp_path / "own")) as server:
            yield server

    @pytest.fixture
    def config_at(self):
        return through


class TestSpreadMemcached(OnMemcached):
    """Here nearly every value is a large one."""

    @pytest.fixture
    def backend_config(self, server):
        return {
            "CACHE_TYPE": "memcached",
            "CACHE_MEMCACHED_SERVERS": [server.address],
            "CACHE_MEMCACHED_SPREAD": True,
            "CACHE_OPTIONS": {"chunksize": 64, "maxchunk": 2_000},
        }

    @pytest.fixture
    def own_server(self, start):
        return start(1)[0]
