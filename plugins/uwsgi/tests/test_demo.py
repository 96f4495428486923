"""The demo on uWSGI, driven over HTTP."""

from __future__ import annotations

import json

import pytest

from flask_caching_conformance.harness.servers import free_port
from stdlib_search.tests.demo_server import EXAMPLES, demo, serving
from stdlib_search.tests.visitors import assert_forgetting_reaches_all, assert_shared_and_right

from .uwsgi_server import uwsgi

SETTINGS = {"FLASK_CACHE_TYPE": "uwsgi", "FLASK_CACHE_UWSGI_NAME": "demo"}
QUERIES = ["thread lock", "heap invariant"]


def demo_on_uwsgi(*options):
    """Run the demo in a uWSGI server, whose processes fork after the cache has been used."""
    port = free_port()
    command = uwsgi(
        f"--http-socket=127.0.0.1:{port}",
        "--cache2=name=demo,items=1000,blocks=20000,blocksize=1024,bitmap=1",
        "--master",
        "--die-on-term",
        "--worker-reload-mercy=2",
        "--need-app",
        f"--pythonpath={EXAMPLES}",
        "--module=stdlib_search.tests.used_before_fork:app",
        *options,
    )
    return serving(command, port, SETTINGS)


def test_make_demo_starts_the_server_in_which_the_cache_is():
    with demo(FLASK_CACHE_TYPE="uwsgi") as site:
        pages = [site.get("/module/heapq") for _ in range(2)]

    assert "Cache UWSGICache" in pages[0].text
    assert [page.figure("cache") for page in pages] == ["miss", "hit"]


@pytest.mark.parametrize(
    "options",
    [["--processes=3"], ["--processes=2", "--enable-threads", "--threads=4"]],
    ids=["processes", "threads"],
)
def test_processes_that_forked_after_use_share_right_answers(options):
    with demo_on_uwsgi(*options) as site:
        assert_shared_and_right(site)
        assert_forgetting_reaches_all(site)


def test_the_demo_answers_as_it_does_in_memory():
    with demo() as plain, demo_on_uwsgi("--processes=3") as site:
        assert "Cache UWSGICache" in site.get("/search").text
        for query in QUERIES:
            expected = facts(plain, query)

            assert [facts(site, query) for _ in range(6)] == [expected] * 6
            pages = [site.get("/search", q=query) for _ in range(6)]
            assert {int(page.figure("matching")) for page in pages} == {expected["matching"]}


def facts(site, query):
    """Return the answer to a query, but for the time that it took."""
    answer = json.loads(site.get("/search.json", q=query).body)
    assert answer.pop("computed_seconds") > 0
    return answer
