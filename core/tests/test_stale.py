"""`stale=`: a value is given on while it is computed anew, and where that fails."""

from __future__ import annotations

import asyncio
import itertools
import threading

import pytest
from flask import Response, abort, g, redirect, request

from flask_caching import Cache, SimpleCache
from flask_caching.errors import ConfigError
from flask_caching.refreshing import PAUSE, Refreshes
from flask_caching_conformance.harness.threads import Gate, in_thread
from flask_caching_conformance.harness.waiting import PATIENCE, wait_until

from .backends.stores import DictCache
from .schedules import WatchedCache, cache_on

LIFE, STALE = 10, 100


def cache_with(store, clock):
    """Return a cache whose clocks are the test's."""
    cache = cache_on(store)
    cache.lookup.clock = clock
    cache.lookup.refreshes = Refreshes(longest=10, clock=clock)
    return cache


@pytest.fixture
def store(clock):
    return WatchedCache(clock=clock)


@pytest.fixture
def cache(store, clock):
    return cache_with(store, clock)


def memoized(cache, function, **options):
    return cache.memoize(LIFE, stale=STALE, **options)(function)


def cached(cache, function, **options):
    return cache.cached(LIFE, key_prefix="plain", stale=STALE, **options)(function)


def through_get_or_set(cache, function, **options):
    return lambda: cache.get_or_set("plain", function, LIFE, stale=STALE, **options)


any_way = pytest.mark.parametrize("decorate", [memoized, cached, through_get_or_set])
either_kind = pytest.mark.parametrize(
    "tags", ["a", lambda result: ["b", "a"]], ids=["of the call", "of the result"]
)


class Source:
    """Gives a number more at each call; fails, stops at a gate, or goes through."""

    def __init__(self):
        self.count = 0
        self.error = None
        self.gate = Gate()
        self.gate.open()
        self.threads = []

    def function(self):
        def number():
            self.threads.append(threading.current_thread())
            self.count += 1
            value = self.count
            self.gate.stop()
            if self.error is not None:
                raise self.error
            return value

        return number


@pytest.fixture
def source():
    return Source()


def await_refresh(cache):
    """Return when nothing is being refreshed any more."""
    wait_until(lambda: not cache.lookup.refreshes._table().begun)


# -- while it is computed anew -----------------------------------------------------------


@any_way
def test_everybody_gets_the_stale_value_while_one_computes(cache, clock, source, decorate):
    call = decorate(cache, source.function())
    seen = [call()]
    clock.advance(LIFE + 1)
    source.gate.close()

    seen += [call(), call(), in_thread(call).result(PATIENCE)]
    source.gate.open()
    await_refresh(cache)
    seen.append(call())

    assert seen == [1, 1, 1, 1, 2]
    assert source.count == 2
    assert source.threads[0] is threading.current_thread()
    assert source.threads[1] is not source.threads[0]
    assert cache.lookup.statistics.stale == 3


@any_way
def test_before_and_after_that_it_is_a_hit_and_a_miss(cache, clock, source, decorate):
    call = decorate(cache, source.function())
    seen = [call()]

    clock.advance(LIFE - 1)
    seen.append(call())
    clock.advance(STALE + 2)
    seen.append(call())

    assert seen == [1, 1, 2]
    assert [each is threading.current_thread() for each in source.threads] == [True, True]


def test_it_works_on_a_store_of_bytes(clock, source):
    cache = cache_with(DictCache(clock=clock), clock)
    call = memoized(cache, source.function(), tags="a")
    call()
    clock.advance(LIFE + 1)

    stale = call()
    await_refresh(cache)

    assert [stale, call()] == [1, 2]


def test_another_process_may_have_refreshed_it(store, clock, source):
    """Two caches on one store stand for two processes."""
    function = source.function()
    one, other = cache_with(store, clock), cache_with(store, clock)
    calls = [memoized(cache, function) for cache in (one, other)]
    calls[0]()
    clock.advance(LIFE + 1)
    found = [call() for call in calls]
    await_refresh(one)
    await_refresh(other)

    assert found[0] == 1
    assert [call() for call in calls] in ([2, 2], [3, 3])


def test_a_stale_value_is_no_value_for_get(cache, clock, source):
    call = through_get_or_set(cache, source.function())
    call()

    seen = [cache.get("plain")]
    clock.advance(LIFE + 1)
    seen += [cache.get("plain"), *cache.get_many("plain")]

    assert seen == [1, None, None]


def test_a_hit_takes_one_trip(cache, store, source):
    call = memoized(cache, source.function(), tags="a")
    call()
    store.trips.clear()

    call()

    assert store.trips == ["get_many"]


