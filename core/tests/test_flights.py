"""Who computes, who waits for it, and what is not to be stored any more."""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading

import pytest

from flask_caching import flights as flights_module
from flask_caching.flights import (
    REFUSAL_SECONDS,
    REMEMBERED_LANDINGS,
    REMEMBERED_REFUSALS,
    Decision,
    Flight,
    Flights,
    Outcome,
    copied,
)
from flask_caching_conformance.harness.children import in_child
from flask_caching_conformance.harness.threads import Gate, in_thread, results
from flask_caching_conformance.harness.waiting import PATIENCE

from .schedules import NO_RESCUE, WatchedFlights


@pytest.fixture
def flights(clock):
    return WatchedFlights(clock=clock)


def join(flights, key="key", versions=(), landings=None, may_wait=True):
    noted = flights.landings if landings is None else landings
    return flights.join(key, noted, versions, may_wait)


def led(flights, key="key", versions=()):
    """Begin a flight, as its leader."""
    decision, flight = join(flights, key, versions)
    assert decision is Decision.LEAD
    return flight


def stored(flights, key="key"):
    """Let a key land with a result that was stored."""
    flights.land(led(flights, key), Outcome.STORED)


# -- what a caller that missed does ------------------------------------------------------


def test_the_first_caller_leads(flights):
    decision, flight = join(flights)

    assert decision is Decision.LEAD
    assert flight.key == "key"


def test_the_second_caller_waits_for_the_first(flights):
    flight = led(flights)

    assert join(flights) == (Decision.WAIT, flight)


def test_callers_of_different_keys_both_lead(flights):
    led(flights, "key")

    decision, _ = join(flights, "other")

    assert decision is Decision.LEAD


def test_a_caller_that_may_not_wait_computes_alone(flights):
    flight = led(flights)

    decision, own = join(flights, may_wait=False)

    assert decision is Decision.ALONE
    assert own is not flight


def test_a_caller_that_may_not_wait_leads_where_nobody_does(flights):
    decision, _ = join(flights, may_wait=False)

    assert decision is Decision.LEAD


def test_a_flight_that_failed_is_followed_by_another_leader(flights):
    flights.land(led(flights), Outcome.FAILED)

    decision, _ = join(flights)

    assert decision is Decision.LEAD


def test_no_flight_is_kept_after_all_have_landed(flights):
    flying = [led(flights), flights.alone("key"), flights.alone("other")]

    for flight in flying:
        flights.land(flight, Outcome.STORED)

    assert not flights._table().live


def test_nobody_joins_a_flight_that_is_alone_beside_a_leader(flights):
    flight = led(flights)
    flights.alone("key")

    assert join(flights) == (Decision.WAIT, flight)


def test_a_flight_that_began_alone_is_joined_where_no_other_is(flights):
    alone = flights.alone("key")

    assert join(flights) == (Decision.WAIT, alone)


# -- landings ----------------------------------------------------------------------------


def test_a_caller_that_read_before_the_landing_reads_again(flights):
    noted = flights.landings
    stored(flights)

    decision, _ = join(flights, landings=noted)

    assert decision is Decision.READ_AGAIN


def test_reading_again_begins_no_flight(flights):
    noted = flights.landings
    stored(flights)

    join(flights, landings=noted)

    assert not flights._table().live


def test_a_caller_that_read_after_the_landing_leads(flights):
    stored(flights)

    decision, _ = join(flights)

    assert decision is Decision.LEAD


def test_the_landing_of_another_key_makes_nobody_read_again(flights):
    noted = flights.landings
    stored(flights, "other")

    decision, _ = join(flights, landings=noted)

    assert decision is Decision.LEAD


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.REFUSED])
def test_a_landing_with_nothing_stored_does_not_count(flights, outcome):
    flights.land(led(flights), outcome)

    assert flights.landings == 0


def test_the_log_of_landed_keys_is_bounded(flights):
    for number in range(REMEMBERED_LANDINGS + 10):
        stored(flights, number)

    assert len(flights._table().landed_at) == REMEMBERED_LANDINGS


