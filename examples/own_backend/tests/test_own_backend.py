"""Is everything asked for once in a request, and anew in the next?"""

from __future__ import annotations

import pytest

from own_backend.app import app, cache, items, once, price
from own_backend.backend import RequestCache


@pytest.fixture
def context():
    with app.app_context():
        yield


def test_it_runs_as_it_says(routes):
    assert "/basket/<user>" in routes("own_backend")


def test_what_is_asked_for_twice_is_computed_once_in_each_request():
    cache.clear()
    client = app.test_client()
    before = items.stats(), price.stats()

    answers = [client.get("/basket/ada").json for _ in range(2)]

    after = items.stats(), price.stats()
    assert answers == [{"items": 2, "total": 9}] * 2
    assert [after[0].misses - before[0].misses, after[0].hits - before[0].hits] == [2, 2]
    assert [after[1].misses - before[1].misses, after[1].hits - before[1].hits] == [2, 2]


def test_the_dotted_path_is_the_backend(context):
    assert type(once.cache) is RequestCache


def test_it_is_a_cache_as_long_as_the_context_lives(context):
    once.set("key", [1])

    assert once.get_many("key", "other") == [[1], None]
    assert (once.add("key", 2), once.delete("key"), once.delete("key")) == (False, True, False)
    assert once.set("gone", 1, timeout=-1) is True
    assert once.get("gone") is None
    assert once.inc("count") == 1
    once.clear()
    assert once.get("count") is None


def test_another_context_has_its_own(context):
    once.set("key", 1)

    with app.app_context():
        assert once.get("key") is None
    assert once.get("key") == 1
