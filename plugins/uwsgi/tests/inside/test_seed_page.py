"""The code of the documentation page of Flask-Caching's backends, run as it stands there.

``seed_page.txt`` holds the page's blocks on uWSGI.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from flask_caching import BaseCache, Cache
from flask_caching_conformance.harness.pages import assert_it_caches, blocks, parameters, run
from flask_caching_uwsgi import UWSGICache

BLOCKS = blocks(Path(__file__).with_name("seed_page.txt"))
#: Each line that names a type begins a configuration of its own, under another name.
PATH, CLASS, WORD = re.split(r"# .*\n", BLOCKS["UWSGICache: configuration"])


@pytest.fixture
def app():
    return Flask("application")


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

    assert_it_caches(app, cache)

    assert type(cache.cache) is UWSGICache
    assert cache.cache.cache == "mycache"


def test_the_configurations_are_under_three_names():
    types = [re.search("'CACHE_TYPE'] = '(.*)'", block)[1] for block in (PATH, CLASS, WORD)]

    assert types == ["flask_caching.contrib.uwsgicache.UWSGICache", "UWSGICache", "uwsgi"]