def test_a_caller_from_before_the_log_reads_again(flights):
    noted = flights.landings
    stored(flights)
    for number in range(REMEMBERED_LANDINGS):
        stored(flights, number)

    decision, _ = join(flights, landings=noted)

    assert decision is Decision.READ_AGAIN


def test_a_caller_from_within_a_full_log_leads(flights):
    for number in range(REMEMBERED_LANDINGS):
        stored(flights, number)
    noted = flights.landings
    stored(flights, "other")

    decision, _ = join(flights, landings=noted)

    assert decision is Decision.LEAD


def test_a_key_that_lands_again_is_remembered_as_the_latest(flights):
    stored(flights)
    for number in range(REMEMBERED_LANDINGS - 1):
        stored(flights, number)
    noted = flights.landings
    stored(flights)
    stored(flights, "other")

    decision, _ = join(flights, landings=noted)

    assert decision is Decision.READ_AGAIN


# -- versions ----------------------------------------------------------------------------


def test_a_flight_under_versions_that_are_gone_is_not_joined(flights):
    old = led(flights, versions=("1", "a"))

    decision, flight = join(flights, versions=("1", "b"))

    assert decision is Decision.LEAD
    assert flight is not old


def test_a_flight_under_new_versions_takes_the_place_of_the_old(flights):
    led(flights, versions=("1",))
    new = led(flights, versions=("2",))

    assert join(flights, versions=("2",)) == (Decision.WAIT, new)


def test_the_new_flight_keeps_its_place_when_the_old_one_lands(flights):
    old = led(flights, versions=("1",))
    new = led(flights, versions=("2",))

    flights.land(old, Outcome.REFUSED)
    flights.land(led(flights, "other"), Outcome.STORED)

    assert new in flights._table().live["key"]


@pytest.mark.parametrize(
    ("theirs", "ours"), [((None,), ("1",)), (("1",), (None,)), ((), ("1",)), (("1",), ("1",))]
)
def test_a_version_that_was_not_found_proves_nothing(flights, theirs, ours):
    flight = led(flights, versions=theirs)

    assert join(flights, versions=ours) == (Decision.WAIT, flight)


def test_forgetting_a_key_reaches_the_flights_under_all_versions(flights):
    flying = [led(flights, versions=(version,)) for version in "123"]

    flights.forget("key")

    assert all(flight.forgotten for flight in flying)


# -- forgetting --------------------------------------------------------------------------


def test_a_flight_stores_what_it_computed(flights):
    calls = []

    kept = flights.store_if(led(flights), lambda: calls.append("store") is None)

    assert kept
    assert calls == ["store"]


def test_a_forgotten_flight_does_not_store(flights):
    calls = []
    flight = led(flights)

    flights.forget("key")
    kept = flights.store_if(flight, lambda: calls.append("store") is None)

    assert not kept
    assert calls == []


def test_a_forgotten_flight_is_not_joined(flights):
    forgotten = led(flights)

    flights.forget("key")
    decision, flight = join(flights)

    assert decision is Decision.LEAD
    assert flight is not forgotten


def test_a_forgotten_flight_leaves_the_table_at_once(flights):
    led(flights)

    flights.forget("key")

    assert not flights._table().live


def test_a_forgotten_flight_that_lands_leaves_its_successor_alone(flights):
    forgotten = led(flights)
    flights.forget("key")
    successor = led(flights)

    flights.land(forgotten, Outcome.REFUSED)

    assert join(flights) == (Decision.WAIT, successor)


def test_forgetting_one_key_leaves_the_others(flights):
    flight = led(flights, "other")

    flights.forget("key")

    assert join(flights, "other") == (Decision.WAIT, flight)


def test_forgetting_reaches_flights_that_are_alone(flights):
    flight = flights.alone("key")

    flights.forget("key")

    assert flight.forgotten


def test_everything_can_be_forgotten(flights):
    flying = [led(flights, key) for key in "abc"]

    flights.forget_all()

    assert all(flight.forgotten for flight in flying)


