"""Do processes die amid their work, and at the moments that were chosen?"""

from __future__ import annotations

import pytest

from flask_caching_conformance.harness.children import SharedNumber
from flask_caching_conformance.harness.deaths import killed_amid, moments
from flask_caching_conformance.harness.waiting import wait_until


def test_moments_lie_within_two_rounds_and_are_the_same_again(monkeypatch):
    times = iter([10.0, 10.5] * 2)
    monkeypatch.setattr("time.monotonic", lambda: next(times))

    chosen = list(moments(10, lambda: None))

    assert chosen == list(moments(10, lambda: None)) == sorted(chosen)
    assert all(0.1 * n <= moment <= 0.1 * (n + 1) for n, moment in enumerate(chosen))


def test_a_child_works_until_it_is_killed():
    turns = SharedNumber()

    def work():
        turns.value += 1

    killed_amid(work, 0.01)

    assert turns.value > 1


def test_a_child_is_killed_amid_its_work():
    turns, halves = SharedNumber(), SharedNumber()

    def work():
        halves.value += 1
        if turns.value:
            wait_until(lambda: False)
        turns.value += 1

    killed_amid(work, 0.02)

    assert (halves.value, turns.value) == (2, 1)


def test_work_that_fails_is_told():
    with pytest.raises(AssertionError, match="did not live to be killed: ZeroDivisionError"):
        killed_amid(lambda: 1 // 0, 0.01)
