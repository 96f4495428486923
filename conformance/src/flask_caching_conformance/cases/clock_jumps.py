"""Do lives last as long as they should where somebody sets the clock, or the time zone?"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from flask_caching.backends.base import BaseCache

from ..bench import Bench
from ..catalogue import case
from ..harness.clock import Clock
from ..timeline import Timeline
from ..verdicts import Skip
from ..workshop import Workshop

HOUR, YEAR = 3_600.0, 365 * 86_400.0
#: Twelve hours behind Greenwich and fourteen before it, in POSIX's notation, which has it reversed.
FAR_WEST, FAR_EAST = "WEST+12", "EAST-14"


class ClockJumps(Bench):
    """A clock that is set, where the backend takes one."""

    @pytest.fixture
    def jump(self, make: Workshop, clock: Clock) -> Clock:
        if not make.takes_clock:
            Skip.DOES_NOT_APPLY("the backend takes no clock that could be set")
        return clock

    @case(
        "H-CLK-01",
        "Where the clock is set back, an entry ends neither early nor later than it says.",
    )
    def test_a_clock_that_is_set_back_ends_no_life_early(
        self, backend: BaseCache, jump: Clock
    ) -> None:
        backend.set("key", 1, 1_000)
        backend.set("for ever", 2, 0)
        backend.inc("count")

        jump.advance(-HOUR)

        assert backend.get_many("key", "for ever", "count") == [1, 2, 1]
        assert backend.has("key") is True
        assert backend.add("key", "new") is False
        jump.advance(HOUR + 1_000 + backend.resolution)
        assert backend.get_many("key", "for ever", "count") == [None, 2, None]
        assert backend.add("key", "new") is True

    @pytest.mark.parametrize("seconds", [HOUR, -HOUR, YEAR, -YEAR], ids="{:+,.0f}".format)
    @case("H-CLK-02", "What is written after the clock was set lives as long as it should.")
    def test_what_is_written_after_a_jump_lives_its_life(
        self, backend: BaseCache, jump: Clock, seconds: float
    ) -> None:
        backend.set("key", "old", 10)
        backend.set("for ever", "old", 0)
        jump.advance(2 * seconds)
        backend.get("key")
        backend.set("other", 1, 10)
        jump.advance(-seconds)

        assert backend.set("key", "new", 10) is True
        assert backend.add("added", "new", 10) is True

        assert backend.get_many("key", "added", "for ever") == ["new", "new", "old"]
        jump.advance(9.5)
        assert backend.get_many("key", "added", "for ever") == ["new", "new", "old"]
        jump.advance(0.5 + backend.resolution)
        assert backend.get_many("key", "added", "for ever") == [None, None, "old"]

    @pytest.mark.parametrize("zones", [(FAR_WEST, FAR_EAST), (FAR_EAST, FAR_WEST)], ids=" to ".join)
    @case("H-CLK-03", "The time zone is of no matter.")
    def test_a_life_is_the_same_in_every_time_zone(
        self,
        backend: BaseCache,
        timeline: Timeline,
        monkeypatch: pytest.MonkeyPatch,
        zones: tuple[str, str],
    ) -> None:
        with monkeypatch.context() as environment, time_zones(environment):
            environment.setenv("TZ", zones[0])
            time.tzset()
            backend.set("key", 1, timeline.short)

            environment.setenv("TZ", zones[1])
            time.tzset()

            timeline.nearly(timeline.short)
            assert backend.get("key") == 1
            timeline.over(timeline.short)
            assert backend.get("key") is None


@contextmanager
def time_zones(environment: pytest.MonkeyPatch) -> Generator[None]:
    """Let the time zone be changed, and go back to the one before."""
    try:
        yield
    finally:
        environment.undo()
        time.tzset()