class WatchedCondition(threading.Condition):
    """A condition on which a test can wait for somebody to wait."""

    def __init__(self, lock):
        super().__init__(lock)
        self._waits = threading.Semaphore(0)

    def wait(self, timeout=None):
        self._waits.release()
        return super().wait(timeout)

    def await_waiting(self):
        assert self._waits.acquire(timeout=PATIENCE), "nobody waits"


@pytest.fixture
def storing(flights):
    """A flight in the middle of storing."""
    return Storing(flights)


class Storing:
    def __init__(self, flights):
        self._flights = flights
        table = flights._table()
        self._written = table.written = WatchedCondition(table.lock)
        self._gate = Gate()
        self._leader = in_thread(flights.store_if, led(flights), self._store)
        self._gate.await_arrival()
        self.happened = []

    def begin(self, invalidate, *args):
        """Begin an invalidation; return it once it waits."""

        def run():
            invalidate(*args)
            self.happened.append("forgotten")

        invalidation = in_thread(run)
        self._written.await_waiting()
        return invalidation

    def finish(self):
        self._gate.open()
        self._leader.result(PATIENCE)

    def _store(self):
        self._gate.stop()
        self.happened.append("stored")
        return True


def test_forgetting_waits_for_a_store_in_progress(flights, storing):
    invalidation = storing.begin(flights.forget, "key")

    storing.finish()
    invalidation.result(PATIENCE)

    assert storing.happened == ["stored", "forgotten"]


def test_forgetting_everything_waits_for_a_store_in_progress(flights, storing):
    invalidation = storing.begin(flights.forget_all)

    storing.finish()
    invalidation.result(PATIENCE)

    assert storing.happened == ["stored", "forgotten"]


@pytest.mark.parametrize("second", ["forget", "forget_all"])
def test_a_second_invalidation_waits_for_the_same_store(flights, storing, second):
    keys = ["key"] if second == "forget" else []
    first_invalidation = storing.begin(flights.forget, "key")
    second_invalidation = storing.begin(getattr(flights, second), *keys)

    storing.finish()
    results([first_invalidation, second_invalidation])

    assert storing.happened == ["stored", "forgotten", "forgotten"]


def test_forgetting_does_not_wait_for_the_store_of_another_key(flights, storing):
    flights.forget("other")
    happened = list(storing.happened)
    storing.finish()

    assert happened == []


def test_forgetting_does_not_wait_for_the_store_of_its_own_call(flights):
    flight = led(flights)
    token = flight.enter()

    kept = flights.store_if(flight, lambda: flights.forget("key") is None)
    flight.leave(token)

    assert kept
    assert flight.forgotten


def test_forgetting_does_not_wait_for_a_store_that_failed(flights):
    flight = led(flights)

    with pytest.raises(OSError, match="full"):
        flights.store_if(flight, failing_store)
    flights.forget("key")

    assert flight.forgotten


def failing_store():
    raise OSError("full")


def test_forgetting_waits_no_longer_than_the_longest_wait():
    flights = Flights(longest_wait=0.01)
    storing = Gate()
    leader = in_thread(flights.store_if, led(flights), lambda: storing.stop() is None)
    storing.await_arrival()

    flights.forget("key")
    still_storing = not leader.done()
    storing.open()

    assert still_storing
    assert leader.result(PATIENCE)


def test_those_who_wait_for_a_forgotten_flight_compute_anew(flights):
    flight = led(flights)
    follower = in_thread(flights.wait, flight)
    flights.await_waiting(1)

    flights.forget("key")
    flights.land(flight, Outcome.REFUSED)

    assert follower.result(PATIENCE) is Outcome.FAILED


def test_a_forgotten_flight_is_no_refusal(flights):
    flight = led(flights)
    flights.forget("key")

    flights.land(flight, Outcome.REFUSED)
    led(flights)

    assert join(flights)[0] is Decision.WAIT


# -- refusals ----------------------------------------------------------------------------


def refused(flights, key="key"):
    flights.land(flights.alone(key), Outcome.REFUSED)


