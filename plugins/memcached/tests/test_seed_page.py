"""The code of the documentation page of Flask-Caching's backends, run as it stands there.

``seed_page.txt`` holds the page's blocks on memcached. Only the addresses are others here.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from flask import Flask

import flask_caching_memcached
from flask_caching import BaseCache, Cache
from flask_caching_memcached import (
    MemcachedCache,
    SASLMemcachedCache,
    SpreadSASLMemcachedCache,
)

from .servers import PASSWORD, USER

PAGE = Path(__file__).with_name("seed_page.txt").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^=== (.+)\n\n((?:(?!===).*\n)+)", PAGE, re.MULTILINE))
#: The parts of the configuration, by their comments.
PARTS = dict(re.findall(r"^# (.+)\n((?:[^#\n].*\n)+)", BLOCKS["configuration"], re.MULTILINE))
SHOWN_CLASSES = re.findall(r"^class (\w+)", BLOCKS["classes"], re.MULTILINE)


@pytest.fixture
def app(prefix):
    app = Flask("application")
    app.config["CACHE_KEY_PREFIX"] = prefix
    return app


@pytest.fixture
def run(app, servers, server_with_login):
    """Execute a part of the page, with the addresses and the user of the tests."""
    real = {
        "'127.0.0.1:11211'": repr(servers[0].address),
        "'192.168.1.100:11211'": repr(servers[0].address),
        "'192.168.1.101:11211'": repr(servers[1].address),
        "'192.168.1.102:11211'": repr(servers[2].address),
        "'myuser'": repr(USER),
        "'mypassword'": repr(PASSWORD),
    }

    def run(block, **others):
        for shown, address in {**real, **others}.items():
            block = block.replace(shown, address)
        exec(compile(block, "the page", "exec"), {"app": app})
        return Cache(app)

    return run


def works(app, cache):
    """Tell whether a view, a memoized function and the cache itself hit the second time."""
    calls = []

    @app.get("/")
    @cache.cached(timeout=50)
    def index():
        calls.append("index")
        return "answer"

    @cache.memoize(50)
    def double(number):
        calls.append("double")
        return 2 * number

    client = app.test_client()
    assert [client.get("/").text for _ in range(2)] == ["answer", "answer"]
    with app.app_context():
        assert [double(2), double(2)] == [4, 4]
        cache.set("key", "value")
        return calls == ["index", "double"] and cache.get("key") == "value"


def test_the_page_has_the_parts_that_are_run_here():
    assert flask_caching_memcached.__all__ == SHOWN_CLASSES
    assert list(PARTS) == [
        "Single Memcached server",
        "Multiple Memcached servers",
        "SASL Authentication",
        "Or use string backend names",
    ]


@pytest.mark.parametrize("name", SHOWN_CLASSES)
def test_a_class_has_the_base_that_the_page_shows(name):
    namespace = {"BaseCache": BaseCache}
    exec(compile(BLOCKS["classes"], "the page", "exec"), namespace)

    assert issubclass(getattr(flask_caching_memcached, name), namespace[name].__bases__)


def test_the_parameters_are_those_that_the_page_lists():
    listed = re.findall(r"^    - (\w+):", BLOCKS["classes"], re.MULTILINE)

    assert list(inspect.signature(MemcachedCache).parameters)[: len(listed)] == listed


def test_a_single_server(app, run):
    cache = run(PARTS["Single Memcached server"])

    assert type(cache.cache) is MemcachedCache
    assert works(app, cache)


def test_several_servers(app, run, servers):
    cache = run(PARTS["Multiple Memcached servers"])

    assert [node.name for node in cache.cache._shelves.nodes] == [each.address for each in servers]
    assert works(app, cache)


def test_sasl(app, run, server_with_login):
    part = PARTS["SASL Authentication"]

    cache = run(part, **{"'127.0.0.1:11211'": repr(server_with_login.address)})

    assert type(cache.cache) is SASLMemcachedCache
    assert works(app, cache)


@pytest.mark.parametrize(
    ("line", "cls"),
    [
        (line, getattr(flask_caching_memcached, name))
        for line, name in zip(
            PARTS["Or use string backend names"].splitlines(), SHOWN_CLASSES, strict=True
        )
    ],
)
def test_string_names(app, run, server, server_with_login, line, cls):
    has_login = cls is not MemcachedCache
    app.config.update(
        CACHE_MEMCACHED_SERVERS=[(server_with_login if has_login else server).address],
        CACHE_MEMCACHED_USERNAME=USER,
        CACHE_MEMCACHED_PASSWORD=PASSWORD,
    )

    cache = run(line)

    assert type(cache.cache) is cls
    assert works(app, cache)


def test_the_configuration_runs_as_a_whole(app, run, server_with_login):
    address = repr(server_with_login.address)
    block = BLOCKS["configuration"]

    cache = run(block, **{"'127.0.0.1:11211'": address})

    assert app.config["CACHE_TYPE"] == "spreadsaslmemcached"
    assert type(cache.cache) is SpreadSASLMemcachedCache
    assert works(app, cache)
