"""Are many things done at once, with a bounded number of threads, and does nobody wait idly?"""

from __future__ import annotations

import threading

import pytest

from flask_caching_conformance.harness.children import in_child
from flask_caching_conformance.harness.threads import Gate, in_thread, results
from flask_caching_gcs.crew import Crew

from .limits import without_threads


def test_results_come_in_the_order_of_the_items():
    assert Crew(4).map(lambda item: item * 2, range(100)) == [2 * item for item in range(100)]


@pytest.mark.parametrize("items", [[], ["only"]])
def test_what_is_one_at_most_is_done_without_help(items):
    here = threading.get_ident()

    assert Crew(4).map(lambda item: threading.get_ident(), items) == [here] * len(items)


def test_as_many_as_there_are_helpers_work_besides_the_caller():
    gate = Gate()

    def work(item):
        gate.stop()
        return threading.get_ident()

    crowd = in_thread(Crew(3).map, work, range(8))
    gate.await_arrival(4)
    gate.open()

    assert 2 <= len(set(crowd.result(30))) <= 4


def test_who_finds_all_helpers_busy_works_alone():
    crew, gate = Crew(1), Gate()
    busy = in_thread(crew.map, lambda item: gate.stop(), range(2))
    gate.await_arrival(2)

    assert crew.map(lambda item: threading.get_ident(), range(5)) == [threading.get_ident()] * 5

    gate.open()
    busy.result(30)


def test_who_gets_no_thread_works_alone():
    crew = Crew(4)

    assert in_child(without_threads, lambda: crew.map(str, range(5))) == list("01234")


def test_helpers_are_free_again_after_their_work():
    crew = Crew(1)
    for _ in range(5):
        gate = Gate()
        both = in_thread(crew.map, lambda item, gate=gate: gate.stop(), range(2))
        gate.await_arrival(2)  # the caller and the helper
        gate.open()
        both.result(30)


def test_the_first_error_is_raised_and_what_had_not_begun_is_left():
    done = []

    def work(item):
        done.append(item)
        if item == 3:
            raise LookupError("of the third")

    with pytest.raises(LookupError, match="of the third"):
        Crew(0).map(work, range(10))

    assert done == [0, 1, 2, 3]


def test_an_error_of_a_helper_reaches_the_caller():
    here, gate = threading.get_ident(), Gate()

    def work(item):
        gate.stop()
        if threading.get_ident() != here:
            raise IndexError("of a helper")

    opening = in_thread(lambda: (gate.await_arrival(2), gate.open()))
    with pytest.raises(IndexError, match="of a helper"):
        Crew(1).map(work, range(10))
    results([opening])


def test_what_had_begun_has_ended_when_an_error_is_raised():
    caller, ended, gate = threading.get_ident(), [], Gate()

    def work(item):
        gate.stop()  # both have begun
        if threading.get_ident() == caller:
            raise LookupError
        ended.append(item)

    opening = in_thread(lambda: (gate.await_arrival(2), gate.open()))
    with pytest.raises(LookupError):
        Crew(1).map(work, range(2))

    assert len(ended) == 1
    results([opening])
