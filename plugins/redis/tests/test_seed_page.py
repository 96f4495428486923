"""The code of the documentation page of Flask-Caching's backends, run as it stands there.

``seed_page.txt`` holds the page's blocks on Redis. Only addresses are exchanged.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from flask import Flask

import flask_caching_redis
from flask_caching import BaseCache, Cache
from flask_caching_conformance.harness.pages import assert_it_caches, blocks, parts, run
from flask_caching_conformance.harness.servers import HOST
from flask_caching_redis import RedisCache, RedisClusterCache, RedisSentinelCache

from .servers import RedisServer

BLOCKS = blocks(Path(__file__).with_name("seed_page.txt"))
#: The parts of the configuration, by the comments above them.
PARTS = parts(BLOCKS["configuration"])


@pytest.fixture
def app(prefix):
    app = Flask("application")
    app.config["CACHE_KEY_PREFIX"] = prefix
    yield app
    for backend in app.extensions.get("cache", {}).values():
        backend.close()


@pytest.fixture(scope="module")
def server_of_the_page(folder):
    """A server that asks for the password of the page."""
    password = "mypassword"
    with RedisServer(
        folder / "page", "--requirepass", password, login={"password": password}
    ) as server:
        yield server


def test_the_page_has_these_parts():
    assert list(PARTS) == [
        "Basic Redis configuration",
        "Redis URL configuration",
        "Redis Cluster",
        "Or use string backend names",
    ]


@pytest.mark.parametrize("name", ["RedisCache", "RedisClusterCache", "RedisSentinelCache"])
def test_a_class_is_as_the_page_shows_it(name):
    shown = run(BLOCKS["classes"], BaseCache=BaseCache)[name]
    real = getattr(flask_caching_redis, name)

    assert issubclass(real, shown.__bases__)
    if "__init__" in vars(shown):
        *expected, others = inspect.signature(shown).parameters.values()
        found = list(inspect.signature(real).parameters.values())
        assert [(each.name, each.kind, each.default) for each in found[: len(expected)]] == [
            (each.name, each.kind, each.default) for each in expected
        ]
        assert (found[-1].name, found[-1].kind) == (others.name, others.kind)


def test_the_basic_configuration(app, server_of_the_page):
    block = PARTS["Basic Redis configuration"].replace("6379", str(server_of_the_page.port))

    run(block, app=app)
    cache = Cache(app)

    assert type(cache.cache) is RedisCache
    assert_it_caches(app, cache)


def test_the_configuration_with_a_url(app, server):
    block = PARTS["Redis URL configuration"].replace("localhost:6379", f"{HOST}:{server.port}")

    run(block, app=app)
    cache = Cache(app)

    assert type(cache.cache) is RedisCache
    assert_it_caches(app, cache)


@pytest.mark.xdist_group("redis-cluster")
def test_the_configuration_of_a_cluster(app, cluster):
    block = PARTS["Redis Cluster"]
    for number, node in enumerate(cluster.nodes[:3], 1):
        shown = f"'node{number}.redis.cluster', 'port': 6379"
        assert shown in block
        block = block.replace(shown, f"'{HOST}', 'port': {node.port}")

    run(block, app=app)
    cache = Cache(app)

    assert type(cache.cache) is RedisClusterCache
    assert_it_caches(app, cache)


SHORT = re.findall(r"app.config\['CACHE_TYPE'\] = '\w+'", PARTS["Or use string backend names"])


def test_the_short_name_of_one_server(app, server):
    run(SHORT[0], app=app)
    app.config["CACHE_REDIS_PORT"] = server.port
    cache = Cache(app)

    assert type(cache.cache) is RedisCache
    assert_it_caches(app, cache)


@pytest.mark.xdist_group("redis-cluster")
def test_the_short_name_of_a_cluster(app, cluster):
    run(SHORT[1], app=app)
    app.config["CACHE_REDIS_CLUSTER"] = cluster.addresses
    cache = Cache(app)

    assert type(cache.cache) is RedisClusterCache
    assert_it_caches(app, cache)


@pytest.mark.xdist_group("redis-sentinel")
def test_the_short_name_of_sentinels(app, watched):
    run(SHORT[2], app=app)
    app.config["CACHE_REDIS_SENTINELS"] = watched.addresses
    cache = Cache(app)

    assert type(cache.cache) is RedisSentinelCache
    assert_it_caches(app, cache)
