"""The demo on Redis, driven over HTTP."""

from __future__ import annotations

import pytest

from flask_caching_conformance.harness.servers import HOST
from stdlib_search.tests.demo_server import demo, gunicorn
from stdlib_search.tests.visitors import assert_forgetting_reaches_all, assert_shared_and_right


@pytest.fixture
def settings(server, prefix):
    return {
        "FLASK_CACHE_TYPE": "redis",
        "FLASK_CACHE_REDIS_URL": f"redis://{HOST}:{server.port}/0",
        "FLASK_CACHE_KEY_PREFIX": prefix,
    }


def test_the_demo_runs_on_redis(settings):
    with demo(**settings) as site:
        pages = [site.get("/module/heapq") for _ in range(2)]

    assert "Cache RedisCache" in pages[0].text
    assert [page.figure("cache") for page in pages] == ["miss", "hit"]


@pytest.mark.parametrize("options", [["-w4"], ["-w2", "-kgevent"]], ids=["processes", "gevent"])
def test_processes_that_forked_after_use_share_right_answers(settings, options):
    with gunicorn(*options, **settings) as site:
        assert_shared_and_right(site)
        assert_forgetting_reaches_all(site)


@pytest.mark.xdist_group("redis-cluster")
def test_the_demo_runs_on_a_cluster(cluster, prefix):
    settings = {
        "FLASK_CACHE_TYPE": "rediscluster",
        "FLASK_CACHE_REDIS_CLUSTER": cluster.addresses,
        "FLASK_CACHE_KEY_PREFIX": prefix,
    }

    with gunicorn("-w2", **settings) as site:
        assert_shared_and_right(site)
        assert_forgetting_reaches_all(site)


@pytest.mark.xdist_group("redis-sentinel")
def test_the_demo_runs_behind_sentinels(watched, prefix):
    settings = {
        "FLASK_CACHE_TYPE": "redissentinel",
        "FLASK_CACHE_REDIS_SENTINELS": ",".join(
            f"{host}:{port}" for host, port in watched.addresses
        ),
        "FLASK_CACHE_KEY_PREFIX": prefix,
    }

    with gunicorn("-w2", **settings) as site:
        assert_shared_and_right(site)
        assert_forgetting_reaches_all(site)
