"""Do the cache and the application live side by side on one real server?"""

from __future__ import annotations

from contextlib import suppress

import pytest
import redis

from flask_caching_conformance.harness.servers import HOST, Server, find_program, free_port
from shared_redis.app import cache, create_app, rendered


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder, port = tmp_path_factory.mktemp("redis"), free_port()

    def answers():
        with suppress(redis.ConnectionError), redis.Redis(HOST, port, retry=None) as client:
            return client.ping()
        return False

    program = find_program("redis-server", "redis-server")
    options = ["--port", str(port), "--bind", HOST, "--dir", str(folder), "--save", ""]
    with Server([program, *options], folder, answers):
        yield f"redis://{HOST}:{port}"


@pytest.fixture
def client(url):
    """A client that looks at what is on the server."""
    with redis.Redis.from_url(url) as client:
        client.flushall()
        yield client


@pytest.fixture
def app(url, client, monkeypatch):
    monkeypatch.setenv("REDIS_URL", url)
    app = create_app()
    yield app
    app.config["CACHE_REDIS_CLIENT"].close()


def test_it_runs_as_it_says(routes, url):
    assert "/articles/<name>" in routes("shared_redis", REDIS_URL=url)


def test_the_cache_uses_the_applications_client(app):
    with app.app_context():
        assert cache.cache._write_client is app.config["CACHE_REDIS_CLIENT"]  # noqa: SLF001 (2.x's name)


def test_the_text_is_cached_and_the_visits_are_counted(app, client):
    visit = app.test_client().get

    answers = [visit("/articles/tides").json for _ in range(3)]

    assert [answer["visits"] for answer in answers] == [1, 2, 3]
    assert {answer["text"] for answer in answers} == {"<h1>Tides</h1>"}
    with app.app_context():
        assert (rendered.stats().misses, rendered.stats().hits) == (1, 2)
    assert client.get("visits:tides") == b"3"
    assert [*client.scan_iter(match="cache:*")]


def test_clearing_the_cache_leaves_the_applications_data(app, client):
    visitor = app.test_client()
    visitor.get("/articles/tides")

    visitor.post("/clear")

    assert client.keys() == [b"visits:tides"]
