"""Do the harness's threads tell what came of them?"""

from __future__ import annotations

import signal
import sys
import threading

import pytest

from flask_caching_conformance.harness.threads import (
    Gate,
    crowd,
    fast_switching,
    in_thread,
    in_threads,
    interrupting,
    results,
)


def test_a_threads_error_is_raised_where_its_result_is_asked():
    future = in_thread(int, "no number")

    with pytest.raises(ValueError, match="no number"):
        results([future])


def test_a_thread_that_hangs_is_told():
    gate = Gate()
    waiting = crowd(2, gate.stop)
    gate.await_arrival(2)

    with pytest.raises(AssertionError, match="2 of 3 threads hang"):
        results([*waiting, in_thread(str)], patience=0.01)

    gate.open()
    assert results(waiting) == [None, None]


def test_threads_start_at_once():
    barrier = threading.Barrier(5)

    assert sorted(in_threads(5, lambda number: (barrier.wait(10) >= 0, number))) == [
        (True, number) for number in range(5)
    ]


def test_the_switch_interval_is_set_back():
    before = sys.getswitchinterval()

    with fast_switching():
        assert sys.getswitchinterval() < before

    assert sys.getswitchinterval() == before


def test_the_main_thread_is_interrupted_when_it_may_be():
    waits = []

    def wait():
        waits.append(1)
        threading.Event().wait()

    with interrupting(lambda: waits):
        wait()

    assert waits == [1]


def test_what_ends_before_is_not_interrupted():
    handler = signal.getsignal(signal.SIGINT)

    with interrupting(lambda: False):
        done = True

    assert done
    assert signal.getsignal(signal.SIGINT) is handler
