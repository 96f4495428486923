"""What every backend promises, shown on one server, on a cluster and behind sentinels."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from flask_caching.backends.base import Capability
from flask_caching_conformance import BackendConformance
from flask_caching_conformance.harness.servers import HOST
from flask_caching_redis import RedisCache, RedisClusterCache, RedisSentinelCache

from .lives import shorten_lives

#: How an application's own client may be told to try again.
PERSISTENT = Retry(NoBackoff(), 3)


class OnRedis(BackendConformance):
    """What the three have in common."""

    revision = 2
    level = "hardened"
    #: Seconds; shorter than by default, so that the tests are.
    reply_timeout = 0.3

    @pytest.fixture
    def advance(self, masters, prefix):
        def advance(seconds):
            for client in masters():
                shorten_lives(client, seconds, client.scan_iter(f"{prefix}*", count=1000))

        return advance

    @pytest.fixture
    def raw_keys(self, masters, prefix):
        return lambda: [
            name for client in masters() for name in client.scan_iter(f"{prefix}*", count=1000)
        ]


class TestRedis(OnRedis):
    @pytest.fixture
    def own_server(self, own_server):
        return own_server

    @pytest.fixture
    def backend_config(self, server):
        return {"CACHE_TYPE": "redis", "CACHE_REDIS_HOST": HOST, "CACHE_REDIS_PORT": server.port}

    @pytest.fixture
    def masters(self, around):
        return lambda: [around]

    @pytest.fixture
    def endpoint(self, server):
        return server.port

    @pytest.fixture
    def config_at(self):
        return lambda port: {
            "CACHE_REDIS_PORT": port,
            "CACHE_OPTIONS": {"socket_timeout": self.reply_timeout},
        }

    @pytest.fixture
    def retrying_at(self):
        with ExitStack() as stack:

            def retrying_at(port):
                patience = self.reply_timeout
                client = redis.Redis(HOST, port, socket_timeout=patience, retry=PERSISTENT)
                return {"CACHE_REDIS_CLIENT": stack.enter_context(client)}

            yield retrying_at


@pytest.mark.xdist_group("redis-cluster")
class TestRedisCluster(OnRedis):
    #: What takes some seconds.
    crowd = 30_000

    @pytest.fixture
    def backend_config(self, cluster):
        return {"CACHE_TYPE": "rediscluster", "CACHE_REDIS_CLUSTER": cluster.addresses}

    @pytest.fixture
    def masters(self, cluster):
        clients = [each.client() for each in cluster.primaries()]
        yield lambda: clients
        for client in clients:
            client.close()

    @pytest.fixture
    def endpoint(self, small_cluster):
        return small_cluster.port

    @pytest.fixture
    def config_at(self):
        """A cluster of one node, so that a proxy stands in front of the whole."""
        return lambda port: {
            "CACHE_REDIS_CLUSTER": f"{HOST}:{port}",
            "CACHE_OPTIONS": {
                "socket_timeout": self.reply_timeout,
                "address_remap": lambda address: (HOST, port),
            },
        }

    @pytest.fixture
    def retrying_at(self):
        with ExitStack() as stack:

            def retrying_at(port):
                client = redis.RedisCluster(
                    HOST,
                    port,
                    socket_timeout=self.reply_timeout,
                    address_remap=lambda address: (HOST, port),
                    retry=PERSISTENT,
                )
                return {"CACHE_REDIS_CLIENT": stack.enter_context(client)}

            yield retrying_at


@pytest.mark.xdist_group("redis-sentinel")
class TestRedisSentinel(OnRedis):
    @pytest.fixture
    def backend_config(self, watched):
        return {"CACHE_TYPE": "redissentinel", "CACHE_REDIS_SENTINELS": watched.addresses}

    @pytest.fixture
    def masters(self, watched):
        with watched.master().client() as client:
            yield lambda: [client]

    @pytest.fixture
    def endpoint(self, watched):
        return watched.master().port

    @pytest.fixture
    def config_at(self, watched):
        """Sentinels that name the proxy as the master."""

        class Misled(Sentinel):
            def __init__(self, port, **options):
                super().__init__(watched.addresses, **options)
                self._port = port

            def discover_master(self, service_name):
                return HOST, self._port

        return lambda port: {"CACHE_REDIS_CLIENT": Misled(port, socket_timeout=self.reply_timeout)}


@pytest.mark.parametrize("kind", [RedisCache, RedisClusterCache, RedisSentinelCache])
def test_it_declares_what_it_can(kind):
    cannot = {Capability.PERSISTENT, Capability.BOUNDED, Capability.PRUNE}

    assert kind.capabilities == set(Capability) - cannot


def test_a_closed_backend_can_be_used(backend):
    backend.set("key", 1)

    backend.close()
    backend.close()

    assert backend.get("key") == 1
