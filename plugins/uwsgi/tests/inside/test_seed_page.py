"""The code of the documentation page of Flask-Caching's backends, run as it stands there.

``seed_page.txt`` holds the page's blocks on uWSGI.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from flask import Flask

from flask_caching import BaseCache, Cache
from flask_caching_uwsgi import UWSGICache

PAGE = Path(__file__).with_name("seed_page.txt").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^=== (.+)\n\n((?:(?!===).*\n)+)", PAGE, re.MULTILINE))
#: Each line that names a type begins a configuration of its own, under another name.
PATH, CLASS, WORD = re.split(r"# .*\n", BLOCKS["UWSGICache: configuration"])


@pytest.fixture
def app():
    return Flask("application")


def run(block, **names):
    """Execute a block and return its namespace."""
    namespace = dict(names)
    exec(compile(block, "the page", "exec"), namespace)
    return namespace


def parameters(function):
    """Return the parameters but ``self``: name, kind and default of each."""
    found = inspect.signature(function).parameters.values()
    return [(each.name, each.kind, each.default) for each in found if each.name != "self"]


def test_the_class_is_as_the_page_shows_it():
    shown = run(BLOCKS["UWSGICache: class"], BaseCache=BaseCache)["UWSGICache"]

    expected = parameters(shown.__init__)
    assert parameters(UWSGICache.__init__)[: len(expected)] == expected
    assert issubclass(UWSGICache, shown.__bases__)


@pytest.mark.parametrize("blocks", [[PATH], [CLASS], [PATH, WORD], [PATH, CLASS, WORD]])
def test_each_configuration_makes_a_cache_that_works(app, blocks):
    for block in blocks:
        run(block, app=app)
    cache = Cache(app)
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
        assert cache.get("key") == "value"

    assert type(cache.cache) is UWSGICache
    assert cache.cache.cache == "mycache"
    assert sorted(calls) == ["double", "index"]


def test_the_configurations_are_under_three_names():
    types = [re.search("'CACHE_TYPE'] = '(.*)'", block)[1] for block in (PATH, CLASS, WORD)]

    assert types == ["flask_caching.contrib.uwsgicache.UWSGICache", "UWSGICache", "uwsgi"]
