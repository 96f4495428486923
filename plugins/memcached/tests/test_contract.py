"""What every backend promises, shown on memcached."""

from __future__ import annotations

import pytest

from flask_caching_conformance import BackendConformance

from .servers import PASSWORD, USER


class OnMemcached(BackendConformance):
    kind = "memcached"

    @pytest.fixture
    def addresses(self, server):
        return [server.address]

    @pytest.fixture
    def backend_config(self, addresses):
        return {"CACHE_TYPE": self.kind, "CACHE_MEMCACHED_SERVERS": addresses}


class TestOneServer(OnMemcached):
    pass


class TestThreeServers(OnMemcached):
    @pytest.fixture
    def addresses(self, servers):
        return [server.address for server in servers]


class TestWithLogin(OnMemcached):
    @pytest.fixture
    def backend_config(self, server_with_login):
        return {
            "CACHE_TYPE": "saslmemcached",
            "CACHE_MEMCACHED_SERVERS": [server_with_login.address],
            "CACHE_MEMCACHED_USERNAME": USER,
            "CACHE_MEMCACHED_PASSWORD": PASSWORD,
        }


class TestSpread(OnMemcached):
    @pytest.fixture
    def backend_config(self, addresses):
        return {
            "CACHE_TYPE": "memcached",
            "CACHE_MEMCACHED_SERVERS": addresses,
            "CACHE_MEMCACHED_SPREAD": True,
            "CACHE_OPTIONS": {"chunksize": 100, "maxchunk": 100_000},
        }