def test_after_a_refusal_nobody_queues(flights):
    refused(flights)

    decisions = [join(flights)[0] for _ in range(3)]

    assert decisions == [Decision.ALONE] * 3


def test_a_refusal_of_one_key_does_not_concern_another(flights):
    refused(flights)
    flight = led(flights, "other")

    assert join(flights, "other") == (Decision.WAIT, flight)


def test_a_refusal_is_remembered_for_a_while(flights, clock):
    refused(flights)

    clock.advance(REFUSAL_SECONDS - 0.1)

    assert join(flights)[0] is Decision.ALONE


def test_a_refusal_expires(flights, clock):
    refused(flights)

    clock.advance(REFUSAL_SECONDS)

    assert join(flights)[0] is Decision.LEAD


def test_a_store_that_succeeds_clears_the_refusal(flights):
    refused(flights)
    _, alone = join(flights)

    flights.land(alone, Outcome.STORED)

    assert join(flights)[0] is Decision.LEAD


def test_the_memory_of_refusals_is_bounded(flights):
    for number in range(REMEMBERED_REFUSALS + 10):
        refused(flights, number)

    assert len(flights._table().refused_until) == REMEMBERED_REFUSALS


def test_the_oldest_refusal_is_forgotten_first(flights):
    for number in range(REMEMBERED_REFUSALS + 1):
        refused(flights, number)

    decisions = [join(flights, number)[0] for number in (0, 1)]

    assert decisions == [Decision.LEAD, Decision.ALONE]


# -- waiting -----------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [Outcome.STORED, Outcome.REFUSED, Outcome.FAILED])
def test_whoever_waits_is_told_the_outcome(flights, outcome):
    flight = led(flights)
    followers = [in_thread(flights.wait, flight) for _ in range(3)]
    flights.await_waiting(3)

    flights.land(flight, outcome)

    assert results(followers) == [outcome] * 3


def test_a_wait_is_bounded():
    flights = Flights(longest_wait=0.01)

    assert flights.wait(led(flights)) is Outcome.TIMED_OUT


def test_a_flight_that_has_landed_is_not_waited_for(flights):
    flight = led(flights)
    flights.land(flight, Outcome.STORED)

    assert flights.wait(flight) is Outcome.STORED


# -- who waits for whom ------------------------------------------------------------------


class Caller:
    """A call, with the flights that it leads, on whichever thread."""

    def __init__(self, flights):
        self._flights = flights
        self.context = contextvars.copy_context()

    def lead(self, key):
        flight = self.context.run(led, self._flights, key)
        self.context.run(flight.enter)
        return flight

    def join(self, key):
        return self.context.run(join, self._flights, key)

    def waited(self, flight):
        self.context.run(self._flights.waited, flight)

    def child(self):
        """Return a call that this one started on another thread or as a task."""
        child = Caller(self._flights)
        child.context = self.context.copy()
        return child


def test_a_call_does_not_wait_for_itself(flights):
    caller = Caller(flights)
    caller.lead("a")

    decision, _ = caller.join("a")

    assert decision is Decision.ALONE


def test_a_call_does_not_wait_for_the_one_that_started_it(flights):
    caller = Caller(flights)
    caller.lead("a")

    decision, _ = caller.child().join("a")

    assert decision is Decision.ALONE


def test_two_calls_do_not_wait_for_each_other(flights):
    first, second = Caller(flights), Caller(flights)
    first.lead("a")
    second.lead("b")

    decisions = [first.join("b")[0], second.join("a")[0]]

    assert decisions == [Decision.WAIT, Decision.ALONE]


def test_no_circle_of_three_waits(flights):
    callers = [Caller(flights) for _ in range(3)]
    for caller, key in zip(callers, "abc", strict=True):
        caller.lead(key)

    decisions = [caller.join(key)[0] for caller, key in zip(callers, "bca", strict=True)]

    assert decisions == [Decision.WAIT, Decision.WAIT, Decision.ALONE]


