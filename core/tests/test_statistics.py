"""What is counted, for the cache and for each decorated function, and where it begins anew."""

from __future__ import annotations

import ast
import asyncio
import dataclasses
import gc
import json
import os
import sys
import weakref
from pathlib import Path

import pytest
from flask import Flask

import flask_caching
from flask_caching import Cache, SimpleCache
from flask_caching.errors import CacheUnavailableError
from flask_caching.statistics import Statistics
from flask_caching_conformance.harness.children import in_child
from flask_caching_conformance.harness.threads import Gate, crowd, results
from flask_caching_conformance.harness.waiting import wait_until

from .schedules import cache_on


class Down(SimpleCache):
    """Fails while it is told to."""

    def __init__(self, **options):
        super().__init__(**options)
        self.is_down = False

    def get_value(self, key, default=None):
        self._check()
        return super().get_value(key, default)

    get = get_value

    def get_many(self, *keys):
        self._check()
        return super().get_many(*keys)

    def set(self, key, value, timeout=None):
        self._check()
        return super().set(key, value, timeout)

    def _check(self):
        if self.is_down:
            raise CacheUnavailableError("down")


@pytest.fixture
def counted(cache):
    """Give what the cache counted, but for the time that it took."""
    return lambda: without_time(cache.stats())


def without_time(statistics):
    return dataclasses.replace(statistics, compute_seconds=0.0)


# -- the record --------------------------------------------------------------------------


def test_the_ratio_is_that_of_what_was_there():
    assert Statistics(hits=2, stale=1, misses=1).hit_ratio == 0.75
    assert Statistics().hit_ratio == 0


def test_a_record_is_frozen_and_can_be_json(cache):
    cache.get("key")

    record = cache.stats()

    with pytest.raises(dataclasses.FrozenInstanceError):
        record.hits = 5
    assert json.loads(json.dumps(record.as_dict())) == {
        "hits": 0,
        "misses": 1,
        "stores": 0,
        "refusals": 0,
        "deletes": 0,
        "invalidations": 0,
        "errors": 0,
        "untrusted": 0,
        "stale": 0,
        "waits": 0,
        "compute_seconds": 0.0,
        "hit_ratio": 0.0,
    }


def test_a_record_is_what_was_counted_when_it_was_asked_for(cache):
    before = cache.stats()

    cache.get("key")

    assert (before.misses, cache.stats().misses) == (0, 1)


# -- of a function -----------------------------------------------------------------------


@pytest.mark.parametrize("decorator", ["cached", "memoize"])
def test_a_decorated_function_knows_its_own_calls(cache, counted, decorator):
    options = {"key_prefix": "key"} if decorator == "cached" else {}

    @getattr(cache, decorator)(**options)
    def function():
        return 1

    @cache.memoize()
    def other():
        return 2

    for call in (function, function, function, other):
        call()

    assert without_time(function.stats()) == Statistics(hits=2, misses=1, stores=1)
    assert without_time(other.stats()) == Statistics(misses=1, stores=1)
    assert counted() == Statistics(hits=2, misses=2, stores=2)


def test_calls_of_coroutine_functions_are_counted(cache, counted):
    @cache.memoize()
    async def function():
        await asyncio.sleep(0)
        return 1

    async def main():
        return await function(), await function()

    asyncio.run(main())

    assert without_time(function.stats()) == counted() == Statistics(hits=1, misses=1, stores=1)
    assert function.stats().compute_seconds > 0


def test_a_method_is_counted_for_all_objects(cache):
    class Adder:
        def __repr__(self):
            return "Adder"

        @cache.memoize()
        def add(self, a):
            return a

    Adder().add(1)
    Adder().add(1)

    assert without_time(Adder.add.stats()) == Statistics(hits=1, misses=1, stores=1)
    assert Adder().add.stats() == Adder.add.stats()


def test_what_undoes_a_function_is_counted_for_it(cache, counted):
    memoized = cache.memoize()(lambda a: a)
    view = cache.cached(key_prefix="key")(lambda: 1)
    versioned = cache.cached(key_prefix="other", versioned=True)(lambda: 1)

    cache.delete_memoized(memoized)
    cache.delete_memoized(memoized, 1)
    memoized.invalidate(2)
    view.invalidate()
    cache.delete_cached(view)
    cache.delete_cached(versioned)

    assert memoized.stats() == Statistics(deletes=2, invalidations=1)
    assert view.stats() == Statistics(deletes=2)
    assert versioned.stats() == Statistics(invalidations=1)
    assert counted() == Statistics(deletes=4, invalidations=2)


