"""Does the breaker open, probe and close as it should, by an injected clock and from threads?"""

import os

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from flask_caching.breaker import Breaker, State
from flask_caching_conformance.harness.children import in_child
from flask_caching_conformance.harness.threads import fast_switching, in_threads

FAILURES, PAUSE = 3, 10.0
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform can't fork")


@pytest.fixture
def breaker(clock):
    return Breaker(FAILURES, PAUSE, clock)


@pytest.fixture
def opened(breaker):
    fail(breaker)
    return breaker


def fail(breaker, times=FAILURES):
    return [breaker.failed(breaker.admit()) for _ in range(times)]


# -- closed ------------------------------------------------------------------------------


def test_it_begins_closed(breaker):
    assert breaker.state is State.CLOSED
    assert breaker.admit() is not None
    assert breaker.remaining == 0


def test_failures_in_a_row_open_it_and_the_last_one_says_so(breaker):
    assert fail(breaker) == [False, False, True]
    assert breaker.state is State.OPEN


def test_a_success_in_between_begins_the_row_anew(breaker):
    fail(breaker, FAILURES - 1)
    assert breaker.succeeded(breaker.admit()) is False
    fail(breaker, FAILURES - 1)

    assert breaker.state is State.CLOSED


def test_calls_that_were_admitted_together_all_count(breaker):
    admitted = [breaker.admit() for _ in range(FAILURES)]

    assert [breaker.failed(each) for each in admitted] == [False, False, True]


def test_what_tells_nothing_of_the_store_neither_counts_nor_begins_the_row_anew(breaker):
    fail(breaker, FAILURES - 1)
    breaker.abandoned(breaker.admit())

    assert fail(breaker, 1) == [True]


# -- open --------------------------------------------------------------------------------


def test_open_it_admits_nobody_until_its_pause_is_over(opened, clock):
    assert opened.admit() is None
    assert opened.remaining == PAUSE

    clock.advance(PAUSE - 1)

    assert opened.admit() is None
    assert opened.remaining == 1


def test_then_it_admits_one_probe(opened, clock):
    clock.advance(PAUSE)

    assert opened.admit() is not None
    assert opened.state is State.PROBING
    assert opened.admit() is None


def test_a_probe_that_succeeds_closes_it(opened, clock):
    clock.advance(PAUSE)

    assert opened.succeeded(opened.admit()) is True
    assert opened.state is State.CLOSED
    assert fail(opened) == [False, False, True]


def test_a_probe_that_fails_opens_it_for_another_pause(opened, clock):
    clock.advance(PAUSE)

    assert opened.failed(opened.admit()) is False
    assert opened.remaining == PAUSE


def test_a_probe_that_tells_nothing_leaves_it_to_the_next_caller(opened, clock):
    clock.advance(PAUSE)
    opened.abandoned(opened.admit())

    assert opened.state is State.OPEN
    assert opened.admit() is not None


@pytest.mark.parametrize("report", ["succeeded", "failed", "abandoned"])
def test_late_news_changes_nothing(breaker, clock, report):
    late = breaker.admit()
    fail(breaker)

    assert not getattr(breaker, report)(late)
    assert breaker.state is State.OPEN

    clock.advance(PAUSE)
    probe = breaker.admit()
    assert not getattr(breaker, report)(late)
    assert breaker.state is State.PROBING

    breaker.succeeded(probe)
    fail(breaker, FAILURES - 1)
    assert not getattr(breaker, report)(late)
    assert fail(breaker, 1) == [True]


# -- threads and forks -------------------------------------------------------------------


def test_of_many_threads_one_probes(opened, clock):
    clock.advance(PAUSE)

    with fast_switching():
        for _ in range(50):
            probes = [each for each in in_threads(8, lambda _: opened.admit()) if each is not None]

            (probe,) = probes
            opened.failed(probe)
            clock.advance(PAUSE)


def test_of_many_threads_that_fail_one_opens_it(breaker):
    admitted = [breaker.admit() for _ in range(8)]

    with fast_switching():
        opened = in_threads(8, lambda number: breaker.failed(admitted[number]))

    assert opened.count(True) == 1


