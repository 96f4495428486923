"""How a call is answered: in how many trips, by whose computation, and with a store that fails."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import gc
import logging
import os
import threading
import weakref
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.exceptions import Forbidden

from flask_caching import Cache, SimpleCache
from flask_caching.backends.base import BaseCache
from flask_caching.errors import CacheUnavailableError
from flask_caching.keys.function import version_name
from flask_caching.lookup import Lookup
from flask_caching.statistics import Statistics
from flask_caching_conformance.harness.children import in_child
from flask_caching_conformance.harness.threads import Gate, crowd, in_thread, results
from flask_caching_conformance.harness.waiting import PATIENCE

from .schedules import WatchedCache, WatchedFlights, cache_on, replace_lookup


@pytest.fixture
def store():
    return WatchedCache()


@pytest.fixture
def cache(store):
    return cache_on(store)


@pytest.fixture
def flights(cache):
    return cache.lookup.flights


@pytest.fixture
def statistics(cache):
    """Give what was counted, but for the time that it took."""
    return lambda: replace(cache.stats(), compute_seconds=0)


def memoized(cache, function, **options):
    return cache.memoize(**options)(function)


def cached(cache, function, **options):
    return cache.cached(key_prefix="plain", **options)(function)


def through_get_or_set(cache, function):
    return lambda: cache.get_or_set("plain", function)


either = pytest.mark.parametrize("decorate", [memoized, cached])
any_way = pytest.mark.parametrize("decorate", [memoized, cached, through_get_or_set])


class Counted:
    """Makes functions that give a new list each, and counts their calls."""

    def __init__(self):
        self.calls = 0
        self._lock = threading.Lock()

    def count(self):
        with self._lock:
            self.calls += 1
            return self.calls

    def function(self):
        def counted():
            return [self.count()]

        return counted

    def stopping_at(self, gate):
        def counted():
            number = self.count()
            gate.stop()
            return [number]

        return counted


@pytest.fixture
def counted():
    return Counted()


@pytest.fixture
def gate():
    return Gate()


def call(function, times):
    return [function() for _ in range(times)]


# -- trips -------------------------------------------------------------------------------


def test_the_first_call_ever_of_a_function_takes_four_trips(cache, store, counted):
    function = memoized(cache, counted.function())

    function()

    assert store.trips == ["get_many", "add", "get_many", "set"]


def test_a_memoized_hit_takes_one_trip(cache, store, counted):
    function = memoized(cache, counted.function())
    function()
    store.trips.clear()

    function()

    assert store.trips == ["get_many"]


def test_a_memoized_miss_takes_two_trips(cache, store):
    function = memoized(cache, lambda number: number)
    function(1)
    store.trips.clear()

    function(2)

    assert store.trips == ["get_many", "set"]


def test_a_miss_after_an_invalidation_takes_two_trips(cache, store, counted):
    function = memoized(cache, counted.function())
    function()
    cache.delete_memoized(function)
    store.trips.clear()

    function()

    assert store.trips == ["get_many", "set"]


def test_invalidating_a_function_takes_one_trip(cache, store, counted):
    function = memoized(cache, counted.function())
    function()
    store.trips.clear()

    cache.delete_memoized(function)

    assert store.trips == ["set"]


class Thing:
    def __repr__(self):
        return "thing"

    def method(self):
        return 1


@pytest.mark.parametrize(("calls", "trips"), [(1, ["get_many", "set"]), (2, ["get_many"])])
def test_a_method_takes_as_many_trips_as_a_function(cache, store, calls, trips):
    method = memoized(cache, Thing.method)
    thing = Thing()
    method(thing)
    cache.delete_memoized(method, thing)
    call(lambda: method(thing), calls - 1)
    store.trips.clear()

    method(thing)

    assert store.trips == trips


@pytest.mark.parametrize("decorate", [cached, through_get_or_set])
def test_a_plain_miss_takes_two_trips(cache, store, counted, decorate):
    function = decorate(cache, counted.function())

    function()

    assert store.trips == ["get", "set"]


@pytest.mark.parametrize("decorate", [cached, through_get_or_set])
def test_a_plain_hit_takes_one_trip(cache, store, counted, decorate):
    function = decorate(cache, counted.function())
    function()
    store.trips.clear()

    function()

    assert store.trips == ["get"]


# -- None --------------------------------------------------------------------------------


def none_from(counted):
    def counted_none():
        counted.count()

    return counted_none


@either
def test_a_stored_none_is_a_hit_in_one_trip(cache, store, counted, decorate):
    function = decorate(cache, none_from(counted), cache_none=True)
    function()
    store.trips.clear()

    answer = function()

    assert answer is None
    assert counted.calls == 1
    assert len(store.trips) == 1


@either
def test_a_none_counts_as_a_miss_unless_it_is_asked_for(cache, counted, decorate):
    function = decorate(cache, none_from(counted))

    call(function, 3)

    assert counted.calls == 3


def test_get_or_set_tells_a_stored_none_from_a_miss_in_one_trip(cache, store, counted):
    cache.set("plain", None)
    store.trips.clear()

    answer = cache.get_or_set("plain", counted.count)

    assert answer is None
    assert counted.calls == 0
    assert store.trips == ["get"]


class FilledMeanwhile(BaseCache):
    """A store without `get_value`, into which somebody writes between `get` and `has`."""

    def __init__(self):
        super().__init__()
        self._values = {}

    def get(self, key):
        return self._values.get(key)

    def has(self, key):
        self._values[key] = "meanwhile"
        return True


def test_what_is_stored_during_the_reading_is_not_taken_for_none(counted):
    cache = cache_on(FilledMeanwhile())

    answer = cache.get_or_set("plain", counted.count)

    assert answer == "meanwhile"


# -- entries under versions --------------------------------------------------------------


def test_an_entry_is_read_by_its_key_while_it_is_valid(cache, counted):
    function = memoized(cache, counted.function())
    function()

    assert cache.get(function.make_cache_key(function.uncached)) == [1]


def test_an_outdated_entry_is_not_read_by_its_key(cache, counted):
    function = memoized(cache, counted.function())
    function()
    cache.delete_memoized(function)

    assert cache.get(function.make_cache_key(function.uncached), "nothing") == "nothing"


def test_an_outdated_entry_under_a_plain_key_is_computed_anew(cache, counted):
    function = memoized(cache, counted.function())
    function()
    cache.delete_memoized(function)
    key = function.make_cache_key(function.uncached)

    assert cache.get_or_set(key, lambda: "new") == "new"


def test_a_lost_version_does_not_bring_a_dead_value_back(cache, store, counted):
    function = memoized(cache, counted.function())
    function()
    cache.delete_memoized(function)

    store.delete(version_name(function.uncached))

    assert function() == [2]


def test_an_invalidation_that_the_store_refuses_is_an_error(counted):
    cache = cache_on(Refusing())
    function = memoized(cache, counted.function())

    with pytest.raises(CacheUnavailableError, match="nothing was invalidated"):
        cache.delete_memoized(function)


# -- the store fails ---------------------------------------------------------------------

READING = ("get", "get_many")
WRITING = ("set",)
SETTLING = ("add",)
EVERYTHING = READING + WRITING + SETTLING
failures = pytest.mark.parametrize(
    "failing", [READING, WRITING, SETTLING, EVERYTHING], ids="+".join
)


@any_way
@failures
def test_a_call_is_answered_without_the_store(cache, store, counted, decorate, failing, caplog):
    function = decorate(cache, counted.function())
    store.failing = failing

    with caplog.at_level(logging.CRITICAL, "flask_caching"):
        answers = call(function, 2)

    assert answers[0] == [1]
    assert counted.calls == answers[1][0]


@any_way
@pytest.mark.parametrize("failing", [READING, WRITING], ids=["reading", "writing"])
def test_an_error_of_the_store_is_logged(cache, store, counted, decorate, failing, caplog):
    function = decorate(cache, counted.function())
    store.failing = failing

    function()

    (record,) = caplog.records
    assert record.name == "flask_caching"
    assert record.levelno == logging.ERROR
    assert isinstance(record.exc_info[1], CacheUnavailableError)


@any_way
@pytest.mark.parametrize("failing", [READING, WRITING], ids=["reading", "writing"])
def test_an_error_of_the_store_is_raised_while_debugging(cache, store, counted, decorate, failing):
    cache.lookup.app.debug = True
    function = decorate(cache, counted.function())
    store.failing = failing

    with pytest.raises(CacheUnavailableError):
        function()


@any_way
@failures
@pytest.mark.parametrize("debug", [False, True])
def test_no_failure_makes_a_function_run_twice(
    cache, store, counted, decorate, failing, debug, caplog
):
    cache.lookup.app.debug = debug
    function = decorate(cache, counted.function())
    store.failing = failing

    with (
        caplog.at_level(logging.CRITICAL, "flask_caching"),
        contextlib.suppress(CacheUnavailableError),
    ):
        function()

    assert counted.calls <= 1


@pytest.mark.parametrize("failing", [SETTLING, SETTLING + WRITING], ids="+".join)
def test_what_has_no_version_is_not_stored(cache, store, counted, failing, caplog):
    function = memoized(cache, counted.function())
    store.failing = failing

    with caplog.at_level(logging.CRITICAL, "flask_caching"):
        function()

    assert "set" not in store.trips


def test_the_next_call_after_an_outage_is_stored_again(cache, store, counted, caplog):
    function = memoized(cache, counted.function())
    store.failing = EVERYTHING
    with caplog.at_level(logging.CRITICAL, "flask_caching"):
        function()
    store.failing = ()

    answers = call(function, 2)

    assert answers == [[2], [2]]


def test_callers_that_find_the_store_down_after_waiting_compute_at_once(
    cache, store, flights, gate, caplog
):
    everyone = threading.Barrier(5, timeout=PATIENCE)
    leading = threading.Lock()

    def slow():
        if leading.acquire(blocking=False):
            gate.stop()
            return "leader"
        everyone.wait()
        return "follower"

    function = memoized(cache, slow)
    callers = crowd(6, function)
    flights.await_waiting(5)
    store.failing = READING
    with caplog.at_level(logging.CRITICAL, "flask_caching"):
        gate.open()
        answers = results(callers)

    assert sorted(answers) == ["follower"] * 5 + ["leader"]


class Forgetful(SimpleCache):
    """Says that everything was stored, and finds nothing."""

    keeps_entries = True

    def set(self, key, value, timeout=None):
        return True

    def add(self, key, value, timeout=None):
        return True


@any_way
def test_a_store_that_forgets_makes_each_call_compute(counted, decorate):
    function = decorate(cache_on(Forgetful()), counted.function())

    answers = call(function, 3)

    assert answers == [[1], [2], [3]]


@any_way
def test_callers_of_a_store_that_forgets_are_all_answered(counted, gate, decorate):
    cache = cache_on(Forgetful())
    function = decorate(cache, counted.stopping_at(gate))
    callers = crowd(20, function)
    cache.lookup.flights.await_waiting(19)

    gate.open()
    answers = results(callers)

    assert sorted(answers) == [[number] for number in range(1, 21)]


class Refusing(SimpleCache):
    """Takes nothing; reads what it has."""

    keeps_entries = True

    def set(self, key, value, timeout=None):
        return False


@any_way
def test_what_the_store_refuses_is_given_but_not_kept(counted, decorate):
    cache = cache_on(Refusing())
    function = decorate(cache, counted.function())

    answers = call(function, 2)

    assert answers == [[1], [2]]
    assert cache.lookup.statistics.stores == 0
    assert cache.lookup.statistics.refusals == 2


@any_way
def test_nobody_waits_where_nothing_is_remembered(decorate):
    cache = cache_on("null", CACHE_NO_NULL_WARNING=True)
    everyone = threading.Barrier(8, timeout=PATIENCE)
    function = decorate(cache, lambda: [everyone.wait()])

    answers = results(crowd(8, function))

    assert sorted(answers) == [[number] for number in range(8)]
    assert replace(cache.stats(), compute_seconds=0) == Statistics(misses=8)


# -- refused results ---------------------------------------------------------------------


def one_then_together(gate, count):
    """Make a function whose first call stops at the gate; the others wait for one another."""
    together = threading.Barrier(count, timeout=PATIENCE)
    first = threading.Lock()
    number = Counted()

    def function():
        if first.acquire(blocking=False):
            gate.stop()
            return 0
        together.wait()
        return number.count()

    return function


@either
def test_a_refused_result_reaches_nobody_else(cache, flights, gate, decorate):
    function = decorate(cache, one_then_together(gate, 8), response_filter=lambda value: False)
    callers = crowd(9, function)
    flights.await_waiting(8)

    gate.open()
    answers = results(callers)

    assert sorted(answers) == list(range(9))


@either
def test_after_a_refusal_callers_compute_in_parallel(cache, gate, decorate):
    function = decorate(cache, one_then_together(gate, 8), response_filter=lambda value: False)
    gate.open()
    function()

    answers = results(crowd(8, function))

    assert sorted(answers) == list(range(1, 9))
    assert cache.lookup.statistics.waits == 0


@any_way
def test_what_can_not_be_serialized_reaches_nobody_else(cache, flights, gate, decorate, caplog):
    compute = one_then_together(gate, 4)
    function = decorate(cache, lambda: (compute(), lambda: None))
    callers = crowd(5, function)
    flights.await_waiting(4)

    with caplog.at_level(logging.CRITICAL, "flask_caching"):
        gate.open()
        answers = results(callers)

    assert sorted(number for number, _ in answers) == list(range(5))


@either
def test_a_none_that_is_a_miss_is_computed_in_parallel(cache, flights, gate, decorate):
    compute = one_then_together(gate, 4)

    def none():
        compute()

    function = decorate(cache, none)
    callers = crowd(5, function)
    flights.await_waiting(4)

    gate.open()

    assert results(callers) == [None] * 5


# -- once for one call -------------------------------------------------------------------


@any_way
@pytest.mark.parametrize("error", [StopIteration("over"), GeneratorExit("over"), ValueError("no")])
def test_what_a_function_raises_reaches_its_caller_once(cache, counted, decorate, error):
    def failing():
        counted.count()
        raise error

    function = decorate(cache, failing)

    with pytest.raises(type(error)) as caught:
        function()

    assert caught.value is error
    assert counted.calls == 1


@either
def test_a_generator_is_run_once_and_joined(cache, counted, decorate):
    def chunks():
        yield f"call {counted.count()}, "
        yield "joined"

    function = decorate(cache, chunks)

    assert call(function, 2) == ["call 1, joined"] * 2


@either
@pytest.mark.parametrize("debug", [False, True])
def test_a_generator_that_fails_is_run_once(cache, counted, decorate, debug):
    cache.lookup.app.debug = debug

    def chunks():
        yield f"call {counted.count()}"
        raise ValueError("half way")

    function = decorate(cache, chunks)

    with pytest.raises(ValueError, match="half way"):
        function()

    assert counted.calls == 1


@either
def test_a_failing_response_filter_does_not_run_the_function_again(cache, counted, decorate):
    def refuse(value):
        raise ValueError("filter")

    function = decorate(cache, counted.function(), response_filter=refuse)

    with pytest.raises(ValueError, match="filter"):
        function()

    assert counted.calls == 1


def test_a_function_that_failed_may_be_called_again(cache, counted):
    def failing():
        if counted.count() == 1:
            raise ValueError("no")
        return "answer"

    function = memoized(cache, failing)
    with pytest.raises(ValueError, match="no"):
        function()

    assert call(function, 2) == ["answer"] * 2


# -- one computation for many ------------------------------------------------------------


@any_way
def test_a_hundred_threads_on_a_cold_key_compute_once(cache, flights, counted, gate, decorate):
    function = decorate(cache, counted.stopping_at(gate))
    callers = crowd(100, function)
    flights.await_waiting(99)

    gate.open()
    answers = results(callers)

    assert answers == [[1]] * 100
    assert counted.calls == 1


@any_way
def test_each_of_them_has_a_copy_of_its_own(cache, flights, counted, gate, decorate):
    function = decorate(cache, counted.stopping_at(gate))
    callers = crowd(20, function)
    flights.await_waiting(19)

    gate.open()
    answers = results(callers)

    assert len({id(answer) for answer in answers}) == 20


def test_a_hundred_requests_for_a_cold_view_compute_once(cache, flights, counted, gate):
    app = cache.lookup.app

    @app.route("/")
    @cache.cached()
    def view():
        number = counted.count()
        gate.stop()
        return f"computed {number} times"

    callers = crowd(100, lambda: app.test_client().get("/").text)
    flights.await_waiting(99)
    gate.open()

    assert results(callers) == ["computed 1 times"] * 100


def test_a_hundred_threads_are_counted_right(cache, flights, statistics, counted, gate):
    function = memoized(cache, counted.stopping_at(gate))
    callers = crowd(100, function)
    flights.await_waiting(99)

    gate.open()
    results(callers)

    assert statistics() == Statistics(hits=99, misses=1, waits=99, stores=1)


def test_a_caller_that_read_just_before_the_landing_does_not_compute(counted):
    class Slow(SimpleCache):
        """Stops one reader, with what it has read."""

        reader = None

        def get_many(self, *keys):
            found = super().get_many(*keys)
            if self.reader is threading.current_thread():
                self.reader = None
                self.gate.stop()
            return found

    store = Slow()
    store.gate = Gate()
    function = memoized(cache_on(store), counted.function())

    def late():
        store.reader = threading.current_thread()
        return function()

    late_caller = in_thread(late)
    store.gate.await_arrival()
    function()
    store.gate.open()

    assert late_caller.result(PATIENCE) == [1]
    assert counted.calls == 1


def test_tenants_do_not_wait_for_each_other():
    tenant = contextvars.ContextVar("tenant")
    cache = cache_on("simple", CACHE_KEY_PREFIX=tenant.get)
    both = threading.Barrier(2, timeout=PATIENCE)

    def whose():
        both.wait()
        return tenant.get()

    function = memoized(cache, whose)

    def call_as(name):
        tenant.set(name)
        return function()

    assert results([in_thread(call_as, name) for name in "ab"]) == ["a", "b"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_computes_what_its_parent_was_computing(cache, gate):
    parent = os.getpid()

    def slow():
        if os.getpid() == parent:
            gate.stop()
        return "computed"

    function = memoized(cache, slow)
    leader = in_thread(function)
    gate.await_arrival()
    try:
        answer = in_child(function)
    finally:
        gate.open()

    assert answer == "computed"
    assert leader.result(PATIENCE) == "computed"


# -- exceptions --------------------------------------------------------------------------


def failing_at(gate, error, counted):
    def failing():
        counted.count()
        gate.stop()
        raise error

    return failing


def errors(futures):
    return [future.exception(PATIENCE) for future in futures]


@pytest.mark.parametrize("decorate", [memoized, through_get_or_set])
def test_callers_that_waited_get_copies_of_the_exception(cache, flights, counted, gate, decorate):
    function = decorate(cache, failing_at(gate, ValueError("no"), counted))
    callers = crowd(50, function)
    flights.await_waiting(49)

    gate.open()
    raised = errors(callers)

    assert [(type(error), error.args) for error in raised] == [(ValueError, ("no",))] * 50
    assert len({id(error) for error in raised}) == 50
    assert counted.calls == 1


def test_the_traceback_of_a_copy_is_no_longer_with_many_callers(cache, flights, counted, gate):
    function = memoized(cache, failing_at(gate, ValueError("no"), counted))
    callers = crowd(50, function)
    flights.await_waiting(49)

    gate.open()

    assert max(map(traceback_length, errors(callers))) < 20


def traceback_length(error):
    length, frame = 0, error.__traceback__
    while frame is not None:
        length, frame = length + 1, frame.tb_next
    return length


class ForTheProgram(BaseException):
    pass


class UncopyableError(Exception):
    def __init__(self, one, two):
        super().__init__(one)


@pytest.mark.parametrize(
    ("decorate", "error"),
    [
        (cached, ValueError("no")),
        (memoized, Forbidden()),
        (through_get_or_set, Forbidden()),
        (memoized, ForTheProgram("over")),
        (memoized, asyncio.CancelledError()),
        (memoized, UncopyableError(1, 2)),
    ],
    ids=lambda each: getattr(each, "__name__", type(each).__name__),
)
def test_after_what_is_not_shared_each_caller_computes(
    cache, flights, counted, gate, decorate, error
):
    function = decorate(cache, failing_at(gate, error, counted))
    callers = crowd(6, function)
    flights.await_waiting(5)

    gate.open()
    raised = errors(callers)

    assert {type(each) for each in raised} == {type(error)}
    assert counted.calls == 6


# -- nobody waits for ever ---------------------------------------------------------------

#: Whether the call is made by another call, directly or not.
inner = contextvars.ContextVar("inner", default=False)


def calling_itself(call_again):
    """Make a function that, at its outermost call, calls itself in some way."""

    def function():
        if inner.get():
            return "inner"
        inner.set(True)
        return f"outer, {call_again()}"

    return function


def in_a_thread_of_its_own(function):
    return in_thread(contextvars.copy_context().run, function).result(PATIENCE)


@any_way
@pytest.mark.parametrize("how", [lambda function: function(), in_a_thread_of_its_own])
def test_a_function_may_call_itself(cache, decorate, how):
    function = decorate(cache, calling_itself(lambda: how(function)))

    answer = in_thread(function).result(PATIENCE)

    assert answer == "outer, inner"


@pytest.mark.parametrize("how", [lambda function: function(), in_a_thread_of_its_own])
def test_two_functions_may_call_each_other_from_two_threads(cache, how):
    both_lead = threading.Barrier(2, timeout=PATIENCE)
    functions = {}

    def calling(other):
        both_lead.wait()
        return how(functions[other])

    for key, other in (("a", "b"), ("b", "a")):
        function = calling_itself(functools.partial(calling, other))
        functions[key] = cache.cached(key_prefix=key)(function)

    answers = results([in_thread(functions[key]) for key in "ab"])

    assert sorted(answers) == ["outer, inner", "outer, outer, inner"]


def test_an_executor_that_loses_the_context_is_rescued_by_the_bounded_wait(counted):
    cache = cache_on("simple", longest_wait=0.01)

    def through_an_executor():
        if counted.count() > 1:
            return "inner"
        return f"outer, {in_thread(function).result(PATIENCE)}"

    function = memoized(cache, through_an_executor)

    assert function() == "outer, inner"


def test_the_longest_wait_is_a_setting():
    cache = Cache(Flask("application"), config={"CACHE_TYPE": "simple"})
    patient = Cache(
        Flask("application"), config={"CACHE_TYPE": "simple", "CACHE_SINGLE_FLIGHT_WAIT": 3}
    )

    assert cache.lookup.flights.longest_wait == 10
    assert patient.lookup.flights.longest_wait == 3


@any_way
def test_a_synchronous_call_on_the_thread_of_a_loop_never_waits(cache, counted, gate, decorate):
    leading = threading.Lock()

    def slow():
        if leading.acquire(blocking=False):
            gate.stop()
        return counted.count()

    function = decorate(cache, slow)
    leader = in_thread(function)
    gate.await_arrival()

    async def on_the_loop():
        return function()

    answer = asyncio.run(on_the_loop())
    gate.open()

    assert answer == 1
    assert leader.result(PATIENCE) == 2


# -- forced updates and stale values -----------------------------------------------------


@either
def test_a_forced_update_computes_beside_a_computation_under_way(cache, counted, gate, decorate):
    forced = threading.Event()

    def slow():
        number = counted.count()
        if number == 1:
            gate.stop()
        return number

    function = decorate(cache, slow, forced_update=forced.is_set)
    older = in_thread(function)
    gate.await_arrival()
    forced.set()

    answer = function()
    gate.open()
    older.result(PATIENCE)
    forced.clear()

    assert answer == 2
    assert function() == 2


@either
def test_what_began_before_a_forced_update_does_not_overwrite_it(cache, gate, counted, decorate):
    forced = threading.Event()

    def slow():
        number = counted.count()
        if number == 1:
            gate.stop()
        return number

    function = decorate(cache, slow, forced_update=forced.is_set)
    older = in_thread(function)
    gate.await_arrival()
    forced.set()
    function()
    forced.clear()

    gate.open()

    assert older.result(PATIENCE) == 1
    assert function() == 2


@either
def test_forced_updates_do_not_wait_for_each_other(cache, decorate):
    everyone = threading.Barrier(8, timeout=PATIENCE)
    function = decorate(cache, everyone.wait, forced_update=lambda: True)

    answers = results(crowd(8, function))

    assert sorted(answers) == list(range(8))


@either
def test_others_wait_for_a_forced_update(cache, flights, gate, counted, decorate):
    forced = contextvars.ContextVar("forced", default=False)
    function = decorate(cache, counted.stopping_at(gate), forced_update=forced.get)

    def update():
        forced.set(True)
        return function()

    forcing = in_thread(update)
    gate.await_arrival()
    others = crowd(5, function)
    flights.await_waiting(5)
    gate.open()

    assert results([forcing, *others]) == [[1]] * 6


def test_a_forced_update_of_a_function_that_was_never_called_is_kept(cache, counted):
    forced = threading.Event()
    forced.set()
    function = memoized(cache, counted.function(), forced_update=forced.is_set)

    function()
    forced.clear()

    assert function() == [1]


def is_stale_below(limit):
    return lambda value, *args: value[0] < limit


@either
def test_many_callers_renew_a_stale_value_once(cache, flights, counted, gate, decorate):
    function = decorate(cache, counted.stopping_at(gate), is_stale=is_stale_below(2))
    stopped = in_thread(function)
    gate.await_arrival()
    gate.open()
    stopped.result(PATIENCE)
    gate.close()
    callers = crowd(10, function)
    flights.await_waiting(9)

    gate.open()

    assert results(callers) == [[2]] * 10
    assert counted.calls == 2


@either
def test_a_stale_value_that_was_renewed_meanwhile_is_not_computed_again(cache, counted, decorate):
    asking = Gate()
    slow_caller = contextvars.ContextVar("slow_caller", default=False)

    def is_stale(value, *args):
        if slow_caller.get():
            slow_caller.set(False)
            asking.stop()
        return value[0] < 2

    function = decorate(cache, counted.function(), is_stale=is_stale)
    function()

    def call_slowly():
        slow_caller.set(True)
        return function()

    slow = in_thread(call_slowly)
    asking.await_arrival()
    function()
    asking.open()

    assert slow.result(PATIENCE) == [2]
    assert counted.calls == 2


@either
def test_values_that_are_always_stale_are_computed_for_each_caller(
    cache, flights, gate, decorate, counted
):
    function = decorate(cache, one_then_together(gate, 4), is_stale=lambda value, *args: True)
    callers = crowd(5, function)
    flights.await_waiting(4)

    gate.open()

    assert sorted(results(callers)) == list(range(5))


# -- on an event loop --------------------------------------------------------------------


class Slow:
    """A coroutine function whose computations stop until they are released."""

    def __init__(self):
        self.calls = 0
        self.released = asyncio.Event()

    def function(self):
        async def slow():
            self.calls += 1
            number = self.calls
            await self.released.wait()
            return [number]

        return slow


async def turn():
    """Let every task that is ready go as far as it can."""
    await asyncio.sleep(0)


def tasks(count, function):
    return [asyncio.create_task(function()) for _ in range(count)]


@either
def test_fifty_tasks_on_a_cold_key_compute_once(cache, decorate):
    async def main():
        slow = Slow()
        callers = tasks(50, decorate(cache, slow.function()))
        await turn()
        slow.released.set()
        return await asyncio.gather(*callers), slow.calls

    answers, calls = asyncio.run(main())

    assert answers == [[1]] * 50
    assert calls == 1


def test_each_task_has_a_copy_of_its_own(cache):
    async def main():
        slow = Slow()
        callers = tasks(20, memoized(cache, slow.function()))
        await turn()
        slow.released.set()
        return await asyncio.gather(*callers)

    answers = asyncio.run(main())

    assert len({id(answer) for answer in answers}) == 20


@either
def test_tasks_and_threads_together_compute_once(cache, flights, decorate):
    async def main():
        slow = Slow()
        function = decorate(cache, slow.function())
        callers = tasks(20, function)
        await turn()
        threads = crowd(20, function)
        await asyncio.to_thread(flights.await_waiting, 39)
        slow.released.set()
        answers = await asyncio.gather(*callers, *map(asyncio.wrap_future, threads))
        return answers, slow.calls

    answers, calls = asyncio.run(main())

    assert answers == [[1]] * 40
    assert calls == 1


def test_tasks_wait_for_a_thread_that_computes(cache, flights, counted, gate):
    stopping = counted.stopping_at(gate)

    async def slow():
        return stopping()

    function = memoized(cache, slow)
    leader = in_thread(function)
    gate.await_arrival()

    async def main():
        callers = tasks(20, function)
        await asyncio.to_thread(flights.await_waiting, 20)
        gate.open()
        return await asyncio.gather(*callers)

    assert asyncio.run(main()) == [[1]] * 20
    assert leader.result(PATIENCE) == [1]
    assert counted.calls == 1


def test_one_flight_serves_several_loops(cache, flights, counted, gate):
    stopping = counted.stopping_at(gate)

    async def slow():
        return stopping()

    function = memoized(cache, slow)

    callers = crowd(5, lambda: asyncio.run(awaited(function)))
    flights.await_waiting(4)
    gate.open()

    assert results(callers) == [[1]] * 5
    assert counted.calls == 1


@either
def test_when_the_leader_is_cancelled_another_one_leads(cache, decorate):
    async def main():
        slow = Slow()
        leader, *others = tasks(10, decorate(cache, slow.function()))
        await turn()
        leader.cancel()
        await asyncio.wait([leader])
        slow.released.set()
        return leader.cancelled(), await asyncio.gather(*others), slow.calls

    cancelled, answers, calls = asyncio.run(main())

    assert cancelled
    assert answers == [[2]] * 9
    assert calls == 2


@either
def test_when_a_follower_is_cancelled_the_leader_goes_on(cache, decorate):
    async def main():
        slow = Slow()
        leader, follower, other = tasks(3, decorate(cache, slow.function()))
        await turn()
        follower.cancel()
        await asyncio.wait([follower])
        slow.released.set()
        return follower.cancelled(), await asyncio.gather(leader, other), slow.calls

    cancelled, answers, calls = asyncio.run(main())

    assert cancelled
    assert answers == [[1]] * 2
    assert calls == 1


def test_a_computation_that_is_abandoned_lands(cache, flights):
    async def never():
        await asyncio.get_running_loop().create_future()

    async def main():
        abandoned = memoized(cache, never)()
        abandoned.send(None)
        in_the_air = len(flights._table().live)
        abandoned.close()
        return in_the_air

    assert asyncio.run(main()) == 1
    assert not flights._table().live


def test_tasks_that_waited_get_copies_of_the_exception(cache):
    async def main():
        released = asyncio.Event()

        async def failing():
            await released.wait()
            raise ValueError("no")

        callers = tasks(10, memoized(cache, failing))
        await turn()
        released.set()
        return await asyncio.gather(*callers, return_exceptions=True)

    raised = asyncio.run(main())

    assert [(type(error), error.args) for error in raised] == [(ValueError, ("no",))] * 10
    assert len({id(error) for error in raised}) == 10


def test_two_coroutine_functions_may_call_each_other(cache):
    functions = {}

    async def main():
        both_lead = asyncio.Barrier(2)

        async def calling(other):
            await both_lead.wait()
            return await functions[other]()

        for key, other in (("a", "b"), ("b", "a")):
            function = awaiting_itself(functools.partial(calling, other))
            functions[key] = cache.cached(key_prefix=key)(function)
        both = asyncio.gather(functions["a"](), functions["b"]())
        return await asyncio.wait_for(both, PATIENCE)

    assert sorted(asyncio.run(main())) == ["outer, inner", "outer, outer, inner"]


def awaiting_itself(call_again):
    """Make a coroutine function that, at its outermost call, calls itself in some way."""

    async def function():
        if inner.get():
            return "inner"
        inner.set(True)
        return f"outer, {await call_again()}"

    return function


@pytest.mark.parametrize(
    "how",
    [
        lambda function: function(),
        lambda function: asyncio.create_task(function()),
        lambda function: asyncio.to_thread(lambda: asyncio.run(awaited(function))),
    ],
    ids=["await", "create_task", "to_thread"],
)
def test_a_coroutine_function_may_call_itself(cache, how):
    function = memoized(cache, awaiting_itself(lambda: how(function)))

    async def main():
        return await asyncio.wait_for(function(), PATIENCE)

    assert asyncio.run(main()) == "outer, inner"


async def awaited(function):
    return await function()


class WithoutLoops(Flask):
    def ensure_sync(self, func):
        raise AssertionError("a loop would be started")


def test_a_hit_of_a_coroutine_function_needs_no_loop():
    cache = Cache(WithoutLoops("application"), config={"CACHE_TYPE": "simple"})

    async def function():
        return "computed"

    function = memoized(cache, function)
    asyncio.run(awaited(function))

    assert function() == "computed"


def test_a_miss_of_a_coroutine_function_without_a_loop_is_computed(cache, counted):
    async def function():
        return counted.count()

    function = memoized(cache, function)

    assert call(function, 2) == [1, 1]


def test_a_hit_on_a_running_loop_is_awaitable(cache, counted):
    async def function():
        return counted.count()

    function = memoized(cache, function)

    async def main():
        return await function(), await function()

    assert asyncio.run(main()) == (1, 1)


def test_tasks_do_not_wait_where_nothing_is_remembered():
    cache = cache_on("null", CACHE_NO_NULL_WARNING=True)

    async def main():
        everyone = asyncio.Barrier(5)

        async def function():
            return await everyone.wait()

        callers = asyncio.gather(*tasks(5, memoized(cache, function)))
        return await asyncio.wait_for(callers, PATIENCE)

    assert sorted(asyncio.run(main())) == list(range(5))


# -- what happened -----------------------------------------------------------------------


def test_hits_misses_and_stores_are_counted(cache, statistics, counted):
    function = memoized(cache, counted.function())

    call(function, 3)

    assert statistics() == Statistics(hits=2, misses=1, stores=1)


def test_refusals_are_counted(cache, statistics, counted):
    function = memoized(cache, counted.function(), response_filter=lambda value: False)

    call(function, 3)

    assert statistics() == Statistics(misses=3, refusals=3)


def test_errors_are_counted(cache, store, statistics, counted, caplog):
    function = cached(cache, counted.function())
    store.failing = WRITING

    call(function, 2)

    assert statistics() == Statistics(misses=2, errors=2)


def test_a_bypassed_call_is_not_counted(cache, statistics, counted):
    function = memoized(cache, counted.function(), unless=lambda: True)

    call(function, 2)

    assert counted.calls == 2
    assert statistics() == Statistics()


@pytest.mark.parametrize(
    ("failing", "options", "events"),
    [
        ((), {}, ["miss", "store", "hit"]),
        ((), {"response_filter": lambda value: False}, ["miss", "refuse", "miss", "refuse"]),
        (WRITING, {}, ["miss", "error", "miss", "error"]),
        (READING, {}, ["error", "miss", "error", "miss"]),
    ],
    ids=["hit", "refused", "writing fails", "reading fails"],
)
def test_observers_are_told_what_happens(cache, store, counted, failing, options, events, caplog):
    told = []
    replace_lookup(cache, Lookup, observers=[lambda **event: told.append(event)])
    function = cached(cache, counted.function(), **options)
    store.failing = failing

    call(function, 2)

    assert [event["event"] for event in told] == events
    assert {event["key"] for event in told} == {"plain"}
    assert {event["cache"] for event in told} == {cache}


# -- what an exception leaves behind -----------------------------------------------------


class Local:
    """What a function that fails has in its frame."""


class Failing:
    """Makes functions that raise, and notices when their frames are freed."""

    def __init__(self):
        self.locals = []

    def function(self, stop=lambda: None):
        def failing():
            local = Local()
            self.locals.append(weakref.ref(local))
            stop()
            raise ValueError(type(local).__name__)

        return failing

    def coroutine_function(self):
        fail = self.function()

        async def failing():
            fail()

        return failing

    @property
    def left(self):
        return [each for each in self.locals if each() is not None]


@pytest.fixture
def failing():
    return Failing()


@pytest.fixture
def no_collector():
    """Free nothing but what no reference is left to."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def context_of_error(function):
    """Call a function that fails; return the context of what it raises."""
    try:
        function()
    except ValueError as error:
        return error.__context__
    return "nothing was raised"


