"""Runs the tests of this folder inside a uWSGI server, wherever pytest itself runs."""

from __future__ import annotations

import sys

import pytest

from flask_caching import notices
from flask_caching_conformance.harness.clock import Clock
from flask_caching_uwsgi import UWSGICache

from ..inside_items import InsideItem
from ..uwsgi_server import NAMES, remote_server

if "uwsgi" not in sys.modules:

    @pytest.hookimpl(wrapper=True)
    def pytest_pycollect_makeitem(collector, name, obj):
        made = yield
        if not isinstance(made, list):
            return made
        return [InsideItem.of(each) if isinstance(each, pytest.Function) else each for each in made]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(item, call):
        report = yield
        if report.when == "call" and isinstance(item, InsideItem) and item.judged is not None:
            report.conformance = item.judged
        return report


@pytest.fixture
def server():
    """The server's module."""
    import uwsgi

    return uwsgi


@pytest.fixture(autouse=True)
def no_entries(server, monkeypatch):
    """Begin with empty caches, of which nothing has been told."""
    for cache in NAMES:
        server.cache_clear(cache)
    monkeypatch.setattr(notices, "_told", set())


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make(clock):
    """Make backends on one cache of the server and the test's clock."""
    return lambda **options: UWSGICache(
        **{"cache": "first", "clock": clock, "key_prefix": "prefix", **options}
    )


@pytest.fixture
def backend(make):
    return make()


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    """Another server, for all tests, and its address."""
    server, address = remote_server(tmp_path_factory.mktemp("remote"))
    server.start()
    yield server, address
    server.kill()  # told to end, one whose workers are not up yet hangs
