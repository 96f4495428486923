"""The code of the documentation page of Flask-Caching's backends, run as it stands there.

``seed_page.txt`` holds the page's blocks on Google Cloud Storage. An emulator has the bucket
that they name, and the environment says where the emulator is.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from flask_caching import BaseCache, Cache
from flask_caching_conformance.harness.pages import blocks, parameters, run
from flask_caching_gcs import GoogleCloudStorageCache

BLOCKS = blocks(Path(__file__).with_name("seed_page.txt"))
BUCKET = "my-cache-bucket"


@pytest.fixture(scope="module", autouse=True)
def page_bucket(emulator):
    with closing(emulator.client()) as client:
        client.create_bucket(BUCKET)


@pytest.fixture
def app(monkeypatch, emulator):
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", emulator.url)
    return Flask("application")


def names_in(objects):
    return sorted(blob.name for blob in objects.list_blobs())


def test_the_page_has_a_class_and_two_configurations():
    assert list(BLOCKS) == ["class", "configuration", "custom configuration"]


def test_the_signature_begins_with_what_the_page_shows():
    shown = run(BLOCKS["class"], BaseCache=BaseCache)["GoogleCloudStorageCache"]
    *by_position, others = parameters(shown.__init__)

    own = parameters(GoogleCloudStorageCache)

    assert own[: len(by_position)] == by_position
    assert own[-1] == others
    assert issubclass(GoogleCloudStorageCache, shown.__bases__)


def test_the_configuration_makes_a_cache_that_works(app, emulator):
    run(BLOCKS["configuration"], app=app)
    cache = Cache(app)

    cache.set("key", "value")

    assert type(cache.cache) is GoogleCloudStorageCache
    assert cache.get("key") == "value"
    with closing(emulator.client()) as client:
        assert names_in(client.bucket(BUCKET)) == ["myapp_cache_|key"]
    cache.clear()


def test_the_custom_configuration_makes_a_cache_that_works(app):
    cache = run(BLOCKS["custom configuration"], app=app, Cache=Cache)["cache"]

    cache.set("key", "value")

    assert cache.cache.bucket.name == BUCKET
    assert cache.cache.delete_expired_objects_on_read is True
    assert cache.get("key") == "value"
    cache.clear()
