"""Entries with tags: what is invalidated with a tag, in how many trips, and what never is lost."""

from __future__ import annotations

import asyncio
import functools

import pytest
from flask import abort
from werkzeug.wrappers import Response

from flask_caching import Cache, Invalidated
from flask_caching.errors import CacheUnavailableError
from flask_caching.keys.tags import EPOCH
from flask_caching.versions import VERSION_LIFE
from flask_caching_conformance.harness.threads import Gate, in_thread
from flask_caching_conformance.harness.waiting import PATIENCE

from .schedules import Source, WatchedCache, cache_on


@pytest.fixture
def store():
    return WatchedCache()


@pytest.fixture
def cache(store):
    return cache_on(store)


def memoized(cache, function, tags):
    return cache.memoize(tags=tags)(function)


def cached(cache, function, tags):
    return cache.cached(key_prefix="plain", tags=tags)(function)


def through_get_or_set(cache, function, tags):
    return functools.partial(cache.get_or_set, "plain", function, tags=tags)


any_way = pytest.mark.parametrize("decorate", [memoized, cached, through_get_or_set])
either_kind = pytest.mark.parametrize(
    "tags",
    ["a", ["b", "a"], lambda: "a", lambda result: ["b", "a"]],
    ids=["text", "list", "of the call", "of the result"],
)


class Counter:
    """Gives a number more at each call."""

    def __init__(self):
        self.count = 0

    def __call__(self):
        self.count += 1
        return self.count

    def function(self):
        def number():
            return self()

        return number


# -- what is invalidated -----------------------------------------------------------------


@any_way
@either_kind
def test_what_has_the_tag_is_computed_anew(cache, decorate, tags):
    counter = Counter()
    call = decorate(cache, counter.function(), tags)

    seen = [call(), call()]
    cache.invalidate_tags("a")
    seen += [call(), call()]
    cache.invalidate_tags("other", "a")
    seen += [call(), call()]

    assert seen == [1, 1, 2, 2, 3, 3]


@any_way
@either_kind
def test_what_has_other_tags_stays(cache, decorate, tags):
    counter = Counter()
    call = decorate(cache, counter.function(), tags)
    call()

    cache.invalidate_tags("A", "aa", "")

    assert call() == 1


def test_a_tag_may_be_of_the_arguments(cache):
    counter = Counter()

    @cache.memoize(tags=lambda user: [f"user:{user}", "users"])
    def profile(user):
        return user, counter()

    seen = [profile(1), profile(2)]
    cache.invalidate_tags("user:1")
    seen += [profile(1), profile(2)]
    cache.invalidate_tags("users")
    seen += [profile(1), profile(2)]

    assert seen == [(1, 1), (2, 2), (1, 3), (2, 2), (1, 4), (2, 5)]


def test_a_tag_may_be_of_the_result(cache):
    counter = Counter()

    @cache.memoize(tags=lambda article, result: [f"article:{article}", *result["authors"]])
    def read(article):
        return {"authors": ["ann", "bob"] if article == 1 else ["bob"], "count": counter()}

    read(1), read(2)
    cache.invalidate_tags("ann")
    seen = [read(1)["count"], read(2)["count"]]
    cache.invalidate_tags("bob")
    seen += [read(1)["count"], read(2)["count"]]
    cache.invalidate_tags("article:2")
    seen += [read(1)["count"], read(2)["count"]]

    assert seen == [3, 2, 4, 5, 4, 6]


def test_a_result_without_tags_is_stored(cache):
    counter = Counter()
    call = memoized(cache, counter.function(), tags=lambda result: None)

    seen = [call(), call()]
    cache.invalidate_tags("a")
    seen.append(call())

    assert seen == [1, 1, 1]


def test_an_answer_that_is_raised_is_shown_as_a_response(cache):
    shown = []

    @cache.cached(key_prefix="plain", tags=lambda result: shown.append(result) or "gone")
    def view():
        abort(404)

    with pytest.raises(Exception, match="404"):
        view()

    assert [type(each) for each in shown] == [Response]
    assert shown[0].status_code == 404


def test_a_method_s_tags_are_given_its_object(cache):
    counter = Counter()

    class Shelf:
        def __init__(self, name):
            self.name = name

        def __repr__(self):
            return self.name

        @cache.memoize(tags=lambda shelf, number: f"{shelf.name}:{number}")
        def book(self, number):
            return counter()

    one, other = Shelf("one"), Shelf("other")
    one.book(1), other.book(1)
    cache.invalidate_tags("one:1")

    assert [one.book(1), other.book(1)] == [3, 2]


