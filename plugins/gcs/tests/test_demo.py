"""The demo on Google Cloud Storage, driven over HTTP."""

from __future__ import annotations

import pytest

from stdlib_search.tests.demo_server import demo, gunicorn
from stdlib_search.tests.visitors import assert_forgetting_reaches_all, assert_shared_and_right


@pytest.fixture
def settings(emulator):
    return {
        "FLASK_CACHE_TYPE": "gcs",
        "FLASK_CACHE_GCS_BUCKET": emulator.new_bucket(),
        "STORAGE_EMULATOR_HOST": emulator.url,
    }


def test_the_demo_runs_in_a_bucket(settings):
    with demo(**settings) as site:
        pages = [site.get("/module/heapq") for _ in range(2)]

    assert "Cache GoogleCloudStorageCache" in pages[0].text
    assert [page.figure("cache") for page in pages] == ["miss", "hit"]


def test_processes_that_forked_after_use_share_right_answers(settings):
    with gunicorn("-w4", **settings) as site:
        assert_shared_and_right(site)
        assert_forgetting_reaches_all(site)