def test_refusals_and_seconds_are_counted_for_a_function():
    cache = cache_on(SimpleCache())
    gate = Gate()
    slow = cache.memoize(response_filter=lambda value: False)(gate.stop)

    callers = crowd(2, slow)
    gate.await_arrival()
    cache.lookup.flights.await_waiting(1)
    gate.open()
    results(callers)

    assert slow.stats().refusals == slow.stats().misses == 2
    assert slow.stats().compute_seconds == cache.stats().compute_seconds > 0


def test_waiting_is_counted_for_a_function():
    cache = cache_on(SimpleCache())
    gate = Gate()
    slow = cache.memoize()(lambda: gate.stop() or 1)

    callers = crowd(3, slow)
    gate.await_arrival()
    cache.lookup.flights.await_waiting(2)
    gate.open()

    assert results(callers) == [1, 1, 1]
    assert without_time(slow.stats()) == Statistics(hits=2, misses=1, stores=1, waits=2)


def test_failed_computations_count_as_seconds(cache):
    @cache.memoize()
    def failing():
        raise LookupError

    with pytest.raises(LookupError):
        failing()

    assert without_time(failing.stats()) == Statistics(misses=1)
    assert failing.stats().compute_seconds > 0


@pytest.mark.parametrize("options", [{}, {"lock": True}, {"stale": 5}, {"tags": "a"}], ids=str)
def test_errors_of_the_store_are_counted_for_the_function_that_met_them(caplog, options):
    store = Down()
    cache = cache_on(store)
    function = cache.memoize(**options)(lambda: 1)
    store.is_down = True

    function()

    assert function.stats().errors == cache.stats().errors == 1
    assert without_time(function.stats()) == Statistics(misses=1, errors=1)


def test_errors_of_key_functions_are_counted_for_the_function(cache, caplog):
    function = cache.cached(key_prefix=lambda: 1 / 0)(lambda: 1)

    function()

    assert function.stats() == cache.stats() == Statistics(errors=1)


def test_stale_values_are_counted_for_the_function(clock):
    cache = cache_on(SimpleCache(clock=clock))
    cache.lookup.clock = clock
    function = cache.memoize(timeout=10, stale=60)(lambda: 1)
    function()
    clock.advance(11)

    function()
    wait_until(lambda: function.stats().stores == 2)

    # Nobody asked for what was computed in the background: that is no miss.
    assert without_time(function.stats()) == Statistics(misses=1, stores=2, stale=1)
    assert function.stats() == cache.stats()
    assert function.stats().hit_ratio == 0.5


def test_each_application_has_its_own_numbers():
    cache = Cache()
    apps = [Flask("one"), Flask("other")]
    for app in apps:
        cache.init_app(app, {"CACHE_TYPE": "simple"})
    function = cache.memoize()(lambda: 1)

    for app, calls in zip(apps, (1, 3), strict=True):
        with app.app_context():
            for _ in range(calls):
                function()

    for app, hits in zip(apps, (0, 2), strict=True):
        with app.app_context():
            expected = Statistics(hits=hits, misses=1, stores=1)
            assert without_time(function.stats()) == without_time(cache.stats()) == expected


def test_a_function_keeps_no_application_alive_by_counting():
    cache = Cache()
    function = cache.memoize()(lambda: 1)
    app = Flask("short-lived")
    cache.init_app(app, {"CACHE_TYPE": "simple"})
    with app.app_context():
        function()
    gone = weakref.ref(app)
    cache.app = None

    del app
    gc.collect()

    assert gone() is None


