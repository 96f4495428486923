"""Do all operations work from many threads at once?"""

from __future__ import annotations

import functools

from flask_caching.backends.base import BaseCache, Capability

from ..bench import Bench
from ..catalogue import case
from ..harness.threads import fast_switching, for_a_while, in_threads
from ..workshop import Workshop


class Threads(Bench):
    """Threads."""

    @case("C-THR-01", "All operations at once from many threads.")
    def test_all_operations_run_from_many_threads(self, backend: BaseCache) -> None:
        keys = [f"key {number}" for number in range(5)]
        turns = self.rounds(backend, 60)
        touches = Capability.TOUCH in backend.capabilities

        def hammer(start: int) -> None:
            for turn in range(turns):
                key = keys[(start + turn) % len(keys)]
                backend.set(key, [key])
                assert backend.get(key) in ([key], None)
                assert all(value in ([of], None) for of, value in backend.get_dict(*keys).items())
                backend.add(key, [key], 0.5)
                if touches:
                    backend.touch(key, 10)
                backend.has(key)
                backend.inc(f"count {start}")
                if turn % 10 == 3:
                    backend.delete(key)
                    backend.delete_many(*keys)
                    backend.set_many({each: [each] for each in keys})

        with fast_switching():
            in_threads(4, hammer)

        assert [backend.get(f"count {start}") for start in range(4)] == [turns] * 4

    @case("O-ADD-06", "Of N racing callers of `add` one wins.", needs=Capability.ATOMIC_ADD)
    def test_of_racing_adds_one_wins(self, backend: BaseCache) -> None:
        with fast_switching():
            for race in range(self.rounds(backend, 32)):
                key = f"key {race}"

                won = in_threads(8, functools.partial(backend.add, key))

                assert won.count(True) == 1
                assert won.count(False) == 7
                assert backend.get(key) == won.index(True)

    @case(
        "O-ADD-07",
        "Whoever's `add` wins has the key alone, until it is deleted: `add` makes a lock.",
        needs=Capability.ATOMIC_ADD,
    )
    def test_add_makes_a_lock(self, backend: BaseCache) -> None:
        inside: list[int] = []

        def work(number: int) -> int:
            turns = 0
            for _ in for_a_while(least=10, seconds=0.25):
                if backend.add("lock", number, 0):
                    inside.append(number)
                    assert inside == [number]
                    turns += 1
                    inside.remove(number)
                    assert backend.delete("lock") is True
            return turns

        with fast_switching():
            turns = in_threads(4, work)

        assert sum(turns) > 0

    @case("C-THR-02", "Threads never read a torn value.")
    def test_threads_never_read_a_torn_value(self, backend: BaseCache) -> None:
        backend.set("key", b"0" * 60_000)
        turns = self.rounds(backend, 40)

        def write_or_read(number: int) -> str:
            for _ in range(turns):
                if number % 2:
                    backend.set("key", b"%d" % number * 60_000)
                read = backend.get("key")
                if read is None or len(set(read)) != 1 or len(read) != 60_000:
                    return "torn"
            return "whole"

        with fast_switching():
            assert in_threads(6, write_or_read) == ["whole"] * 6

    @case("C-THR-03", "Threads that use distinct keys don't get in each other's way.")
    def test_threads_read_their_own_keys(self, backend: BaseCache) -> None:
        turns = self.rounds(backend, 60)

        def write_and_read(number: int) -> set[object]:
            seen: set[object] = set()
            for turn in range(turns):
                backend.set(f"key {number}", (number, turn))
                seen.add(backend.get(f"key {number}") == (number, turn))
                seen.add(backend.get_many(f"key {number}", "missing") == [(number, turn), None])
            return seen

        with fast_switching():
            assert in_threads(6, write_and_read) == [{True}] * 6

    @case("C-THR-04", "A backend may be used first by many threads at once.")
    def test_many_threads_may_come_first(self, make: Workshop) -> None:
        backend = make()

        with fast_switching():
            answers = in_threads(8, lambda number: backend.set(str(number), number))

        assert answers == [True] * 8
        assert backend.get_many(*map(str, range(8))) == list(range(8))

    @case("C-THR-05", "`clear` and `set` at once leave old values or new ones, and no error.")
    def test_clear_amid_writes_does_no_harm(self, backend: BaseCache) -> None:
        turns = self.rounds(backend, 40)

        def work(number: int) -> bool:
            for turn in range(turns):
                if number == 0:
                    backend.clear()
                else:
                    backend.set("key", [number, turn])
                    read = backend.get("key")
                    if read is not None and (type(read), len(read)) != (list, 2):
                        return False
            return True

        with fast_switching():
            assert in_threads(4, work) == [True] * 4
        assert backend.set("key", "last") is True
        assert backend.get("key") == "last"
