"""The code of the documentation page of Flask-Caching's backends, run as it stands there.

``seed_page.txt`` holds the page's blocks on the file system. Only the folder is another one.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from flask_caching import BaseCache, Cache
from flask_caching_conformance.harness.pages import assert_it_caches, blocks, parameters, run
from flask_caching_filesystem import FileSystemCache

BLOCKS = blocks(Path(__file__).with_name("seed_page.txt"))
#: What follows is the same under another name.
OTHER_NAME = "# Or use string backend name"


def test_the_class_is_as_the_page_shows_it():
    shown = run(BLOCKS["class"], BaseCache=BaseCache)["FileSystemCache"]

    expected = parameters(shown)
    assert parameters(FileSystemCache)[: len(expected)] == expected
    assert issubclass(FileSystemCache, shown.__bases__)


@pytest.mark.parametrize("until", [OTHER_NAME, None], ids=["FileSystemCache", "filesystem"])
def test_the_configuration_makes_a_cache_that_works(tmp_path, until):
    app = Flask("application")
    folder = tmp_path / "myapp"
    block = BLOCKS["configuration"].replace("/var/cache/myapp", str(folder))

    run(block.partition(until or "\0")[0], app=app)
    cache = Cache(app)

    assert app.config["CACHE_DIR"] == str(folder)
    assert app.config["CACHE_TYPE"] == ("FileSystemCache" if until else "filesystem")
    assert type(cache.cache) is FileSystemCache
    assert_it_caches(app, cache)
    assert folder.is_dir()


def test_the_configuration_takes_effect(tmp_path):
    app = Flask("application")
    run(BLOCKS["configuration"].replace("/var/cache/myapp", str(tmp_path)), app=app)
    cache = Cache(app)

    with app.app_context():
        for number in range(1010):
            cache.set(str(number), number)
        kept = sum(cache.has(str(number)) for number in range(1010))

    assert kept == app.config["CACHE_THRESHOLD"] == 1000
    assert cache.cache.default_timeout == 300
