"""Are histories told from those that no order explains?"""

from __future__ import annotations

import itertools
import math
import random

import pytest

from flask_caching_conformance.harness.histories import (
    ABSENT,
    UNHEARD,
    Operation,
    _of_a_dict,
    check_linearizable,
    is_linearizable,
    performed,
    smallest_part,
    written_out,
)


def history(*lines):
    """Read a history: who, start, end, operation, argument, answer."""
    return [
        Operation(who, name, argument, answer, start, end)
        for who, start, end, name, argument, answer in lines
    ]


LINEARIZABLE = {
    "nothing happens": history(),
    "one by one": history(
        ("a", 0, 1, "get", None, ABSENT),
        ("a", 2, 3, "set", 1, True),
        ("b", 4, 5, "get", None, 1),
        ("b", 6, 7, "delete", None, True),
        ("a", 8, 9, "delete", None, False),
        ("a", 10, 11, "inc", 2, 2),
        ("a", 12, 13, "add", 5, False),
        ("a", 14, 15, "get", None, 2),
    ),
    "a read during a write sees the old value": history(
        ("a", 0, 9, "set", 1, True), ("b", 1, 2, "get", None, ABSENT)
    ),
    "a read during a write sees the new one": history(
        ("a", 0, 9, "set", 1, True), ("b", 1, 2, "get", None, 1)
    ),
    "writes at once end in either order": history(
        ("a", 0, 9, "set", 1, True),
        ("b", 0, 9, "set", 2, True),
        ("c", 10, 11, "get", None, 1),
    ),
    "one of two adds wins": history(("a", 0, 9, "add", 1, True), ("b", 0, 9, "add", 2, False)),
    "of two deletes one finds it": history(
        ("a", 0, 1, "set", 1, True),
        ("a", 2, 9, "delete", None, True),
        ("b", 2, 9, "delete", None, False),
    ),
    "increments at once": history(("a", 0, 9, "inc", 1, 2), ("b", 0, 9, "inc", 1, 1)),
    "what nobody heard of has happened": history(
        ("a", 0, math.inf, "set", 1, UNHEARD), ("b", 5, 6, "get", None, 1)
    ),
    "what nobody heard of has not happened": history(
        ("a", 0, math.inf, "set", 1, UNHEARD), ("b", 5, 6, "get", None, ABSENT)
    ),
}
NOT_LINEARIZABLE = {
    "a write is lost": history(("a", 0, 1, "set", 1, True), ("b", 2, 3, "get", None, ABSENT)),
    "a read goes back in time": history(
        ("a", 0, 9, "set", 1, True), ("b", 1, 2, "get", None, 1), ("b", 3, 4, "get", None, ABSENT)
    ),
    "both adds win": history(("a", 0, 9, "add", 1, True), ("b", 0, 9, "add", 2, True)),
    "both deletes find it": history(
        ("a", 0, 1, "set", 1, True),
        ("a", 2, 9, "delete", None, True),
        ("b", 2, 9, "delete", None, True),
    ),
    "an increment is lost": history(("a", 0, 9, "inc", 1, 1), ("b", 0, 9, "inc", 1, 1)),
    "what nobody heard of has happened and then not": history(
        ("a", 0, math.inf, "set", 1, UNHEARD),
        ("b", 5, 6, "get", None, 1),
        ("b", 7, 8, "get", None, ABSENT),
    ),
}


@pytest.mark.parametrize("name", LINEARIZABLE)
def test_what_an_order_explains_is_linearizable(name):
    assert is_linearizable(LINEARIZABLE[name]) is True
    check_linearizable(LINEARIZABLE[name])


@pytest.mark.parametrize("name", NOT_LINEARIZABLE)
def test_what_no_order_explains_is_not(name):
    assert is_linearizable(NOT_LINEARIZABLE[name]) is False