def test_it_runs_with_the_application_s_context(cache, clock):
    names = []

    def function():
        names.append(cache.lookup.app.name)
        return g.get("nothing", len(names))

    call = cache.memoize(LIFE, stale=STALE)(function)
    with cache.lookup.app.app_context():
        call()
        clock.advance(LIFE + 1)
        call()
        await_refresh(cache)

        assert call() == 2


def test_a_coroutine_is_refreshed_without_holding_up_the_loop(cache, clock):
    counts = itertools.count(1)

    @cache.memoize(LIFE, stale=STALE)
    async def count():
        await asyncio.sleep(0)
        return next(counts)

    async def run():
        return await count()

    seen = [asyncio.run(run())]
    clock.advance(LIFE + 1)
    seen.append(asyncio.run(run()))
    await_refresh(cache)
    seen.append(asyncio.run(run()))

    assert seen == [1, 1, 2]


def test_a_refreshed_call_is_no_stale_one(cache, clock, source):
    call = memoized(cache, source.function())
    call()
    clock.advance(LIFE + 1)

    assert [call.refresh(), call()] == [2, 2]


def test_where_a_subclass_overrides_get_a_stale_value_is_a_miss(app, clock, source):
    class Instrumented(Cache):
        def get(self, *args, **kwargs):
            return super().get(*args, **kwargs)

    cache = Instrumented(app, config={"CACHE_TYPE": SimpleCache(clock=clock)})
    cache.lookup.clock = clock
    call = memoized(cache, source.function())

    seen = [call(), call()]
    clock.advance(LIFE + 1)
    seen.append(call())

    assert seen == [1, 1, 2]


# -- where it fails ----------------------------------------------------------------------


@any_way
def test_a_failure_leaves_the_stale_value_and_is_not_tried_at_once(
    cache, clock, source, decorate, caplog
):
    call = decorate(cache, source.function())
    call()
    clock.advance(LIFE + 1)
    source.error = RuntimeError("the database is down")

    seen = [call()]
    await_refresh(cache)
    seen += [call(), call()]
    tried = source.count
    clock.advance(PAUSE + 1)
    source.error = None
    seen.append(call())
    await_refresh(cache)
    seen.append(call())

    assert seen == [1, 1, 1, 1, 3]
    assert tried == 2
    assert "A stale value is still given under" in caplog.text
    assert "the database is down" in caplog.text


def test_a_refused_result_counts_as_a_failure(cache, clock, source):
    call = memoized(cache, source.function(), response_filter=lambda value: value != 2)
    call()
    clock.advance(LIFE + 1)

    seen = [call()]
    await_refresh(cache)
    seen.append(call())
    clock.advance(PAUSE + 1)
    seen.append(call())
    await_refresh(cache)
    seen.append(call())

    assert seen == [1, 1, 1, 3]


def test_a_refresh_that_is_lost_is_begun_again(clock):
    refreshes = Refreshes(longest=10, clock=clock)

    begun = [refreshes.begin("key"), refreshes.begin("key")]
    clock.advance(11)

    assert [*begun, refreshes.begin("key")] == [True, False, True]


# -- soft invalidation -------------------------------------------------------------------


@any_way
@either_kind
def test_what_is_invalidated_softly_is_given_until_it_is_computed_anew(
    cache, source, decorate, tags
):
    call = decorate(cache, source.function(), tags=tags)
    call()

    done = cache.invalidate_tags("a", soft=True)
    seen = [call()]
    await_refresh(cache)
    seen.append(call())

    assert seen == [1, 2]
    assert [(each.key, each.soft) for each in done] == [("tagver/a", True)]


@any_way
@either_kind
def test_what_is_invalidated_otherwise_is_not(cache, source, decorate, tags):
    call = decorate(cache, source.function(), tags=tags)
    call()

    cache.invalidate_tags("a", soft=True)
    cache.invalidate_tags("a")

    assert call() == 2


def test_what_keeps_no_stale_values_is_invalidated_as_ever(cache, source):
    call = cache.memoize(tags="a")(source.function())
    cache.set("key", "value", tags="a")
    call()

    cache.invalidate_tags("a", soft=True)

    assert [call(), cache.get("key")] == [2, None]


@pytest.mark.parametrize("name", ["taghard/a", "tagver/a"])
def test_a_lost_version_brings_no_invalidated_value_back(cache, store, source, name):
    call = memoized(cache, source.function(), tags="a")
    call()

    cache.invalidate_tags("a")
    store.delete(name)

    assert call() == 2


def test_what_never_expires_may_be_invalidated_softly(cache, source):
    call = cache.memoize(0, stale=STALE, tags="a")(source.function())
    call()

    cache.invalidate_tags("a", soft=True)
    seen = [call()]
    await_refresh(cache)

    assert [*seen, call()] == [1, 2]