def test_an_outer_call_waits_where_its_inner_call_does(flights):
    first, second = Caller(flights), Caller(flights)
    first.lead("outer")
    first.lead("inner")
    second.lead("b")
    first.join("b")

    decision, _ = second.join("outer")

    assert decision is Decision.ALONE


def test_a_wait_by_a_child_counts_for_its_parent(flights):
    first, second = Caller(flights), Caller(flights)
    first.lead("a")
    second.lead("b")
    first.child().join("b")

    decision, _ = second.join("a")

    assert decision is Decision.ALONE


def test_a_circle_through_two_caches_does_not_wait(flights):
    other_flights = Flights()
    first, second = Caller(flights), Caller(other_flights)
    first.lead("a")
    second.lead("b")
    first.context.run(join, other_flights, "b")

    decision, _ = second.context.run(join, flights, "a")

    assert decision is Decision.ALONE


def test_two_waits_for_one_flight_close_no_circle(flights):
    first, second, third = (Caller(flights) for _ in range(3))
    for caller, key in ((first, "a"), (second, "b"), (third, "c")):
        caller.lead(key)
    first.join("c")
    first.child().join("b")
    second.join("c")

    decision, _ = Caller(flights).join("a")

    assert decision is Decision.WAIT


def test_a_wait_that_has_ended_closes_no_circle(flights):
    first, second = Caller(flights), Caller(flights)
    first.lead("a")
    flight = second.lead("b")
    first.join("b")
    first.waited(flight)

    decision, _ = second.join("a")

    assert decision is Decision.WAIT


def test_a_call_that_has_left_its_flight_may_wait_for_it(flights):
    flight = led(flights)
    flight.leave(flight.enter())

    assert join(flights) == (Decision.WAIT, flight)


def test_a_flight_left_in_another_context_is_no_error(flights):
    flight = led(flights)
    token = contextvars.copy_context().run(flight.enter)

    flight.leave(token)

    assert join(flights) == (Decision.WAIT, flight)


# -- waiting on an event loop ------------------------------------------------------------


def test_a_task_is_told_the_outcome_by_another_thread(flights):
    flight = led(flights)

    async def follower():
        landing = in_thread(land_once_waited_for, flights, flight)
        outcome = await flights.wait_async(flight)
        return outcome, await asyncio.wrap_future(landing)

    assert asyncio.run(follower()) == (Outcome.STORED, None)


def land_once_waited_for(flights, flight):
    flights.await_waiting(1)
    flights.land(flight, Outcome.STORED)


def test_a_task_does_not_wait_for_a_flight_that_has_landed(flights):
    flight = led(flights)
    flights.land(flight, Outcome.STORED)

    assert asyncio.run(flights.wait_async(flight)) is Outcome.STORED


def test_the_wait_of_a_task_is_bounded():
    flights = Flights(longest_wait=0.01)

    assert asyncio.run(flights.wait_async(led(flights))) is Outcome.TIMED_OUT


def test_cancelling_a_wait_leaves_the_flight_in_the_air(flights):
    flight = led(flights)

    async def cancel_the_wait():
        follower = asyncio.create_task(flights.wait_async(flight))
        await asyncio.sleep(0)
        follower.cancel()
        await asyncio.wait([follower])
        return follower.cancelled()

    assert asyncio.run(cancel_the_wait())
    assert join(flights) == (Decision.WAIT, flight)


def test_a_cancelled_wait_closes_no_circle(flights):
    first, second = Caller(flights), Caller(flights)
    first.lead("a")
    flight = second.lead("b")
    first.join("b")

    async def cancel_the_wait():
        follower = asyncio.create_task(flights.wait_async(flight), context=first.context)
        await asyncio.sleep(0)
        follower.cancel()
        await asyncio.wait([follower])

    asyncio.run(cancel_the_wait())

    assert second.join("a")[0] is Decision.WAIT