@any_way
def test_an_exception_comes_out_without_a_trace(cache, decorate, failing, no_collector):
    function = decorate(cache, failing.function())

    context = context_of_error(function)

    assert context is None
    assert (len(failing.locals), failing.left) == (1, [])


@either
def test_an_exception_of_a_task_comes_out_without_a_trace(cache, decorate, failing, no_collector):
    function = decorate(cache, failing.coroutine_function())

    async def context_of_it():
        try:
            await function()
        except ValueError as error:
            return error.__context__
        return "nothing was raised"

    context = asyncio.run(context_of_it())

    assert context is None
    assert (len(failing.locals), failing.left) == (1, [])


@pytest.mark.parametrize("decorate", [memoized, through_get_or_set])
def test_copies_of_an_exception_come_out_without_a_trace(
    cache, flights, decorate, failing, gate, no_collector
):
    function = decorate(cache, failing.function(gate.stop))
    callers = crowd(3, context_of_error, function)
    flights.await_waiting(2)

    gate.open()

    assert results(callers) == [None] * 3
    assert (len(failing.locals), failing.left) == (1, [])


# -- is_stale fails ----------------------------------------------------------------------


def broken_is_stale(value):
    raise ZeroDivisionError("is_stale is broken")


@either
def test_an_is_stale_that_fails_after_a_wait_is_logged(
    cache, flights, counted, gate, decorate, caplog
):
    function = decorate(cache, counted.stopping_at(gate), is_stale=broken_is_stale)
    callers = crowd(2, function)
    flights.await_waiting(1)

    gate.open()

    assert sorted(results(callers)) == [[1], [2]]
    (message,) = caplog.messages
    assert message.startswith("Answered without the cache: is_stale is broken (in a ")