def test_a_coroutine_s_results_have_tags(cache):
    counter = Counter()

    @cache.memoize(tags=lambda result: f"n:{result}")
    async def number():
        return counter()

    async def run():
        seen = [await number(), await number()]
        cache.invalidate_tags("n:1")
        return [*seen, await number()]

    assert asyncio.run(run()) == [1, 1, 2]
    assert number() == 2


def test_a_stored_none_is_a_result(cache):
    counter = Counter()
    call = cache.memoize(cache_none=True, tags=lambda result: "a")(lambda: counter() and None)

    call(), call()
    cache.invalidate_tags("a")
    call()

    assert counter.count == 2


def test_what_is_set_with_tags_is_invalidated(cache):
    cache.set("one", 1, tags="a")
    cache.set("two", 2, timeout=60, tags=["a", "b"])
    cache.set("three", 3)

    seen = [cache.get_many("one", "two", "three")]
    cache.invalidate_tags("b")
    seen.append(cache.get_many("one", "two", "three"))
    cache.invalidate_tags("a")
    seen.append([cache.get("one"), cache.get("one", "gone"), cache.get_value("one", "gone")])

    assert seen == [[1, 2, 3], [1, None, 3], [None, "gone", "gone"]]


def test_what_was_stored_without_tags_is_no_answer_with_them(cache):
    cache.set("plain", "untagged")

    assert cache.get_or_set("plain", lambda: "tagged", tags="a") == "tagged"
    assert cache.get("plain") == "tagged"


def test_results_stored_before_they_had_tags_are_computed_anew(cache):
    counter = Counter()

    def number():
        return counter()

    before, after = cache.memoize()(number), cache.memoize(tags=lambda result: "a")(number)
    before()

    seen = [after(), after()]
    cache.invalidate_tags("a")
    seen.append(after())

    assert seen == [2, 2, 3]


def test_each_backend_option_called_tags_stays_the_backend_s(app):
    class Tagging(WatchedCache):
        keeps_entries = True

        def set(self, key, value, timeout=None, tags=None):
            self.tags = tags
            return super().set(key, value, timeout)

    store = Tagging()
    cache = Cache(app, config={"CACHE_TYPE": store})

    cache.set("key", "value", tags="own")

    assert store.tags == "own"
    assert cache.get("key") == "value"


# -- what is told ------------------------------------------------------------------------


def test_an_invalidation_says_what_it_did(cache):
    done = cache.invalidate_tags("a", "b", "a")

    assert done == (Invalidated("tag", "tagver/a", True), Invalidated("tag", "tagver/b", True))


def test_no_tags_are_no_trip(cache, store):
    assert cache.invalidate_tags() == ()
    assert store.trips == []


def test_a_list_is_to_be_unpacked(cache):
    with pytest.raises(TypeError, match=r"A tag is a str, not \['a'\]"):
        cache.invalidate_tags(["a"])


@pytest.mark.parametrize("refused", ["tagepoch", "tagver/b"])
def test_an_invalidation_that_did_not_happen_is_an_error(refused):
    class Refusing(WatchedCache):
        def set(self, key, value, timeout=None):
            return False if key == refused else super().set(key, value, timeout)

    cache = cache_on(Refusing())

    with pytest.raises(CacheUnavailableError, match=f"'{refused}'; nothing was invalidated by it"):
        cache.invalidate_tags("a", "b")


@pytest.mark.parametrize("decorator", [Cache.cached, Cache.memoize])
def test_tags_that_are_none_are_an_error_when_decorating(cache, decorator):
    with pytest.raises(TypeError, match="A tag is a str, not 1"):
        decorator(cache, tags=[1])(lambda: None)


def test_tags_that_fail_leave_the_call_without_the_cache(cache, caplog):
    counter = Counter()
    call = memoized(cache, counter.function(), tags=lambda: 1 / 0)

    assert [call(), call()] == [1, 2]
    assert "division by zero" in caplog.text


def test_tags_of_a_result_that_fail_leave_it_unstored(cache, caplog):
    counter = Counter()
    call = memoized(cache, counter.function(), tags=lambda result: [result])

    assert [call(), call()] == [1, 2]
    assert "A tag is a str, not 1 (int)" in caplog.text


def test_tags_of_a_result_that_fail_are_no_outage_of_the_store(cache, caplog):
    call = memoized(cache, lambda: 1, tags=lambda result: result.tags)

    for _ in range(10):
        assert call() == 1

    where = f"(in a key, a tag or a condition of {call.make_cache_key(call.uncached)})"
    assert {each.getMessage() for each in caplog.records} == {
        f"Answered without the cache: 'int' object has no attribute 'tags' {where}"
    }
    assert call.stats().errors == 10
    assert cache.set("key", 1) is True


# -- trips -------------------------------------------------------------------------------


@any_way
def test_a_hit_takes_one_trip(cache, store, decorate):
    call = decorate(cache, lambda: 1, ["a", "b"])
    call()
    store.trips.clear()

    call()

    assert store.trips == ["get_many"]


