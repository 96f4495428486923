"""Runs the tests of this folder inside a uWSGI server, wherever pytest itself runs."""

from __future__ import annotations

import sys

import pytest

from flask_caching_conformance.harness.clock import Clock
from flask_caching_uwsgi import UWSGICache

from ..inside_items import InsideItem

if "uwsgi" not in sys.modules:

    @pytest.hookimpl(wrapper=True)
    def pytest_pycollect_makeitem(collector, name, obj):
        made = yield
        if not isinstance(made, list):
            return made
        return [InsideItem.of(each) if isinstance(each, pytest.Function) else each for each in made]


@pytest.fixture
def server():
    import uwsgi

    return uwsgi


@pytest.fixture(autouse=True)
def no_entries(server):
    """Begin and end with empty caches."""
    for cache in ("first", "small", "bitmap"):
        server.cache_clear(cache)
    yield
    for cache in ("first", "small", "bitmap"):
        server.cache_clear(cache)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make(clock):
    """Make backends on the server's first cache and the test's clock."""
    return lambda **options: UWSGICache(**{"cache": "first", "clock": clock, **options})


@pytest.fixture
def backend(make):
    return make(key_prefix="prefix")
