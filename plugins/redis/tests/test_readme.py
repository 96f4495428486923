"""Do the examples of the README work as they stand there, but for the addresses?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching_conformance.harness.servers import HOST
from flask_caching_redis import RedisCache, RedisClusterCache, RedisSentinelCache

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
FIRST, TLS, CLUSTER, SENTINELS = re.findall(
    r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL
)
COMMANDS, ON_A_CLUSTER = (
    found.split() for found in re.findall(r"`(\+[^`]+)`", " ".join(README.split()))
)
KEYS = "~flask_cache_|*"
PASSWORD = "password"


@pytest.fixture
def app():
    app = Flask("application")
    yield app
    for backend in app.extensions.get("cache", {}).values():
        backend.close()


def run(block, app, **exchanged):
    for shown, real in exchanged.items():
        assert shown in block
        block = block.replace(shown, real)
    namespace = {"app": app, "Cache": Cache}
    exec(block, namespace)
    return namespace


def use(backend):
    """Use a backend in every way."""
    assert backend.set("key", [1]) is True
    assert backend.set_many({"a": 1, "b": 2}) == ["a", "b"]
    assert backend.get_many("key", "a", "b") == [[1], 1, 2]
    assert backend.add("added", 1) is True
    assert backend.inc("visits") == 1
    with pytest.raises(TypeError):
        backend.inc("key")
    assert backend.touch("key", 5) is True
    assert 0 < backend.life_left("key") <= 5
    assert backend.touch("key", 0) is True
    assert backend.has("key") is True
    assert backend.get("key") == [1]
    assert backend.delete("key") is True
    assert backend.unlink("a", "b") == ["a", "b"]
    assert backend.clear() is True


def test_the_first_example(app, server):
    cache = run(FIRST, app, **{"localhost:6379": f"{HOST}:{server.port}"})["cache"]

    assert type(cache.cache) is RedisCache
    use(cache.cache)


def test_the_other_examples_are_settings_that_work(app):
    for block, kind in [(TLS, None), (CLUSTER, RedisClusterCache), (SENTINELS, RedisSentinelCache)]:
        app.config.clear()
        run(block, app)
        assert all(key.startswith("CACHE_") for key in app.config)
        assert kind is None or app.config["CACHE_TYPE"] == kind.__name__.lower()[: -len("cache")]


def test_others_count_under_the_name_that_is_told(app, server):
    app.config.update(CACHE_TYPE="redis", CACHE_REDIS_PORT=server.port)
    cache = Cache(app)
    with server.client() as client:
        assert "INCR 'flask_cache_|visits'" in README
        client.incr("flask_cache_|visits")

    assert cache.get("visits") == 1
    assert cache.clear() is True


def add_user(server, *commands):
    with server.client() as client:
        client.execute_command(
            "ACL", "SETUSER", "app", "reset", "on", f">{PASSWORD}", KEYS, *commands
        )


def test_a_user_needs_no_more_than_is_told(app, own_server):
    add_user(own_server, *COMMANDS)
    app.config.update(
        CACHE_TYPE="redis",
        CACHE_REDIS_PORT=own_server.port,
        CACHE_REDIS_DB=2,
        CACHE_REDIS_USERNAME="app",
        CACHE_REDIS_PASSWORD=PASSWORD,
    )

    backend = Cache(app).cache
    use(backend)

    with own_server.client(db=2) as client:
        client.set(backend.name("garbage"), "garbage")
    assert backend.inc("garbage") == 1  # by WATCH


@pytest.mark.xdist_group("redis-cluster")
def test_a_user_of_a_cluster_needs_no_more_than_is_told(app, cluster):
    for node in cluster.nodes:
        add_user(node, *COMMANDS, *ON_A_CLUSTER)
    app.config.update(
        CACHE_TYPE="rediscluster",
        CACHE_REDIS_CLUSTER=cluster.addresses,
        CACHE_REDIS_USERNAME="app",
        CACHE_REDIS_PASSWORD=PASSWORD,
        CACHE_OPTIONS={"read_from_replicas": True},
    )
    try:
        backend = Cache(app).cache

        assert backend.set_many({"a": 1, "b": 2, "c": 3}) == ["a", "b", "c"]
        assert backend.inc("a") == 2
        assert backend.clear() is True
    finally:
        for node in cluster.nodes:
            with node.client() as client:
                client.acl_deluser("app")