@any_way
def test_a_miss_takes_two_trips(cache, store, decorate):
    call = decorate(cache, lambda: 1, ["a", "b"])
    call()
    cache.invalidate_tags("a")
    store.trips.clear()

    call()

    assert store.trips == ["get_many", "set"]


@any_way
def test_a_hit_with_tags_of_the_result_takes_two_trips(cache, store, decorate):
    call = decorate(cache, lambda: 1, lambda result: ["a", "b"])
    call()
    store.trips.clear()

    call()

    assert store.trips == ["get_many", "get_many"]


@pytest.mark.parametrize("tags", [["a"], [f"t{number}" for number in range(100)]])
def test_an_invalidation_does_not_take_longer_for_more_entries(cache, store, tags):
    for number in range(50):
        cache.set(f"key {number}", number, tags=tags)
    store.trips.clear()

    cache.invalidate_tags("a")

    assert store.trips == ["set", "set_many"]  # the epoch, and the tag's two versions


def test_many_values_with_tags_are_read_in_two_trips(cache, store):
    cache.set("one", 1, tags="a")
    cache.set("two", 2, tags=["a", "b"])
    store.trips.clear()

    found = cache.get_many("one", "two", "three")

    assert found == [1, 2, None]
    assert store.trips == ["get_many", "get_many"]


def test_versions_of_tags_have_a_long_but_finite_life(clock):
    store = WatchedCache(clock=clock)
    cache = cache_on(store)
    cache.set("key", "value", timeout=0, tags="a")

    clock.advance(VERSION_LIFE - 1)
    before = cache.get("key")
    clock.advance(2)

    assert [before, cache.get("key")] == ["value", None]


# -- what is never lost ------------------------------------------------------------------


class Schedule:
    """A call that stops while it computes, between reading its source and returning."""

    def __init__(self, cache, decorate, tags):
        self.source = Source()
        self._computing = Gate()
        self.call = decorate(cache, self._compute, tags)
        self._first = in_thread(self.call)
        self.await_computation()

    def await_computation(self):
        self._computing.await_arrival()

    def finish_the_first_call(self):
        self._computing.open()
        return self._first.result(PATIENCE)

    def _compute(self):
        value = self.source.value
        self._computing.stop()
        return value


@any_way
@either_kind
def test_an_invalidation_during_a_computation_is_not_lost(cache, decorate, tags):
    schedule = Schedule(cache, decorate, tags)

    least = schedule.source.change()
    cache.invalidate_tags("a")
    schedule.finish_the_first_call()

    assert schedule.call() == least


@any_way
@either_kind
@pytest.mark.parametrize("lost", [["tagver/a"], [EPOCH], ["tagver/a", EPOCH]], ids=str)
def test_nor_is_it_where_the_versions_are_lost_afterwards(cache, store, decorate, tags, lost):
    schedule = Schedule(cache, decorate, tags)

    least = schedule.source.change()
    cache.invalidate_tags("a")
    for name in lost:
        store.delete(name)
    schedule.finish_the_first_call()

    assert schedule.call() == least


@any_way
@either_kind
def test_a_lost_version_is_a_miss_and_no_resurrection(cache, store, decorate, tags):
    source = Source()
    call = decorate(cache, lambda: source.value, tags)
    call()

    least = source.change()
    cache.invalidate_tags("a")
    store.delete("tagver/a")

    assert call() == least


def test_nobody_waits_for_a_computation_of_before(cache):
    schedule = Schedule(cache, memoized, lambda result: "a")

    least = schedule.source.change()
    cache.invalidate_tags("a")
    second = in_thread(schedule.call)
    schedule.await_computation()  # the second one's own

    schedule.finish_the_first_call()
    assert second.result(PATIENCE) == least


def test_a_result_that_came_too_late_is_not_held_against_the_next_one(cache):
    schedule = Schedule(cache, memoized, lambda result: "a")
    cache.invalidate_tags("other")
    schedule.finish_the_first_call()
    schedule.call()

    assert cache.lookup.statistics.stores == 1


def test_setting_with_tags_fails_open_and_invalidating_is_loud(cache, store):
    store.failing = ("get_many", "set")

    assert cache.set("key", 1, tags="a") is False
    assert cache.get_many("key") == [None]
    with pytest.raises(CacheUnavailableError):
        cache.invalidate_tags("a")


@pytest.mark.parametrize("operation", ["get_many", "get", "add", "set"])
def test_a_store_that_fails_is_done_without(cache, store, operation):
    counter = Counter()
    call = memoized(cache, counter.function(), lambda result: "a")

    store.failing = (operation,)
    seen = [call(), call()]

    assert seen == [1, 2]
