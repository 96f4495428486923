"""Is a sum computed once?"""

from __future__ import annotations

import pytest

from hello.app import add, app, cache


@pytest.fixture
def client(monkeypatch):
    monkeypatch.setitem(app.config, "SECONDS", 0)
    cache.clear()
    return app.test_client()


def ask(client, *queries):
    return [client.get(f"/sum?{query}").json["sum"] for query in queries]


def test_it_runs_as_it_says(routes):
    assert "/sum" in routes("hello")


def test_a_sum_is_computed_once(client):
    before = add.stats()

    sums = ask(client, "a=2&b=3", "b=3&a=2", "a=2&b=3&page=2", "a=2&b=4")

    after = add.stats()
    assert sums == [5, 5, 5, 6]
    assert (after.misses - before.misses, after.hits - before.hits) == (2, 1)


def test_what_is_forgotten_is_computed_anew(client):
    ask(client, "a=2&b=3")
    before = add.stats()

    status = client.post("/forget").status_code

    assert (status, ask(client, "a=2&b=3")) == (204, [5])
    assert add.stats().misses - before.misses == 1
