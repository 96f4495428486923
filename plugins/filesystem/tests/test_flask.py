"""Is it found by its names, and does an application work on it?"""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching_filesystem import FileSystemCache

NAMES = [
    "filesystem",
    "FileSystemCache",
    "flask_caching.backends.filesystemcache.FileSystemCache",
    "flask_caching.backends.FileSystemCache",
    "flask_caching.backends.filesystem",
    "flask_caching_filesystem.FileSystemCache",
    FileSystemCache,
]


@pytest.fixture
def app(folder):
    app = Flask("application")
    app.config.update(CACHE_TYPE="filesystem", CACHE_DIR=folder)
    return app


@pytest.fixture
def cache(app):
    return Cache(app)


def counter():
    numbers = iter(range(1, 100))
    return lambda *arguments: next(numbers)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_found_by_each_of_its_names(app, name):
    app.config["CACHE_TYPE"] = name

    assert type(Cache(app).cache) is FileSystemCache


@pytest.mark.parametrize(
    "module", ["flask_caching.backends", "flask_caching.backends.filesystemcache"]
)
def test_the_old_imports_give_the_same_class(module):
    assert importlib.import_module(module).FileSystemCache is FileSystemCache


def test_importing_it_does_nothing_but_define(tmp_path):
    source = (
        "import flask_caching_filesystem, os, sys; print(os.listdir(), 'cachelib' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", source], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[] False"


def test_two_applications_share_the_folder(app, folder):
    other = Flask("other")
    other.config.update(app.config)
    one, two = Cache(app), Cache(other)

    one.set("key", "value")

    assert two.get("key") == "value"


def test_a_page_is_served_where_nothing_can_be_stored(app, cache, folder):
    import shutil

    number = counter()
    app.add_url_rule("/", view_func=cache.cached()(lambda: str(number())))
    shutil.rmtree(folder)
    folder.write_text("a file in the place of the folder")

    pages = [app.test_client().get("/") for _ in range(2)]

    assert [(page.status_code, page.text) for page in pages] == [(200, "1"), (200, "2")]