@either
def test_an_is_stale_that_fails_after_a_wait_is_raised_while_debugging(
    cache, flights, counted, gate, decorate
):
    cache.lookup.app.debug = True
    function = decorate(cache, counted.stopping_at(gate), is_stale=broken_is_stale)
    leader = in_thread(function)
    gate.await_arrival()
    follower = in_thread(function)
    flights.await_waiting(1)

    gate.open()

    assert leader.result(PATIENCE) == [1]
    with pytest.raises(ZeroDivisionError, match="is_stale is broken"):
        follower.result(PATIENCE)


# -- passwords ---------------------------------------------------------------------------


@pytest.mark.parametrize("chained", [False, True])
def test_a_password_in_an_error_of_the_store_is_not_logged(counted, caplog, chained):
    error = ConnectionError("no answer from redis://app:hunter2@db:6379/0")

    class Remote(BaseCache):
        def get(self, key):
            if chained:
                raise CacheUnavailableError("the store is down") from error
            raise error

    cache = cache_on(Remote())
    function = cached(cache, counted.function())

    assert function() == [1]
    assert "redis://app:(hidden)@db:6379" in caplog.text
    assert "hunter2" not in caplog.text


# -- what a backend notes of a miss ------------------------------------------------------


class OutdatingCache(WatchedCache):
    """A store that is shared, and whose `clear` outdates the entries and removes none."""

    keeps_entries = True

    def __init__(self):
        super().__init__()
        self.generation = 1
        self.notes = []

    def get_value(self, key, default=None):
        generation, value = super().get_value(key, (None, None))
        return value if generation == self.generation else default

    def get_many(self, *keys):
        return [self.get_value(key) for key in keys]

    def set(self, key, value, timeout=None):
        return super().set(key, (self.generation, value), timeout)

    def add(self, key, value, timeout=None):
        return self.set(key, value, timeout)

    def note_miss(self, key):
        self._trip("note")
        return key, self.generation

    def set_computed(self, key, value, timeout=None, noted=None):
        self.notes.append(noted)
        generation = self.generation if noted is None else noted[1]
        return super().set(key, (generation, value), timeout)

    def clear_elsewhere(self):
        """Do what another process's `clear` does, of which no flight here knows."""
        self.generation += 1


