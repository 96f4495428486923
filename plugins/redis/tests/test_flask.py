"""Is it found by its names, and does an application work while the server is away?"""

from __future__ import annotations

import importlib
import logging
import subprocess
import sys

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching_conformance.harness.servers import HOST
from flask_caching_redis import RedisCache, RedisClusterCache, RedisSentinelCache

from .visitors import DOWN, application

NAMES = {
    RedisCache: ["redis", "RedisCache", "flask_caching.backends.redis"],
    RedisClusterCache: ["rediscluster", "RedisClusterCache", "flask_caching.backends.rediscluster"],
    RedisSentinelCache: [
        "redissentinel",
        "RedisSentinelCache",
        "flask_caching.backends.redissentinel",
    ],
}
ALL_NAMES = [
    (name, kind)
    for kind, names in NAMES.items()
    for name in [
        *names,
        f"flask_caching.backends.{kind.__name__}",
        f"flask_caching.backends.rediscache.{kind.__name__}",
        f"flask_caching_redis.{kind.__name__}",
        kind,
    ]
]


@pytest.mark.parametrize(("name", "kind"), ALL_NAMES, ids=str)
@pytest.mark.filterwarnings("ignore")
def test_it_is_found_by_each_of_its_names(server, caplog, name, kind):
    caplog.set_level(logging.CRITICAL)
    app = Flask("application")
    app.config.update(
        CACHE_TYPE=name,
        CACHE_REDIS_PORT=server.port,
        CACHE_REDIS_CLUSTER=f"{HOST}:1",
        CACHE_REDIS_SENTINELS=f"{HOST}:1",
    )

    assert type(Cache(app).cache) is kind


@pytest.mark.parametrize("module", ["flask_caching.backends", "flask_caching.backends.rediscache"])
@pytest.mark.parametrize("kind", NAMES)
def test_the_old_imports_give_the_same_class(module, kind):
    assert getattr(importlib.import_module(module), kind.__name__) is kind


def test_the_three_are_of_one_kind_as_in_2_x():
    assert issubclass(RedisClusterCache, RedisCache)
    assert issubclass(RedisSentinelCache, RedisCache)


def test_importing_it_does_nothing_but_define(tmp_path):
    source = (
        "import flask_caching_redis, os, sys, threading;"
        "print(os.listdir(), 'cachelib' in sys.modules, threading.active_count())"
    )

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", source],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "[] False 1"


def test_the_core_imports_no_driver():
    source = "import flask_caching, sys; print('redis' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "False"


def test_pages_are_served_while_the_server_is_away_and_cached_when_it_is_back(own_server, caplog):
    caplog.set_level(logging.CRITICAL)
    app, _ = application(
        CACHE_TYPE="redis", CACHE_REDIS_HOST=HOST, CACHE_REDIS_PORT=own_server.port
    )
    client = app.test_client()

    def pages():
        return [client.get(f"/{path}/1").text for path in ("cached", "memoized", "write", "read")]

    assert pages() == ["cached 1", "memoized 2", "stored True", "read 1"]
    own_server.kill()
    assert pages() == ["cached 1", "memoized 2", DOWN, DOWN]
    own_server.start()
    assert pages() == ["cached 1", "memoized 2", "stored True", "read 1"]


def test_two_applications_share_the_server(server, prefix):
    config = {"CACHE_TYPE": "redis", "CACHE_REDIS_PORT": server.port, "CACHE_KEY_PREFIX": prefix}
    one, two = Cache(Flask("one"), config=config), Cache(Flask("two"), config=config)

    one.set("key", "value")

    assert two.get("key") == "value"