def by_trying_all(operations):
    """Tell whether any order of all operations is right: slow, and simple enough to be believed."""

    def is_right(order):
        state = ABSENT
        for number, each in enumerate(order):
            if any(later.end < each.start for later in order[number:]):
                return False
            answer, state = _of_a_dict(state, each)
            if answer != each.answer:
                return False
        return True

    return any(is_right(order) for order in itertools.permutations(operations))


def made_up(seed):
    """Make up a history that may be right."""
    randomly = random.Random(seed)
    operations = []
    for who in "abc":
        now = 0
        for _ in range(2):
            start = now + randomly.randint(1, 3)
            now = start + randomly.randint(1, 5)
            name, argument, answers = randomly.choice(
                [
                    ("get", None, [ABSENT, 1, 2]),
                    ("set", 1, [True]),
                    ("delete", None, [True, False]),
                    ("add", 2, [True, False]),
                    ("inc", 1, [1, 2]),
                ]
            )
            operations.append(Operation(who, name, argument, randomly.choice(answers), start, now))
    return operations


def test_the_verdict_is_that_of_trying_all_orders():
    histories = [made_up(seed) for seed in range(300)]
    verdicts = [by_trying_all(each) for each in histories]

    assert [is_linearizable(each) for each in histories] == verdicts
    assert 20 < verdicts.count(True) < 280


def test_a_long_history_is_judged():
    operations = [
        Operation(str(number), "inc", 1, number + 1, 0, 100) for number in reversed(range(12))
    ]

    assert is_linearizable(operations)
    assert not is_linearizable([*operations, Operation("last", "inc", 1, 14, 0, 100)])


def test_the_smallest_part_ends_where_it_has_gone_wrong():
    wrong = history(
        ("a", 0, 1, "set", 1, True),
        ("b", 2, 3, "get", None, 1),
        ("c", 2, 3, "add", 3, False),
        ("a", 4, 9, "set", 2, True),
        ("b", 5, 6, "get", None, ABSENT),
        ("b", 10, 11, "get", None, 2),
    )

    part = smallest_part(wrong)

    assert part[::2] == [wrong[0], wrong[4]]
    assert str(part[1]) == "a: set(2) -> '…'"
    assert not is_linearizable(part)


def test_the_smallest_part_is_wrong_too():
    wrong = [each for each in map(made_up, range(300)) if not is_linearizable(each)]

    parts = [smallest_part(each) for each in wrong]

    assert not any(map(is_linearizable, parts))
    assert sum(map(len, parts)) < sum(map(len, wrong)) * 0.6


def test_what_explains_an_answer_is_left_in():
    operations = NOT_LINEARIZABLE["what nobody heard of has happened and then not"]

    assert smallest_part(operations) == operations


def test_a_failure_shows_the_history():
    wrong = history(
        ("thread 1", 7.0, 7.001, "set", 1, True), ("thread 2", 7.002, 7.0035, "get", None, ABSENT)
    )

    with pytest.raises(AssertionError) as failed:
        check_linearizable(wrong)

    assert str(failed.value).splitlines() == [
        "No order of these operations explains their answers; at first there is 'nothing':",
        "    0.000 ..     1.000  thread 1: set(1) -> True",
        "    2.000 ..     3.500  thread 2: get() -> 'nothing'",
    ]


def test_what_nobody_heard_of_has_no_end():
    lines = written_out(LINEARIZABLE["what nobody heard of has happened"]).splitlines()

    assert lines[0] == "    0.000 ..            a: set(1) -> '…'"


def test_operations_are_performed_and_recorded():
    class Numbers:
        set = staticmethod(lambda key, value: (key, value))
        get_value = staticmethod(lambda key, default: default)

    written = performed(Numbers(), "key", "a", "set", 5)
    read = performed(Numbers(), "key", "b", "get")

    assert (written.who, written.name, written.argument) == ("a", "set", 5)
    assert written.answer == ("key", 5)
    assert (read.name, read.argument, read.answer) == ("get", None, ABSENT)
    assert written.start <= written.end <= read.start <= read.end