def test_a_loop_that_was_closed_does_not_disturb_the_landing(flights):
    flight = led(flights)

    async def give_up():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(flights.wait_async(flight), 0)

    async def abandon():
        waiting = flights.wait_async(flight)
        waiting.send(None)
        return waiting

    asyncio.run(give_up())
    abandoned = asyncio.run(abandon())
    flights.land(flight, Outcome.STORED)
    abandoned.close()

    assert flights.landings == 1


# -- exceptions --------------------------------------------------------------------------


class ExplainedError(Exception):
    def __init__(self, message, code):
        super().__init__(message, code)
        self.code = code


class TakesMoreError(Exception):
    """Can't be made again from its `args`."""

    def __init__(self, message, code):
        super().__init__(message)


class RewritesError(Exception):
    """Is another one when it is made again."""

    def __init__(self, message):
        super().__init__(f"error: {message}")


class BecomesAnotherError(Exception):
    def __reduce__(self):
        return ValueError, self.args


class IncomparableError(Exception):
    """Holds something that can't be compared, and is a new one each time."""

    def __init__(self, *args):
        super().__init__(Incomparable())


class Incomparable:
    __hash__ = None

    def __eq__(self, other):
        raise ValueError("ambiguous")


def raised(error, cause=None):
    """Return an exception as it arrives at a leader."""
    with pytest.raises(type(error)) as caught:
        raise error from cause
    return caught.value


def traceback_length(error):
    length, frame = 0, error.__traceback__
    while frame is not None:
        length, frame = length + 1, frame.tb_next
    return length


def test_a_copy_of_an_exception_says_the_same():
    error = raised(ExplainedError("no", 7), cause=KeyError("why"))

    twin = copied(error)

    assert twin is not error
    assert (type(twin), twin.args, twin.code) == (ExplainedError, ("no", 7), 7)
    assert twin.__cause__ is error.__cause__


def test_a_copy_shows_where_the_exception_came_from():
    error = raised(ValueError("no"))

    assert copied(error).__traceback__ is error.__traceback__


def test_a_copy_keeps_the_context_of_the_exception():
    error = ValueError("no")
    error.__context__ = KeyError("first")

    twin = copied(error)

    assert twin.__context__ is error.__context__
    assert not twin.__suppress_context__


def test_a_note_on_a_copy_is_not_seen_by_others():
    error = raised(ValueError("no"))
    error.add_note("from the leader")
    twin = copied(error)

    twin.add_note("from a follower")

    assert error.__notes__ == ["from the leader"]
    assert twin.__notes__ == ["from the leader", "from a follower"]


def test_raising_copies_does_not_lengthen_the_traceback():
    error = raised(ValueError("no"))
    length = traceback_length(error)

    for _ in range(50):
        raised(copied(error))

    assert traceback_length(error) == length


@pytest.mark.parametrize(
    "error",
    [TakesMoreError("no", 7), RewritesError("no"), BecomesAnotherError("no"), IncomparableError()],
    ids=lambda error: type(error).__name__,
)
def test_an_exception_that_can_not_be_copied_gives_none(error):
    assert copied(error) is None


# -- fork --------------------------------------------------------------------------------

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")


@forks
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_has_no_flights(flights):
    led(flights)

    decision = in_child(lambda: join(flights)[0].name)

    assert decision == "LEAD"


@forks
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_the_flights_of_the_parent_survive_a_fork(flights):
    flight = led(flights)

    in_child(lambda: join(flights)[0].name)

    assert join(flights) == (Decision.WAIT, flight)


@forks
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("lock", ["table", "graph"])
def test_a_lock_held_at_the_fork_does_not_block_the_child(flights, lock):
    flight = led(flights)
    held = flights._table().lock if lock == "table" else flights_module._graph()
    holding = Gate()

    def hold():
        with held:
            holding.stop()

    holder = in_thread(hold)
    holding.await_arrival()
    try:
        decisions = in_child(lambda: f"{join(flights)[0].name} {join(flights)[0].name}")
    finally:
        holding.open()

    holder.result(PATIENCE)
    assert decisions == "LEAD WAIT"
    assert not flight.forgotten