@needs_fork
def test_a_child_of_a_process_that_probes_has_a_probe_of_its_own(opened, clock):
    clock.advance(PAUSE)
    opened.admit()

    def probing():
        probe = opened.admit()
        return [probe is not None, opened.admit(), opened.succeeded(probe), opened.state.name]

    assert in_child(probing) == [True, None, True, "CLOSED"]
    assert opened.state is State.PROBING


@needs_fork
def test_a_child_is_not_held_up_by_a_lock_that_was_held_over_the_fork(breaker):
    with breaker._lock():
        assert in_child(lambda: fail(breaker)) == [False, False, True]


# -- the model ---------------------------------------------------------------------------


class BreakerModel(RuleBasedStateMachine):
    """Calls that overlap in any way, beside a model that keeps sets of calls instead of numbers."""

    kind = Breaker
    calls = Bundle("calls")

    @initialize(failures=st.integers(1, 4), pause=st.sampled_from([0, 1, 7]))
    def begin(self, failures, pause):
        self.now = 0.0
        self.limit, self.pause = failures, pause
        self.breaker = self.kind(failures, pause, lambda: self.now)
        self.failures = 0
        self.open_until = None
        self.probe = None
        #: The calls whose outcome counts.
        self.current = []

    @rule(seconds=st.sampled_from([0.5, 1, 3, 7]))
    def time_passes(self, seconds):
        self.now += seconds

    @rule(target=calls)
    def a_caller_comes(self):
        admitted = self.breaker.admit()
        is_closed = self.open_until is None
        may_probe = not is_closed and self.probe is None and self.now >= self.open_until

        assert (admitted is not None) == (is_closed or may_probe)

        if admitted is None:
            return multiple()
        call = (admitted, object())  # one admission may serve several calls
        if may_probe:
            self.probe, self.current = call, []
        self.current.append(call)
        return call

    @rule(call=consumes(calls))
    def it_succeeds(self, call):
        closes = self.breaker.succeeded(call[0])

        assert closes == (self.probe is call)
        if call in self.current:
            self.failures = 0
        if closes:
            self.open_until, self.probe, self.current = None, None, []

    @rule(call=consumes(calls))
    def it_fails(self, call):
        opens = self.breaker.failed(call[0])

        if call in self.current:
            self.failures += self.probe is None
            reopens = self.probe is call
            assert opens == (not reopens and self.failures == self.limit)
            if opens or reopens:
                self.open_until = self.now + self.pause
                self.probe, self.current, self.failures = None, [], 0
        else:
            assert not opens

    @rule(call=consumes(calls))
    def it_tells_nothing(self, call):
        self.breaker.abandoned(call[0])

        if self.probe is call:
            self.open_until, self.probe, self.current = self.now, None, []

    @invariant()
    def its_state_is_the_models(self):
        if not hasattr(self, "breaker"):
            return
        if self.open_until is None:
            assert self.breaker.state is State.CLOSED
        elif self.probe is None:
            assert self.breaker.state is State.OPEN
            assert self.breaker.remaining == max(self.open_until - self.now, 0)
        else:
            assert self.breaker.state is State.PROBING


def test_any_sequence_of_calls_does_what_the_model_does():
    run_state_machine_as_test(
        BreakerModel, settings=settings(max_examples=100, stateful_step_count=30, deadline=None)
    )


class LateNewsCounts(Breaker):
    def failed(self, admitted):
        return super().failed(self._phase)


class EverybodyProbes(Breaker):
    def _may_probe(self, phase):
        return phase.state is State.PROBING or super()._may_probe(phase)


class ForgetsToCloseItself(Breaker):
    def succeeded(self, admitted):
        self.abandoned(admitted)
        return False


class CountsAllFailures(Breaker):
    def succeeded(self, admitted):
        return self.state is State.PROBING and super().succeeded(admitted)


@pytest.mark.parametrize(
    "wrong", [LateNewsCounts, EverybodyProbes, ForgetsToCloseItself, CountsAllFailures]
)
def test_the_model_notices_a_wrong_breaker(wrong):
    model = type("WrongModel", (BreakerModel,), {"kind": wrong})
    # The same sequences each time, until the first that shows it.
    search = settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=300,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )

    with pytest.raises(AssertionError):
        run_state_machine_as_test(model, settings=search)
