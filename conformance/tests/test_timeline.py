"""Does time pass as far as it should, whoever's clock decides?"""

from __future__ import annotations

import time

import pytest

from flask_caching_conformance import timeline as timelines
from flask_caching_conformance.harness.clock import Clock
from flask_caching_conformance.timeline import LONGEST_WAIT, Passing, Timeline


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def exact(clock):
    """On a clock that stands still."""
    return Timeline(Passing(clock, lambda: True), resolution=0)


@pytest.fixture
def passed():
    return []


@pytest.fixture
def running(passed):
    """On a store's clock, which runs on and is set forward besides."""
    return Timeline(passed.append, resolution=0.5)


def test_the_clock_goes_exactly_to_the_end_of_a_life(exact, clock):
    start = clock.now

    exact.nearly(10)
    assert clock.now == start + 9.875
    exact.over(10)
    assert clock.now == start + 10


def test_time_that_has_passed_counts(exact, clock):
    start = clock.now
    exact.advance(4)

    exact.nearly(10)

    assert clock.now == start + 9.875


def test_lives_end_one_after_the_other(exact, clock):
    start = clock.now

    seen = []
    for life in (1, 2, 3):
        exact.over(life)
        seen.append(clock.now - start)

    assert seen == [1, 2, 3]


def test_a_new_start_counts_from_there(exact, clock):
    exact.over(10)
    start = clock.now
    exact.start()

    exact.nearly(1)

    assert clock.now == start + 0.875


@pytest.mark.parametrize("life", [60.5, 5_000_000_000, 0.25, 3_155_760_000])
def test_sums_of_lives_are_exact(exact, clock, life):
    deadline = clock.now + life

    exact.nearly(life)
    assert clock.now < deadline
    exact.over(life)
    assert clock.now == deadline


def test_a_stores_clock_leaves_a_slow_host_some_seconds(running, passed):
    running.nearly(16)

    assert 11.5 < sum(passed) <= 12

    running.over(16)
    assert sum(passed) == 16.5


def test_a_short_life_on_a_stores_clock_is_looked_at_in_its_middle(running, passed):
    running.nearly(1)

    assert 0.4 < sum(passed) <= 0.5


def test_a_case_is_undecided_where_the_host_looked_too_late(running, monkeypatch):
    running.nearly(1)
    later = time.monotonic() + 2
    monkeypatch.setattr(timelines.time, "monotonic", lambda: later)

    with pytest.raises(pytest.skip.Exception, match="inconclusive"):
        running.check_host_was_quick_enough()


def test_a_case_is_decided_where_the_host_looked_in_time(running):
    running.nearly(10)
    running.over(10)

    running.check_host_was_quick_enough()


def test_a_case_is_always_decided_on_a_clock_that_stands_still(exact, monkeypatch):
    exact.nearly(1)
    later = time.monotonic() + 1_000
    monkeypatch.setattr(timelines.time, "monotonic", lambda: later)

    exact.check_host_was_quick_enough()


def test_where_time_cannot_be_set_it_is_waited_for(clock):
    waiting = Timeline(Passing(clock, lambda: False), resolution=0)
    began = time.monotonic()

    waiting.over(0.05)

    assert time.monotonic() >= began + 0.05
    with pytest.raises(pytest.skip.Exception, match="override the fixture `advance`"):
        waiting.advance(LONGEST_WAIT + 1)


def test_a_life_can_begin_late_in_a_second(exact, clock):
    exact.late_in_a_second(clock)

    assert clock.now % 1 == 0.9375
