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
from flask_caching_conformance.harness.pages import assert_it_caches, blocks, parts, run
from flask_caching_memcached import (
    MemcachedCache,
    SASLMemcachedCache,
    SpreadSASLMemcachedCache,
)

from .servers import PASSWORD, USER

BLOCKS = blocks(Path(__file__).with_name("seed_page.txt"))
#: The parts of the configuration, by their comments.
PARTS = parts(BLOCKS["configuration"])
SHOWN_CLASSES = re.findall(r"^class (\w+)", BLOCKS["classes"], re.MULTILINE)


@pytest.fixture
def app(prefix):
    app = Flask("application")
    app.config["CACHE_KEY_PREFIX"] = prefix
    return app


@pytest.fixture
def configure(app, servers, server_with_login):
    """Execute a part of the page, with the addresses and the user of the tests."""
    real = {
        "'127.0.0.1:11211'": repr(servers[0].address),
        "'192.168.1.100:11211'": repr(servers[0].address),
        "'192.168.1.101:11211'": repr(servers[1].address),
        "'192.168.1.102:11211'": repr(servers[2].address),
        "'myuser'": repr(USER),
        "'mypassword'": repr(PASSWORD),
    }

    def configure(block, **others):
        for shown, address in {**real, **others}.items():
            block = block.replace(shown, address)
        run(block, app=app)
        return Cache(app)

    return configure


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
    shown = run(BLOCKS["classes"], BaseCache=BaseCache)[name]

    assert issubclass(getattr(flask_caching_memcached, name), shown.__bases__)


def test_the_parameters_are_those_that_the_page_lists():
    listed = re.findall(r"^    - (\w+):", BLOCKS["classes"], re.MULTILINE)

    assert list(inspect.signature(MemcachedCache).parameters)[: len(listed)] == listed


def test_a_single_server(app, configure):
    cache = configure(PARTS["Single Memcached server"])

    assert type(cache.cache) is MemcachedCache
    assert_it_caches(app, cache)


def test_several_servers(app, configure, servers):
    cache = configure(PARTS["Multiple Memcached servers"])

    assert [node.name for node in cache.cache._shelves.nodes] == [each.address for each in servers]
    assert_it_caches(app, cache)


def test_sasl(app, configure, server_with_login):
    part = PARTS["SASL Authentication"]

    cache = configure(part, **{"'127.0.0.1:11211'": repr(server_with_login.address)})

    assert type(cache.cache) is SASLMemcachedCache
    assert_it_caches(app, cache)


@pytest.mark.parametrize(
    ("line", "cls"),
    [
        (line, getattr(flask_caching_memcached, name))
        for line, name in zip(
            PARTS["Or use string backend names"].splitlines(), SHOWN_CLASSES, strict=True
        )
    ],
)
def test_string_names(app, configure, server, server_with_login, line, cls):
    has_login = cls is not MemcachedCache
    app.config.update(
        CACHE_MEMCACHED_SERVERS=[(server_with_login if has_login else server).address],
        CACHE_MEMCACHED_USERNAME=USER,
        CACHE_MEMCACHED_PASSWORD=PASSWORD,
    )

    cache = configure(line)

    assert type(cache.cache) is cls
    assert_it_caches(app, cache)


def test_the_configuration_runs_as_a_whole(app, configure, server_with_login):
    address = repr(server_with_login.address)
    block = BLOCKS["configuration"]

    cache = configure(block, **{"'127.0.0.1:11211'": address})

    assert app.config["CACHE_TYPE"] == "spreadsaslmemcached"
    assert type(cache.cache) is SpreadSASLMemcachedCache
    assert_it_caches(app, cache)
