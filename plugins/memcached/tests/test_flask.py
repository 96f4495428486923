"""Is it found by its names, and does an application work on it while a server is down?"""

from __future__ import annotations

import importlib

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching_conformance.harness.children import in_new_interpreter
from flask_caching_memcached import (
    MemcachedCache,
    SASLMemcachedCache,
    SpreadSASLMemcachedCache,
)

from .servers import PASSWORD, USER

CLASSES = {
    "memcached": MemcachedCache,
    "saslmemcached": SASLMemcachedCache,
    "spreadsaslmemcached": SpreadSASLMemcachedCache,
}
NAMES = [
    (name, cls)
    for word, cls in CLASSES.items()
    for name in (
        word,
        cls.__name__,
        f"flask_caching.backends.{word}",
        f"flask_caching.backends.{cls.__name__}",
        f"flask_caching.backends.memcache.{cls.__name__}",
        f"flask_caching_memcached.{cls.__name__}",
        cls,
    )
]


@pytest.mark.parametrize(("name", "cls"), NAMES)
def test_each_is_found_by_each_of_its_names(server, server_with_login, name, cls):
    has_login = cls is not MemcachedCache
    config = {
        "CACHE_TYPE": name,
        "CACHE_MEMCACHED_SERVERS": [(server_with_login if has_login else server).address],
        "CACHE_MEMCACHED_USERNAME": USER,
        "CACHE_MEMCACHED_PASSWORD": PASSWORD,
    }

    cache = Cache(Flask("application"), config=config)

    assert type(cache.cache) is cls
    assert cache.set("key", 1) is True


@pytest.mark.parametrize("module", ["flask_caching.backends", "flask_caching.backends.memcache"])
@pytest.mark.parametrize("cls", CLASSES.values())
def test_the_old_imports_give_the_same_classes(module, cls):
    assert getattr(importlib.import_module(module), cls.__name__) is cls


def test_importing_it_does_nothing_but_define():
    source = (
        "import threading, flask_caching_memcached, sys\n"
        "print(threading.active_count(), 'cachelib' in sys.modules)"
    )

    assert in_new_interpreter(source) == "1 False"


def test_an_application_starts_and_answers_while_its_server_is_down(start):
    (server,) = start(1)
    server.kill()
    app = Flask("application")
    cache = Cache(
        app, config={"CACHE_TYPE": "memcached", "CACHE_MEMCACHED_SERVERS": [server.address]}
    )
    numbers = iter(range(1, 100))
    app.add_url_rule("/", view_func=cache.cached()(lambda: str(next(numbers))))
    client = app.test_client()

    down = [client.get("/").text for _ in range(2)]
    server.start()
    back = [client.get("/").text for _ in range(3)]

    assert down == ["1", "2"]
    assert back == ["3", "3", "3"]


def test_a_value_that_is_too_large_is_answered_and_not_kept(server, prefix, caplog):
    app = Flask("application")
    cache = Cache(
        app,
        config={
            "CACHE_TYPE": "memcached",
            "CACHE_MEMCACHED_SERVERS": [server.address],
            "CACHE_KEY_PREFIX": prefix,
        },
    )
    app.add_url_rule("/", view_func=cache.cached()(lambda: "x" * 2_000_000))

    pages = [app.test_client().get("/") for _ in range(2)]

    assert [(page.status_code, len(page.text)) for page in pages] == [(200, 2_000_000)] * 2
    assert [each.levelname for each in caplog.records] == ["WARNING"] * 2
    assert "CACHE_MEMCACHED_SPREAD" in caplog.text
