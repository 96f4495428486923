"""May a backend be used before a fork and after it, and do processes share what they should?"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from flask_caching.backends.base import BaseCache, Capability

from ..bench import Bench
from ..catalogue import case
from ..harness.children import (
    Child,
    SharedNumber,
    exit_as_python_does,
    fork_in_c,
    in_child,
    in_children,
)
from ..harness.threads import fast_switching, for_a_while, in_thread, results
from ..harness.waiting import wait_until
from ..verdicts import Skip
from ..workshop import Workshop


class Processes(Bench):
    """Processes made by fork."""

    @pytest.mark.usefixtures("forked")
    @case(
        "C-PRC-01", "A backend used before a fork works in every child: never another key's value."
    )
    def test_children_of_a_used_backend_read_their_own_keys(self, backend: BaseCache) -> None:
        keys = [str(number) for number in range(5)]
        backend.set_many({key: [key] for key in keys})
        assert backend.get_many(*keys) == [[key] for key in keys]
        turns = self.rounds(backend, 200)

        def read(number: int) -> bool:
            mine, other = keys[number], keys[number - 1]
            return all(
                backend.get(mine) == [mine]
                and backend.get_many(other, mine) == [[other], [mine]]
                and backend.has(mine) is True
                for _ in range(turns)
            )

        children = [Child(read, number) for number in range(4)]

        assert read(4) is True
        assert [child.result() for child in children] == [True] * 4

    @pytest.mark.usefixtures("forked")
    @case("C-PRC-02", "No lock is held for ever in a child that was forked amid another's write.")
    def test_a_child_forked_amid_a_write_gets_on(self, backend: BaseCache) -> None:
        def work() -> list[Any]:
            return [
                backend.set("of the child", [1]) in (True, False),
                backend.get("of the child") in ([1], None),
                backend.delete("of the child") in (True, False),
                type(backend.inc("count of the child")),
            ]

        with fast_switching(), _writing(backend):
            for _ in range(self.rounds(backend, 16)):
                assert Child(work).result(self.patience) == [True, True, True, int]

        assert backend.set("key", 1) is True

    @pytest.mark.usefixtures("forked")
    @case("C-PRC-03", "A child's exit leaves the parent well.")
    def test_a_childs_exit_leaves_the_parent_well(self, backend: BaseCache) -> None:
        backend.set("key", ["of the parent"])

        def read_and_close() -> Any:
            read = backend.get("key")
            backend.close()
            return read

        for _ in range(3):
            assert in_child(read_and_close) == ["of the parent"]
            assert backend.get("key") == ["of the parent"]

        assert backend.set("key", "new") is True
        assert backend.get("key") == "new"

    @pytest.mark.usefixtures("forked")
    @case("C-PRC-04", "A backend that was made before a fork may be used first in the children.")
    def test_children_may_come_first(self, make: Workshop) -> None:
        backend = make()

        def begin(number: int) -> list[Any]:
            return [backend.set(str(number), number), backend.get(str(number))]

        assert in_children(4, begin) == [[True, number] for number in range(4)]

    @pytest.mark.usefixtures("forked")
    @case(
        "C-PRC-05",
        "A child that ends as an interpreter does, used or not, leaves the parent well.",
    )
    def test_a_child_that_takes_its_leave_leaves_the_parent_well(self, backend: BaseCache) -> None:
        keys = [str(number) for number in range(3)]
        backend.set_many({key: [key] for key in keys})
        assert backend.get_many(*keys) == [[key] for key in keys]

        unused = Child(int, leave=exit_as_python_does)
        used = Child(backend.get, "1", leave=exit_as_python_does)
        assert [unused.result(self.patience), used.result(self.patience)] == [0, ["1"]]

        assert [backend.get(key) for key in keys] == [[key] for key in keys]
        assert backend.get_many(*keys) == [[key] for key in keys]
        assert backend.set("0", "new") is True
        assert backend.get("0") == "new"

    @pytest.mark.usefixtures("forked")
    @case(
        "C-PRC-06",
        "A fork that Python does not hear of is noticed: uWSGI forks in C.",
    )
    def test_a_fork_in_c_is_noticed(self, backend: BaseCache) -> None:
        keys = [str(number) for number in range(3)]
        turns = self.rounds(backend, 100)

        def read(mine: str, other: str) -> bool:
            return all(
                backend.get(mine) == [mine]
                and backend.get_many(other, mine) == [[other], [mine]]
                and type(backend.inc(f"count of {mine}")) is int
                for _ in range(turns)
            )

        def fork() -> list[Any]:
            """Use the backend, and then in two processes at once, of a single thread each."""
            backend.set_many({key: [key] for key in keys})
            before = backend.get_many(*keys)
            child = Child(read, "0", "1", fork=fork_in_c)
            return [before, read("1", "2"), child.result(self.patience)]

        assert in_child(fork) == [[["0"], ["1"], ["2"]], True, True]

    @pytest.mark.usefixtures("forked")
    @case(
        "O-SHR-01",
        "What one process writes, deletes and counts, another sees.",
        needs=Capability.SHARED,
    )
    def test_what_one_process_writes_another_reads(self, backend: BaseCache) -> None:
        assert in_child(backend.set, "key", ["of the child"]) is True

        assert backend.get("key") == ["of the child"]
        assert in_child(backend.get, "key") == ["of the child"]
        assert in_child(backend.inc, "count") == 1
        assert backend.inc("count") == 2
        assert in_child(backend.delete, "key") is True
        assert backend.get("key") is None
        assert in_child(backend.clear) is True
        assert backend.get("count") is None

    @case("O-SHR-02", "A second client sees what the first one wrote.", needs=Capability.SHARED)
    def test_a_second_client_sees_it(self, make: Workshop) -> None:
        first, second = make(), make()

        first.set("key", [1])

        assert second.get("key") == [1]
        assert second.add("key", 2) is False
        assert second.set("key", "new") is True
        assert first.get("key") == "new"
        assert first.delete("key") is True
        assert second.has("key") is False
        first.set("key", 1)
        assert second.clear() is True
        assert first.get("key") is None

    @pytest.mark.usefixtures("forked")
    @case(
        "O-SHR-03",
        "Processes never read a torn value.",
        needs=Capability.SHARED,
    )
    def test_processes_never_read_a_torn_value(self, backend: BaseCache) -> None:
        backend.set("key", b"0" * 60_000)
        turns = self.rounds(backend, 32)

        def write_and_read(number: int) -> str:
            for _ in range(turns):
                backend.set("key", b"%d" % number * 60_000)
                read = backend.get("key")
                if read is None or len(set(read)) != 1 or len(read) != 60_000:
                    return "torn"
            return "whole"

        assert in_children(4, write_and_read) == ["whole"] * 4

    @pytest.mark.usefixtures("forked")
    @case("O-ADD-08", "Of racing processes' `add` one wins.", needs=Capability.ATOMIC_ADD)
    def test_of_adds_in_several_processes_one_wins(self, backend: BaseCache) -> None:
        only_with(Capability.SHARED, backend)

        def add(child: int) -> list[bool]:
            # Who is behind finds the keys taken, and so catches up with who is ahead.
            keys = itertools.islice(for_a_while(least=10, seconds=0.25), 400)
            return [backend.add(f"key {number}", child) for number in keys]

        won = in_children(4, add)

        for number, attempts in enumerate(itertools.zip_longest(*won)):
            assert attempts.count(True) == 1
            assert backend.get(f"key {number}") == attempts.index(True)

    @pytest.mark.usefixtures("forked")
    @case("O-INC-16", "Increments of racing processes all count.", needs=Capability.ATOMIC_INC)
    def test_increments_of_processes_all_count(self, backend: BaseCache) -> None:
        only_with(Capability.SHARED, backend)

        totals = in_children(
            4, lambda _: [backend.inc("key") for _ in for_a_while(least=10, seconds=0.25)]
        )

        numbers = sorted(total for each in totals for total in each)
        assert numbers == list(range(1, len(numbers) + 1))
        assert backend.get("key") == len(numbers)

    @pytest.mark.usefixtures("forked")
    @case(
        "O-INC-17",
        "A `set` or a `delete` amid another process's increments is never lost.",
        needs=Capability.ATOMIC_INC,
    )
    def test_writes_amid_increments_are_not_lost(self, backend: BaseCache) -> None:
        only_with(Capability.SHARED, backend)
        ended, counted, far = SharedNumber(), SharedNumber(), 1_000_000

        def count() -> str:
            while not ended.value:
                backend.inc("key")
                counted.value += 1
            return "ended"

        child = Child(count)
        try:
            wait_until(lambda: counted.value)
            for turn in for_a_while(least=10, seconds=0.25):
                counts = far * (turn + 1)
                assert backend.set("key", counts) is True
                assert backend.get("key") >= counts
                backend.delete("key")
                assert backend.get_value("key", 0) < far
        finally:
            ended.value = 1
            answer = child.result(self.patience)
        assert answer == "ended"

    @case(
        "O-PER-01",
        "What was stored is there, with its remaining life, after a restart.",
        needs=Capability.PERSISTENT,
    )
    def test_what_was_stored_outlives_the_backend(self, make: Workshop, timeline: Any) -> None:
        first = make()
        first.set("key", [1], timeline.short)
        first.set("for ever", 2, 0)
        timeline.advance(timeline.short / 4)
        first.close()

        second = make()

        timeline.nearly(timeline.short)
        assert second.get_many("key", "for ever") == [[1], 2]
        timeline.over(timeline.short)
        assert second.get_many("key", "for ever") == [None, 2]


@contextmanager
def _writing(backend: BaseCache) -> Generator[None]:
    """Let two threads write all the time."""
    ended = threading.Event()
    rounds = {"a": 0, "b": 0}

    def write(key: str) -> None:
        while not ended.is_set():
            backend.set(key, [key] * 100)
            backend.inc(f"count of {key}")
            rounds[key] += 1

    writers = [in_thread(write, key) for key in rounds]
    try:
        # What is imported at first use has been: a child can't wait for another's thread's import.
        wait_until(lambda: all(rounds.values()))
        yield
    finally:
        ended.set()
        results(writers)


def only_with(capability: Capability, backend: BaseCache) -> None:
    """Skip a case that needs one more capability than its id says."""
    if capability not in backend.capabilities:
        Skip.DOES_NOT_APPLY(f"{capability} is not declared by {type(backend).__name__}")
