"""The demo on memcached, driven over HTTP."""

from __future__ import annotations

import pytest

from stdlib_search.tests.demo_server import demo, gunicorn
from stdlib_search.tests.visitors import assert_forgetting_reaches_all, assert_shared_and_right

from .servers import PASSWORD, USER


@pytest.fixture
def settings(servers, prefix):
    return {
        "FLASK_CACHE_TYPE": "memcached",
        "FLASK_CACHE_MEMCACHED_SERVERS": ",".join(server.address for server in servers),
        "FLASK_CACHE_KEY_PREFIX": prefix,
    }


@pytest.fixture
def settings_with_login(server_with_login, prefix):
    return {
        "FLASK_CACHE_TYPE": "spreadsaslmemcached",
        "FLASK_CACHE_MEMCACHED_SERVERS": server_with_login.address,
        "FLASK_CACHE_MEMCACHED_USERNAME": USER,
        "FLASK_CACHE_MEMCACHED_PASSWORD": PASSWORD,
        "FLASK_CACHE_KEY_PREFIX": prefix,
    }


def test_the_demo_runs_on_memcached(settings):
    with demo(**settings) as site:
        pages = [site.get("/module/heapq") for _ in range(2)]

    assert "Cache MemcachedCache" in pages[0].text
    assert [page.figure("cache") for page in pages] == ["miss", "hit"]


def test_processes_that_forked_after_use_share_right_answers(settings):
    with gunicorn("-w4", **settings) as site:
        assert_shared_and_right(site)
        assert_forgetting_reaches_all(site)


def test_threads_of_processes_share_right_answers_with_a_login(settings_with_login):
    with gunicorn("-w2", "--threads=4", **settings_with_login) as site:
        assert_shared_and_right(site)
        assert_forgetting_reaches_all(site)
