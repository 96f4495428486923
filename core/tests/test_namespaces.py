"""Namespaces: parts of a cache with keys of their own, cleared at one stroke."""

from __future__ import annotations

import pytest

from flask_caching import Cache, Invalidated, Namespace
from flask_caching.errors import CacheUnavailableError
from flask_caching_conformance.harness.threads import Gate, in_thread
from flask_caching_conformance.harness.waiting import PATIENCE

from .schedules import Source, WatchedCache, cache_on


@pytest.fixture
def store():
    return WatchedCache()


@pytest.fixture
def cache(store):
    return cache_on(store)


@pytest.fixture
def reports(cache):
    return cache.namespace("reports")


def test_what_is_set_is_found_in_it_only(cache, reports):
    reports.set("key", "report", timeout=60)
    cache.set("key", "plain")
    cache.namespace("other").set("key", "other")

    assert reports.get("key") == "report"
    assert cache.namespace("reports").get("key") == "report"
    assert cache.get("key") == "plain"
    assert cache.namespace("other").get("key") == "other"


def test_it_reads_as_a_cache_does(reports):
    reports.set_many({"none": None, "one": 1})

    assert reports.get_many("one", "gone", "none") == [1, None, None]
    assert reports.get_dict("one", "gone") == {"one": 1, "gone": None}
    assert [reports.has(key) for key in ("one", "none", "gone")] == [True, True, False]
    assert [reports.get("gone", 5), reports.get("none", 5), reports.get("one", 5)] == [5, 5, 1]
    assert [reports.get_value("gone", 5), reports.get_value("none", 5)] == [5, None]


def test_what_is_set_says_what_was_stored(reports):
    assert reports.set("key", 1) is True
    assert reports.set_many({"a": 1, "b": 2}) == ["a", "b"]
    assert reports.set_many({}) == []


def test_it_deletes_as_a_cache_does(cache, reports):
    reports.set_many({"one": 1, "two": 2})
    cache.set("one", "plain")

    assert [reports.delete("one"), reports.delete("one")] == [True, False]
    assert reports.delete_many("one", "two") == ["one", "two"]
    assert [reports.get("two"), cache.get("one")] == [None, "plain"]


def test_clear_outdates_it_and_nothing_else(cache, reports):
    reports.set("key", 1)
    cache.set("key", 2)
    cache.namespace("reports2").set("key", 3)

    done = reports.clear()

    assert done == Invalidated("namespace", "nsver/reports", True)
    assert [reports.get("key"), reports.has("key"), reports.delete("key")] == [None, False, False]
    assert [cache.get("key"), cache.namespace("reports2").get("key")] == [2, 3]
    reports.set("key", 4)
    assert reports.get("key") == 4


def test_clear_is_one_write(reports, store):
    reports.set_many({f"key {number}": number for number in range(50)})
    store.trips.clear()

    reports.clear()

    assert store.trips == ["set"]


def test_clear_of_the_cache_clears_it_too(cache, reports):
    reports.set("key", 1)

    cache.clear()

    assert reports.get("key") is None


def test_a_namespace_within_is_cleared_with_the_one_around_it(cache, reports):
    inner = reports.namespace("2026")
    reports.set("key", "outer")
    inner.set("key", "inner")

    inner.clear()
    seen = [reports.get("key"), inner.get("key")]
    inner.set("key", "again")
    reports.clear()
    seen += [reports.get("key"), inner.get("key")]

    assert seen == ["outer", None, None, None]
    assert repr(inner) == "<Namespace reports/2026>"


def test_names_that_look_like_paths_are_other_namespaces(cache):
    cache.namespace("a").namespace("b").set("key", 1)

    assert cache.namespace("a/b").get("key") is None


def test_a_clear_that_did_not_happen_is_an_error(cache, reports, store):
    store.set = lambda key, value, timeout=None: False

    with pytest.raises(CacheUnavailableError, match="'nsver/reports'; nothing was invalidated"):
        reports.clear()


