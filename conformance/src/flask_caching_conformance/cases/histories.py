"""Do concurrent operations on a key answer as if they had come one after the other?"""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator

import pytest

from flask_caching.backends.base import BaseCache, Capability

from ..bench import Bench
from ..catalogue import case
from ..harness.children import Meeting, in_children
from ..harness.histories import Operation, check_linearizable, performed
from ..harness.threads import fast_switching, in_threads

#: Who takes part in a history, and in how many operations each.
CROWD, TURNS = 3, 6


def plan(backend: BaseCache, seed: str, number: int) -> Iterator[tuple[str, int | None]]:
    """Give the operations of one of the crowd on a key, each with its argument.

    No two write the same value, and no sum of steps is one.
    """
    chosen = random.Random(f"{seed} {number}")
    names = ["get", "get", "set", "delete"]
    if Capability.ATOMIC_ADD in backend.capabilities:
        names.append("add")
    if Capability.ATOMIC_INC in backend.capabilities:
        names += ["inc", "inc"]
    for turn in range(TURNS):
        name = chosen.choice(names)
        value = 1_000 * (1 + number * TURNS + turn)
        yield name, {"get": None, "delete": None, "inc": 1}.get(name, value)


class Histories(Bench):
    """Histories of concurrent operations."""

    @case(
        "C-MOD-02",
        "What threads do at once to a key is answered as if it had come one after the other.",
    )
    def test_histories_of_threads_can_be_explained(self, backend: BaseCache) -> None:
        def take_part(key: str, number: int) -> list[Operation]:
            return [
                performed(backend, key, f"thread {number}", *each)
                for each in plan(backend, f"{self.seed} {key}", number)
            ]

        with fast_switching():
            for race in range(self.rounds(backend, 64)):
                parts = in_threads(CROWD, functools.partial(take_part, f"key {race}"))

                check_linearizable([each for part in parts for each in part])

    @pytest.mark.usefixtures("forked")
    @case(
        "O-SHR-04",
        "What processes do at once to a key is answered as if it had come one after the other.",
        needs=Capability.SHARED,
    )
    def test_histories_of_processes_can_be_explained(self, backend: BaseCache) -> None:
        keys = [f"key {race}" for race in range(self.rounds(backend, 128))]
        meeting = Meeting(CROWD)

        def take_part(number: int) -> list[list[Operation]]:
            parts: list[list[Operation]] = []
            for key in keys:
                steps = list(plan(backend, f"{self.seed} {key}", number))
                meeting.wait()
                parts.append(
                    [performed(backend, key, f"process {number}", *step) for step in steps]
                )
            return parts

        answers = in_children(CROWD, take_part)

        assert [answer for answer in answers if type(answer) is not list] == []
        for parts in zip(*answers, strict=True):
            check_linearizable([each for part in parts for each in part])