@forks
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_child_lands_the_flight_during_which_it_was_forked(flights):
    flight = led(flights)

    def land():
        kept = flights.store_if(flight, lambda: True)
        flights.land(flight, Outcome.STORED)
        return f"{kept} {flights.landings}"

    assert in_child(land) == "True 1"
    assert flights.landings == 0


# -- a flight by itself ------------------------------------------------------------------


def test_a_waker_that_comes_late_is_called_at_once():
    flight = Flight("key")
    flight.land(Outcome.STORED)
    called = threading.Event()

    flight.when_landed(called.set)

    assert called.is_set()


# -- flights that lost their leader ------------------------------------------------------


def test_a_flight_as_old_as_the_longest_wait_is_joined(flights, clock):
    flight = led(flights)
    clock.advance(flights.longest_wait)

    assert join(flights) == (Decision.WAIT, flight)


def test_an_older_flight_is_not_joined_and_its_place_is_taken(flights, clock):
    led(flights)
    clock.advance(flights.longest_wait + 1)

    decision, successor = join(flights)

    assert decision is Decision.LEAD
    assert join(flights) == (Decision.WAIT, successor)


def test_an_old_flight_is_forgotten_with_its_successor(flights, clock):
    flight = led(flights)
    clock.advance(flights.longest_wait + 1)
    successor = led(flights)

    flights.forget("key")

    assert [flight.forgotten, successor.forgotten] == [True, True]


def test_an_old_flight_that_lands_leaves_its_successor_to_be_joined(flights, clock):
    flight = led(flights)
    clock.advance(flights.longest_wait + 1)
    successor = led(flights)

    flights.land(flight, Outcome.FAILED)

    assert join(flights) == (Decision.WAIT, successor)


def test_the_age_of_a_flight_that_began_alone_counts_too(flights, clock):
    flights.alone("key")
    clock.advance(flights.longest_wait + 1)

    decision, _ = join(flights)

    assert decision is Decision.LEAD


def test_a_store_that_hangs_is_waited_for_only_once():
    flights = Flights(longest_wait=0.01)
    storing = Gate()
    leader = in_thread(flights.store_if, led(flights), lambda: storing.stop() is None)
    storing.await_arrival()
    flights.forget("key")
    flights.longest_wait = NO_RESCUE

    in_thread(flights.forget, "key").result(PATIENCE)
    still_storing = not leader.done()
    storing.open()

    assert still_storing
    assert leader.result(PATIENCE)


@pytest.mark.parametrize("how_it_ends", ["landed", "timed out", "cancelled"])
def test_a_wait_that_has_ended_leaves_nothing_with_the_flight(how_it_ends):
    flights = Flights(longest_wait=0.0 if how_it_ends == "timed out" else NO_RESCUE)
    flight = Flight("key")

    async def wait():
        waiting = asyncio.create_task(flights.wait_async(flight))
        await asyncio.sleep(0)  # for one step of the task, in which it begins to wait
        if how_it_ends == "landed":
            flight.land(Outcome.STORED)
        elif how_it_ends == "cancelled":
            waiting.cancel()
        await asyncio.wait([waiting])

    asyncio.run(wait())

    assert flight.wakers == []


def test_flights_are_quiet_while_nothing_is_in_the_air(flights):
    before = flights.is_quiet
    flight = led(flights)
    during = flights.is_quiet
    flights.land(flight, Outcome.STORED)

    assert [before, during, flights.is_quiet] == [True, False, True]


def test_flights_are_not_quiet_while_a_forgotten_one_is_storing(flights, storing):
    invalidation = storing.begin(flights.forget, "key")
    during = flights.is_quiet
    storing.finish()
    invalidation.result(PATIENCE)

    assert [during, flights.is_quiet] == [False, True]


def test_the_longest_wait_is_what_a_thread_can_wait():
    flights = Flights(longest_wait=10**10)
    flight = led(flights)
    follower = in_thread(flights.wait, flight)

    flights.land(flight, Outcome.STORED)

    assert follower.result(PATIENCE) is Outcome.STORED
    assert flights.longest_wait == threading.TIMEOUT_MAX
