"""What does a process leave behind that is killed amid its work?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flask_caching.backends.base import BaseCache, Capability

from ..bench import Bench, RawKeys
from ..catalogue import case
from ..harness.children import SharedNumber, in_child
from ..harness.deaths import killed_amid, moments
from ..harness.threads import in_thread, results
from ..timeline import Timeline
from .processes import only_with

#: Bytes of a value that takes a while to be written.
LARGE = 60_000


class Deaths(Bench):
    """Processes that are killed, as ``kill -9`` does."""

    @pytest.mark.usefixtures("forked")
    @case("H-KIL-01", "`kill -9` at any moment of a `set` leaves the old value or the new one.")
    def test_a_death_amid_a_set_leaves_one_value(self, backend: BaseCache) -> None:
        only_with(Capability.SHARED, backend)
        turn = SharedNumber()

        def write() -> None:
            turn.value += 1
            backend.set("key", _large(turn.value), 0)

        for moment in self.moments(backend, write):
            killed_amid(write, moment, self.patience)

            assert backend.get("key") in (_large(turn.value), _large(turn.value - 1))
        self.is_well(backend)

    @pytest.mark.usefixtures("forked")
    @case("H-KIL-02", "`kill -9` at any moment of an `inc` leaves what was counted, and its life.")
    def test_a_death_amid_an_inc_leaves_the_count(
        self, backend: BaseCache, timeline: Timeline
    ) -> None:
        only_with(Capability.SHARED, backend)
        counted = SharedNumber()
        backend.set("key", 0, timeline.short)

        def count() -> None:
            counted.value = backend.inc("key") or 0

        for moment in self.moments(backend, count):
            timeline.looks_within(timeline.short)
            killed_amid(count, moment, self.patience)

            count_now = backend.get("key")
            assert count_now in (counted.value, counted.value + 1)
            counted.value = count_now
        self.is_well(backend)
        timeline.over(timeline.short)
        assert backend.get("key") is None

    @pytest.mark.usefixtures("forked")
    @case("H-KIL-03", "`kill -9` at any moment of a `clear` leaves whole entries, or none.")
    def test_a_death_amid_a_clear_leaves_whole_entries(self, backend: BaseCache) -> None:
        only_with(Capability.SHARED, backend)
        keys = [f"key {number}" for number in range(10)]

        def fill_and_clear() -> None:
            backend.set_many({key: [key] * 100 for key in keys}, 0)
            backend.clear()

        for moment in self.moments(backend, fill_and_clear):
            killed_amid(fill_and_clear, moment, self.patience)

            for key, value in backend.get_dict(*keys).items():
                assert value in ([key] * 100, None)
        self.is_well(backend)
        assert backend.clear() is True
        assert backend.get_many(*keys) == [None] * len(keys)

    @pytest.mark.usefixtures("forked")
    @case("H-KIL-04", "`kill -9` leaves no litter that `clear` and `prune` would not remove.")
    def test_a_death_leaves_no_litter(self, backend: BaseCache, raw_keys: RawKeys) -> None:
        only_with(Capability.SHARED, backend)
        backend.clear()
        empty = sorted(raw_keys())
        backend.set("key", 1)
        full = sorted(raw_keys())

        def write() -> None:
            backend.set("key", _large(1))
            backend.delete("other")
            backend.add("other", _large(2))
            backend.inc("count")

        def tidied(removing: Callable[[], Any]) -> list[Any]:
            for moment in self.moments(backend, write):
                killed_amid(write, moment, self.patience)
            removing()
            return sorted(raw_keys())

        if Capability.PRUNE in backend.capabilities:
            assert tidied(lambda: [backend.delete_many("other", "count"), backend.prune()]) == full
        assert tidied(backend.clear) == empty

    @pytest.mark.usefixtures("forked")
    @case(
        "O-ADD-10",
        "`add` writes value and life in one step: killed amid it, nothing is there for ever.",
        needs=Capability.ATOMIC_ADD,
    )
    def test_a_death_amid_an_add_leaves_nothing_for_ever(
        self, backend: BaseCache, timeline: Timeline
    ) -> None:
        only_with(Capability.SHARED, backend)
        number = SharedNumber()

        def add() -> None:
            number.value += 1
            backend.add(f"key {number.value}", 1, timeline.short)

        for moment in self.moments(backend, add):
            killed_amid(add, moment, self.patience)

        keys = [f"key {each}" for each in range(1, number.value + 1)]
        # The last of them was written later than the timeline knows.
        timeline.start()
        timeline.over(timeline.short)
        assert [key for key, value in backend.get_dict(*keys).items() if value is not None] == []
        assert all(backend.add(key, "new") for key in keys[-10:])

    # -- what they share -------------------------------------------------------------

    def moments(self, backend: BaseCache, work: Callable[[], object]) -> Iterator[float]:
        """Give the moments at which processes die amid some work, by this run's seed."""
        return moments(self.rounds(backend, 24), work, self.seed)

    def is_well(self, backend: BaseCache) -> None:
        """Write other keys, in this process and in another: the dead hold nothing any more."""

        def work() -> list[Any]:
            return [backend.set("well", [1]), backend.get("well"), type(backend.inc("count"))]

        assert results([in_thread(work)], self.patience) == [[True, [1], int]]
        assert in_child(work) == [True, [1], int]


def _large(number: int) -> bytes:
    """Return a value of which no part is a part of the one before or after."""
    return b"%d" % (number % 10) * LARGE
