"""The demo on files, driven over HTTP."""

from __future__ import annotations

import pytest

from stdlib_search.tests.demo_server import demo, gunicorn
from stdlib_search.tests.visitors import assert_forgetting_reaches_all, assert_shared_and_right


@pytest.fixture
def settings(tmp_path):
    return {"FLASK_CACHE_TYPE": "filesystem", "FLASK_CACHE_DIR": str(tmp_path)}


def test_the_demo_runs_on_files(settings):
    with demo(**settings) as site:
        pages = [site.get("/module/heapq") for _ in range(2)]

    assert "Cache FileSystemCache" in pages[0].text
    assert [page.figure("cache") for page in pages] == ["miss", "hit"]


@pytest.mark.parametrize("options", [["-w4"], ["-w2", "-kgevent"]], ids=["processes", "gevent"])
def test_processes_that_forked_after_use_share_right_answers(settings, options):
    with gunicorn(*options, **settings) as site:
        assert_shared_and_right(site)
        assert_forgetting_reaches_all(site)
