"""Is it found by its names, and does an application work on it?"""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching_gcs import GoogleCloudStorageCache

from .conftest import options_for

NAMES = [
    "gcs",
    "GoogleCloudStorageCache",
    "flask_caching.contrib.GoogleCloudStorageCache",
    "flask_caching.contrib.googlecloudstoragecache.GoogleCloudStorageCache",
    "flask_caching.backends.GoogleCloudStorageCache",
    "flask_caching_gcs.GoogleCloudStorageCache",
    GoogleCloudStorageCache,
]
MODULES = [
    "flask_caching.contrib.googlecloudstoragecache",
    "flask_caching.backends",
    "flask_caching_gcs",
]


def app_on(emulator, bucket, prefix, **config):
    app = Flask("application")
    options = options_for(emulator.url)
    app.config.update(CACHE_TYPE="gcs", CACHE_GCS_BUCKET=bucket, CACHE_KEY_PREFIX=prefix)
    app.config.update(CACHE_OPTIONS=options, **config)
    return app


@pytest.fixture
def app(emulator, bucket, prefix):
    return app_on(emulator, bucket, prefix)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_found_by_each_of_its_names(app, name):
    app.config["CACHE_TYPE"] = name

    assert type(Cache(app).cache) is GoogleCloudStorageCache


@pytest.mark.parametrize("module", MODULES)
def test_the_old_imports_give_the_same_class(module):
    assert importlib.import_module(module).GoogleCloudStorageCache is GoogleCloudStorageCache


def test_importing_it_does_nothing_but_define(tmp_path):
    source = (
        "import os, threading; before = dict(os.environ); import flask_caching_gcs; "
        "print(os.listdir(), threading.active_count(), before == os.environ)"
    )

    done = subprocess.run(
        [sys.executable, "-c", source], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[] 1 True"


def test_two_applications_share_a_bucket_each_with_its_prefix(emulator, bucket, prefix):
    same = [Cache(app_on(emulator, bucket, prefix)) for _ in range(2)]
    other = Cache(app_on(emulator, bucket, prefix, CACHE_GCS_KEY_PREFIX=f"{prefix}b"))

    same[0].set("key", "value")
    other.set("key", "of the other")
    other.clear()

    assert same[1].get("key") == "value"
    assert other.get("key") is None


def test_a_memoized_function_is_read_in_one_go(app):
    cache = Cache(app)
    calls = []

    @cache.memoize()
    def double(number):
        calls.append(number)
        return 2 * number

    with app.app_context():
        assert [double(2), double(2), double(3)] == [4, 4, 6]
        cache.delete_memoized(double)
        assert double(2) == 4
    assert calls == [2, 3, 2]


def test_a_page_is_served_while_the_service_is_down(app, own_emulator):
    app.config["CACHE_GCS_BUCKET"] = own_emulator.new_bucket()
    app.config["CACHE_OPTIONS"] = options_for(own_emulator.url)
    cache = Cache(app)
    numbers = iter(range(10))
    app.add_url_rule("/", view_func=cache.cached()(lambda: str(next(numbers))))
    own_emulator.kill()

    pages = [app.test_client().get("/") for _ in range(2)]

    assert [(page.status_code, page.text) for page in pages] == [(200, "0"), (200, "1")]