def test_functions_are_memoized_in_it(cache, reports):
    calls = []

    def double(number):
        calls.append(number)
        return 2 * number

    inside, outside = reports.memoize()(double), cache.memoize()(double)
    seen = [inside(1), inside(1), outside(1)]
    reports.clear()
    seen += [inside(1), outside(1)]

    assert seen == [2] * 5
    assert calls == [1, 1, 1]


def test_views_are_cached_in_it(cache, reports):
    counts = iter(range(10))
    view = reports.cached(key_prefix="view")(lambda: str(next(counts)))

    seen = [view(), view(), reports.get("view"), cache.get("view")]
    reports.clear()
    seen += [view(), reports.delete_cached(view), view(), cache.delete_cached(view), view()]

    assert seen == ["0", "0", "0", None, "1", True, "2", True, "3"]


def test_one_call_of_a_function_in_it_can_be_deleted(cache, reports):
    counts = iter(range(10))
    count = reports.memoize()(lambda number: next(counts))

    seen = [count(1), count(2)]
    done = cache.delete_memoized(count, 1)
    seen += [count(1), count(2)]
    reports.delete_memoized(count)
    seen += [count(1), count(2)]

    assert seen == [0, 1, 2, 1, 3, 4]
    assert done.removed
    assert done.key.startswith("ns/reports|")


def test_get_or_set_is_in_it(cache, reports):
    seen = [reports.get_or_set("key", lambda: "computed"), reports.get("key"), cache.get("key")]
    reports.clear()
    seen.append(reports.get_or_set("key", "again"))

    assert seen == ["computed", "computed", None, "again"]


def test_tags_reach_into_it(cache, reports):
    reports.set("key", 1, tags="a")
    reports.set("other", 2)

    done = reports.invalidate_tags("a")

    assert [reports.get("key"), reports.get("other")] == [None, 2]
    assert done == cache.invalidate_tags("a")


def test_what_was_put_under_its_keys_from_outside_does_not_count(cache, reports):
    cache.set("ns/reports|key", "foreign")

    assert reports.get("key") is None
    assert reports.get_or_set("key", "own") == "own"


def test_a_hit_takes_one_trip(reports, store):
    call = reports.memoize()(lambda: 1)
    call()
    reports.set("key", "value")
    store.trips.clear()

    call(), reports.get("key"), reports.get_many("key", "gone")

    assert store.trips == ["get_many"] * 3


def test_a_clear_during_a_computation_is_not_lost(cache, reports):
    source, computing = Source(), Gate()

    def compute():
        value = source.value
        computing.stop()
        return value

    first = in_thread(reports.get_or_set, "key", compute)
    computing.await_arrival()
    least = source.change()
    reports.clear()
    computing.open()
    first.result(PATIENCE)

    assert reports.get_or_set("key", compute) == least


def test_a_lost_version_is_a_miss_and_no_resurrection(reports, store):
    reports.set("key", "old")
    reports.clear()

    store.delete("nsver/reports")

    assert reports.get("key") is None


def test_it_works_for_each_application(app):
    cache = Cache()
    reports = cache.namespace("reports")
    cache.init_app(app)

    with app.app_context():
        reports.set("key", 1)

        assert reports.get("key") == 1
    assert isinstance(reports, Namespace)


def test_a_store_that_fails_is_done_without_and_invalidating_is_loud(reports, store):
    reports.set("key", 1)
    store.failing = ("get_many", "set", "set_many", "delete")

    assert [reports.get("key"), reports.get("key", 5), reports.get_many("key")] == [None, 5, [None]]
    assert [reports.has("key"), reports.set("key", 2), reports.set_many({"key": 2})] == [
        False,
        False,
        [],
    ]
    assert reports.get_or_set("key", lambda: 3) == 3
    for invalidate in (reports.clear, lambda: reports.delete("key")):
        with pytest.raises(CacheUnavailableError):
            invalidate()
