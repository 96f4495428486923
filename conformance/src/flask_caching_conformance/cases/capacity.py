"""Where a backend holds a limited number of entries, which ones go, and when?"""

from __future__ import annotations

import pytest

from flask_caching.backends.base import BaseCache, Capability

from ..bench import Bench
from ..catalogue import case
from ..harness.children import in_children
from ..harness.threads import fast_switching, in_threads
from ..timeline import Timeline
from ..verdicts import Skip
from ..workshop import Workshop


def held(backend: BaseCache, keys: list[str]) -> list[str]:
    """Return the keys under which something lies."""
    return [key for key, value in backend.get_dict(*keys).items() if value is not None]


class Capacity(Bench):
    """Capacity."""

    @case("O-CAP-01", "Never more entries than the limit.", needs=Capability.BOUNDED)
    def test_there_are_never_more_entries_than_the_limit(self, make: Workshop) -> None:
        backend = make(CACHE_THRESHOLD=5)
        keys = [f"key {number}" for number in range(20)]

        for number, key in enumerate(keys):
            if number % 4 == 0:
                backend.set(key, number)
            elif number % 4 == 1:
                backend.add(key, number)
            elif number % 4 == 2:
                backend.set_many({key: number})
            else:
                backend.inc(key, 1)
            assert len(held(backend, keys)) == min(number + 1, 5)

    @case("O-CAP-02", "The newest entry survives its own eviction.", needs=Capability.BOUNDED)
    def test_the_newest_survives(self, make: Workshop, timeline: Timeline) -> None:
        backend = make(CACHE_THRESHOLD=1)

        for life in (0, timeline.short, 1_000, 0):
            for key in ("a", "b"):
                assert backend.set(key, 1, life) is True
                assert backend.get(key) == 1

        assert held(backend, ["a", "b"]) == ["b"]

    @case("O-CAP-03", "What has expired makes room before what lives.", needs=Capability.BOUNDED)
    def test_an_expired_entry_makes_room_before_a_live_one(
        self, make: Workshop, timeline: Timeline
    ) -> None:
        backend = make(CACHE_THRESHOLD=3)
        backend.set("old", 1, 0)
        backend.set("expires", 1, timeline.short)
        backend.set("young", 1, 1_000_000)
        timeline.over(timeline.short)

        backend.set("new", 1)

        assert backend.get_many("old", "expires", "young", "new") == [1, None, 1, 1]

    @case(
        "O-CAP-04",
        "Entries that never expire are not the first to go.",
        needs=Capability.BOUNDED,
    )
    def test_an_entry_for_ever_is_not_the_first_to_go(self, make: Workshop) -> None:
        backend = make(CACHE_THRESHOLD=3)
        backend.set("first", 1, 100)
        backend.set("for ever", 1, 0)
        backend.set("third", 1, 100)

        backend.set("fourth", 1, 100)

        assert backend.get_many("first", "for ever", "third", "fourth") == [None, 1, 1, 1]

    @case("O-CAP-05", "Overwriting does not count twice.", needs=Capability.BOUNDED)
    def test_overwriting_does_not_count_twice(self, make: Workshop) -> None:
        backend = make(CACHE_THRESHOLD=3)
        backend.set_many({"a": 1, "b": 1, "c": 1})

        for key in "cbaabcbb":
            backend.set(key, 1)
            assert held(backend, ["a", "b", "c"]) == ["a", "b", "c"]
            backend.set_many({key: 2})
            backend.inc(key)

        assert backend.get_many("a", "b", "c") == [3, 3, 3]

    @case("O-CAP-06", "Deleting makes room.", needs=Capability.BOUNDED)
    def test_deleting_makes_room(self, make: Workshop) -> None:
        backend = make(CACHE_THRESHOLD=3)
        backend.set_many({"a": 1, "b": 1, "c": 1})

        backend.delete("b")
        backend.set("d", 1)

        assert backend.get_many("a", "b", "c", "d") == [1, None, 1, 1]

    @case("O-CAP-07", "The limit holds under many threads.", needs=Capability.BOUNDED)
    def test_the_limit_holds_under_many_threads(self, make: Workshop) -> None:
        backend = make(CACHE_THRESHOLD=5)
        keys = [f"{thread} {number}" for thread in range(4) for number in range(20)]

        def write(thread: int) -> list[bool | None]:
            return [backend.set(f"{thread} {number}", number + 1) for number in range(20)]

        with fast_switching():
            assert in_threads(4, write) == [[True] * 20] * 4

        assert len(held(backend, keys)) == 5

    @pytest.mark.usefixtures("forked")
    @case("O-CAP-08", "Processes that share a store agree on its limit.", needs=Capability.BOUNDED)
    def test_the_limit_holds_under_many_processes(self, make: Workshop) -> None:
        backend = make(CACHE_THRESHOLD=5)
        if Capability.SHARED not in backend.capabilities:
            Skip.DOES_NOT_APPLY(f"{Capability.SHARED} is not declared by {type(backend).__name__}")
        keys = [f"{child} {number}" for child in range(4) for number in range(10)]

        def write(child: int) -> list[bool | None]:
            return [backend.set(f"{child} {number}", number + 1) for number in range(10)]

        assert in_children(4, write) == [[True] * 10] * 4

        assert len(held(backend, keys)) == 5