def test_a_namespace_is_cleared_for_good(cache, source):
    space = cache.namespace("space")
    call = space.memoize(LIFE, stale=STALE)(source.function())
    call()

    space.clear()

    assert call() == 2


# -- views -------------------------------------------------------------------------------


@pytest.fixture
def served(app, clock):
    """Give a cache and a function that asks for a path and lets the response go out."""
    cache = Cache(app, config={"CACHE_TYPE": SimpleCache(clock=clock)})
    cache.lookup.clock = clock
    cache.lookup.refreshes = Refreshes(longest=10, clock=clock)
    client = app.test_client()

    def get(path="/", method="GET", **options):
        response = client.open(path, method=method, **options)
        text = response.text
        response.close()
        return text

    return cache, get


def test_a_view_is_refreshed_when_the_response_has_gone_out(app, clock, served):
    cache, get = served
    happened = []

    @app.get("/<name>")
    @cache.cached(LIFE, query_string=True, stale=STALE)
    def view(name):
        happened.append("computed")
        return f"{name} {request.args['q']} {request.headers['X-Language']} {len(happened)}"

    @app.after_request
    def note(response):
        happened.append("answered")
        return response

    headers = {"X-Language": "en", "If-None-Match": "x", "Range": "bytes=0-1"}
    seen = [get("/a?q=1", headers=headers)]
    clock.advance(LIFE + 1)
    del happened[:]
    seen += [get("/a?q=1", headers=headers), get("/a?q=1", headers=headers)]

    assert seen == ["a 1 en 1", "a 1 en 1", "a 1 en 2"]
    assert happened == ["answered", "computed", "answered"]


def test_the_functions_before_a_request_prepare_the_refresh_too(app, clock, served):
    cache, get = served
    counts = itertools.count(1)

    @app.before_request
    def name():
        g.name = "Ann"

    @app.route("/", methods=["GET", "POST"])
    @cache.cached(LIFE, stale=STALE)
    def view():
        return f"{g.name} {next(counts)} {request.get_data()} {request.content_length}"

    seen = [get(data=b"body", content_type="text/plain")]
    clock.advance(LIFE + 1)
    get(data=b"body", content_type="text/plain")

    assert [*seen, get()] == ["Ann 1 b'body' 4", "Ann 2 b'' 0"]


def test_where_one_of_them_answers_the_view_is_not_called(app, clock, served, caplog):
    cache, get = served
    answers = iter([None, None, redirect("/login"), None, None])
    counts = itertools.count(1)

    @app.before_request
    def login():
        return next(answers)

    @app.get("/")
    @cache.cached(LIFE, stale=STALE)
    def view():
        return f"{next(counts)}"

    seen = [get()]
    clock.advance(LIFE + 1)
    seen += [get(), get()]

    assert seen == ["1", "1", "1"]
    assert "a function before the request answered it" in caplog.text


@pytest.mark.parametrize("fails", ["raises", "aborts", "answers"])
def test_a_view_that_fails_leaves_its_stale_answer(app, clock, served, fails):
    cache, get = served
    counts = itertools.count(1)

    @app.get("/")
    @cache.cached(LIFE, stale=STALE)
    def view():
        count = next(counts)
        if count == 2:
            if fails == "raises":
                raise RuntimeError(fails)
            return abort(503) if fails == "aborts" else Response("down", 503)
        return f"{count}"

    seen = [get()]
    clock.advance(LIFE + 1)
    seen += [get(), get()]
    clock.advance(PAUSE + 1)
    seen += [get(), get()]

    assert seen == ["1", "1", "1", "1", "3"]


def test_a_post_is_never_answered_with_a_stale_value(app, clock, served):
    cache, get = served
    counts = itertools.count(1)

    @app.route("/", methods=["GET", "POST"])
    @cache.cached(LIFE, stale=STALE, policy="legacy")
    def view():
        return f"{next(counts)}"

    seen = [get(method="POST")]
    clock.advance(LIFE + 1)
    seen += [get(method="POST"), get()]

    assert seen == ["1", "2", "2"]


# -- what is refused ---------------------------------------------------------------------


@pytest.mark.parametrize("stale", [0, -1, "10", True, float("inf")])
@pytest.mark.parametrize("decorator", [Cache.cached, Cache.memoize])
def test_what_is_no_time_is_refused(cache, decorator, stale):
    with pytest.raises(ConfigError, match=r"stale=…: .* seconds above 0"):
        decorator(cache, stale=stale)
    with pytest.raises(ConfigError, match="stale"):
        cache.get_or_set("key", 1, stale=stale)
