"""Is a coroutine run once for all that await it?"""

from __future__ import annotations

import asyncio

import pytest

from asynchronous.app import app, cache, degrees


@pytest.fixture
def client(monkeypatch):
    monkeypatch.setitem(app.config, "SECONDS", 0)
    cache.clear()
    return app.test_client()


def counted(before):
    after = degrees.stats()
    return after.misses - before.misses, after.hits - before.hits


def test_it_runs_as_it_says(routes):
    assert "/weather" in routes("asynchronous")


def test_each_city_is_asked_for_once(client):
    before = degrees.stats()

    first = client.get("/weather?city=Oslo&city=Rome").json
    again = client.get("/weather?city=Rome&city=Oslo").json
    more = client.get("/weather?city=Oslo&city=Bonn").json

    assert first == again
    assert more["Oslo"] == first["Oslo"]
    assert counted(before) == (3, 1)


def test_who_awaits_the_same_at_the_same_time_gets_the_same_answer(client):
    async def crowd():
        return await asyncio.gather(*(degrees("Rome") for _ in range(20)))

    with app.app_context():
        before = degrees.stats()
        answers = asyncio.run(crowd())

        assert len(set(answers)) == 1
        assert degrees.stats().stores - before.stores == 1