@pytest.fixture
def outdating():
    return OutdatingCache()


def clearing(counted, store):
    """Make a function in whose first computation another process clears the store."""

    def cleared_meanwhile():
        number = counted.count()
        if number == 1:
            store.clear_elsewhere()
        return [number]

    return cleared_meanwhile


@any_way
def test_a_clear_by_another_process_outdates_what_is_computed_meanwhile(
    outdating, counted, decorate
):
    function = decorate(cache_on(outdating), clearing(counted, outdating))

    assert [function() for _ in range(3)] == [[1], [2], [2]]


@any_way
def test_what_was_noted_of_a_miss_comes_back_with_the_value(outdating, counted, decorate):
    function = decorate(cache_on(outdating), counted.function())

    function()

    (noted,) = outdating.notes
    assert noted[1] == 1
    assert outdating.get_value(noted[0]) is not None


@any_way
def test_nothing_is_noted_of_a_hit(outdating, counted, decorate):
    function = decorate(cache_on(outdating), counted.function())
    function()
    outdating.trips.clear()

    function()

    assert "note" not in outdating.trips


@either
def test_a_stale_value_is_noted_like_a_miss(outdating, counted, decorate):
    function = decorate(
        cache_on(outdating), clearing(counted, outdating), is_stale=lambda value, *args: True
    )
    function()
    outdating.notes.clear()

    function()

    assert [generation for _, generation in outdating.notes] == [2]


@either
def test_nothing_is_noted_where_nothing_was_read(outdating, counted, decorate):
    function = decorate(cache_on(outdating), counted.function(), forced_update=lambda *args: True)

    function()

    assert outdating.notes == [None]


@any_way
def test_a_caller_that_has_waited_notes_what_it_read_last(outdating, counted, gate, decorate):
    cache = cache_on(outdating)
    watched = WatchedFlights()
    cache.lookup.flights = watched
    function = decorate(cache, counted.stopping_at(gate))
    leader = in_thread(function)
    gate.await_arrival()
    follower = in_thread(function)
    watched.await_waiting(1)
    outdating.clear_elsewhere()

    gate.open()

    assert leader.result(PATIENCE) == [1]
    assert follower.result(PATIENCE) == [2]
    assert [generation for _, generation in outdating.notes] == [1, 2]


@any_way
def test_a_note_that_fails_leaves_the_call_to_be_computed(outdating, counted, decorate):
    function = decorate(cache_on(outdating), counted.function())
    outdating.failing = ("note",)

    assert [function(), function()] == [[1], [2]]
    assert outdating.notes == []