# -- of direct calls -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "hits", "misses"),
    [
        (lambda cache: cache.get("there"), 1, 0),
        (lambda cache: cache.get("missing"), 0, 1),
        (lambda cache: cache.get("missing", 5), 0, 1),
        (lambda cache: cache.get("there", 1), 1, 0),
        (lambda cache: cache.get_value("there"), 1, 0),
        (lambda cache: cache.get_value("nothing"), 1, 0),
        (lambda cache: cache.get_value("missing", 5), 0, 1),
        (lambda cache: cache.get_many("there", "missing", "also"), 1, 2),
        (lambda cache: cache.get_dict("there", "missing"), 1, 1),
        (lambda cache: cache.get_or_set("there", 5), 1, 0),
        (lambda cache: cache.has("there"), 0, 0),
    ],
)
def test_what_a_proxy_finds_is_counted(cache, counted, ask, hits, misses):
    cache.cache.set_many({"there": 2, "nothing": None})

    ask(cache)

    assert counted() == Statistics(hits=hits, misses=misses)


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda cache: cache.set("key", 1), Statistics(stores=1)),
        (lambda cache: cache.set("key", 1, tags="a"), Statistics(stores=1)),
        (lambda cache: cache.set_many({"a": 1, "b": 2}), Statistics(stores=2)),
        (lambda cache: cache.add("key", 1), Statistics(stores=1)),
        (lambda cache: cache.add("there", 1), Statistics()),
        (lambda cache: cache.inc("counter"), Statistics()),
        (lambda cache: cache.delete("there"), Statistics(deletes=1)),
        (lambda cache: cache.delete("missing"), Statistics(deletes=1)),
        (lambda cache: cache.delete_many("there", "missing"), Statistics(deletes=2)),
        (lambda cache: cache.unlink("there"), Statistics(deletes=1)),
        (lambda cache: cache.clear(), Statistics(invalidations=1)),
        (lambda cache: cache.invalidate_tags("a", "b"), Statistics(invalidations=2)),
        (lambda cache: cache.invalidate_tags("a", soft=True), Statistics(invalidations=1)),
        (lambda cache: cache.namespace("n").clear(), Statistics(invalidations=1)),
        (lambda cache: cache.namespace("n").set("key", 1), Statistics(stores=1)),
        (lambda cache: cache.namespace("n").set_many({"a": 1, "b": 2}), Statistics(stores=2)),
        (lambda cache: cache.namespace("n").get("key"), Statistics(misses=1)),
        (lambda cache: cache.namespace("n").get_many("a", "b"), Statistics(misses=2)),
        (lambda cache: cache.namespace("n").delete("a"), Statistics(deletes=1)),
        (lambda cache: cache.namespace("n").delete_many("a", "b"), Statistics(deletes=2)),
    ],
)
def test_what_a_call_does_is_counted(cache, counted, write, expected):
    cache.cache.set("there", 2)

    write(cache)

    assert counted() == expected


def test_a_store_that_takes_nothing_refuses():
    class Full(SimpleCache):
        def set(self, key, value, timeout=None):
            return False

        def set_many(self, mapping, timeout=None):
            return []

    cache = cache_on(Full())

    cache.set("key", 1)
    cache.set_many({"a": 1, "b": 2})

    assert cache.stats() == Statistics(refusals=3)


def test_a_direct_call_that_fails_is_an_error_and_no_miss(caplog):
    store = Down()
    cache = cache_on(store)
    store.is_down = True

    cache.get("key")
    cache.get_many("a", "b")
    cache.set("key", 1)

    assert cache.stats() == Statistics(errors=3)


def test_what_the_flow_asks_through_an_override_is_counted_once(app):
    class Instrumented(Cache):
        def get(self, *args, **kwargs):
            return super().get(*args, **kwargs)

        def set(self, *args, **kwargs):
            return super().set(*args, **kwargs)

        def delete(self, *args, **kwargs):
            return super().delete(*args, **kwargs)

    cache = Instrumented(app)
    function = cache.cached(key_prefix="key")(lambda: 1)

    function()
    function()
    cache.get("key")
    cache.delete_cached(function)
    cache.delete("other")

    expected = Statistics(hits=2, misses=1, stores=1, deletes=2)
    assert without_time(cache.stats()) == expected


def test_fragments_are_counted(app, cache, counted):
    template = app.jinja_env.from_string("{% cache 5, 'part' %}x{% endcache %}")

    template.render()
    template.render()

    assert counted() == Statistics(hits=1, misses=1, stores=1)


# -- threads -------------------------------------------------------------------------------


@pytest.mark.skipif(
    not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="needs the global lock"
)
def test_no_hit_of_many_threads_is_lost(cache):
    function = cache.memoize()(lambda: 1)
    cache.set("key", 1)
    function()
    interval = sys.getswitchinterval()

    def calls():
        for _ in range(2000):
            function()
            cache.get("key")

    sys.setswitchinterval(1e-6)
    try:
        results(crowd(8, calls))
    finally:
        sys.setswitchinterval(interval)

    assert function.stats().hits == 16_000
    assert cache.stats().hits == 32_000


def test_nothing_is_called_while_something_is_counted():
    """A call is where another thread may come in, and what it counted be lost."""
    names = set(Statistics().as_dict())
    counting = [
        node
        for path in Path(flask_caching.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.AugAssign)
        and isinstance(node.target, ast.Attribute)
        and node.target.attr in names
    ]

    assert len(counting) > 20
    for node in counting:
        assert isinstance(node.value, ast.Constant | ast.Name), ast.unparse(node)


# -- processes -----------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a platform that forks")
def test_a_child_begins_anew(cache):
    function = cache.memoize()(lambda: 1)
    function()
    function()

    def calls():
        inherited = function.stats(), cache.stats()
        function()
        return [each.as_dict() for each in (*inherited, function.stats(), cache.stats())]

    *inherited, of_function, of_cache = in_child(calls)

    assert inherited == [Statistics().as_dict()] * 2
    assert (of_function["hits"], of_cache["hits"]) == (1, 1)
    assert function.stats().hits == 1
