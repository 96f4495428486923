"""Is an entry readable for the time asked, and gone after it?"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from flask_caching.backends.base import BaseCache, Capability
from flask_caching.payload import Entry

from ..bench import Bench
from ..catalogue import case
from ..harness.clock import Clock
from ..timeline import Timeline
from ..workshop import Workshop
from .operations import Operation, on_every_timeout
from .samples import Reducing

MONTH, DECADE, CENTURY = 30 * 86_400, 3_652 * 86_400, 36_525 * 86_400
#: What `default_timeout` is where nothing is configured, in seconds.
DEFAULT = 300

negative = pytest.mark.parametrize(
    "timeout", [-1, -0.5, -1e-9, timedelta(seconds=-3), -(10**400)], ids=lambda t: repr(t)[:20]
)
#: Each operation with what it answers where the entry under "key" has expired.
LOOKS: dict[str, tuple[Callable[[BaseCache], Any], Any]] = {
    "get_value": (lambda backend: backend.get_value("key", "default"), "default"),
    "get_many": (lambda backend: backend.get_many("key"), [None]),
    "get_dict": (lambda backend: backend.get_dict("key"), {"key": None}),
    "has": (lambda backend: backend.has("key"), False),
    "delete": (lambda backend: backend.delete("key"), False),
    "delete_many": (lambda backend: backend.delete_many("key"), ["key"]),
    "inc": (lambda backend: backend.inc("key"), 1),
    "dec": (lambda backend: backend.dec("key"), -1),
    "add": (lambda backend: backend.add("key", "new"), True),
}


class Times(Bench):
    """Times."""

    @pytest.mark.parametrize(
        ("timeout", "seconds"),
        [
            (1, 1),
            (1.5, 1.5),
            (2.0, 2),
            (timedelta(seconds=2), 2),
            (timedelta(minutes=1, milliseconds=500), 60.5),
            (MONTH, MONTH),
            (MONTH + 1, MONTH + 1),
            (timedelta(days=30, seconds=1), MONTH + 1),
            (DECADE, DECADE),
            (CENTURY, CENTURY),
            (5_000_000_000, 5_000_000_000),
        ],
        ids=repr,
    )
    @case("C-TIM-01", "Readable for at least the time asked, gone at most one resolution later.")
    def test_an_entry_is_readable_for_its_life_and_gone_after_it(
        self, backend: BaseCache, timeline: Timeline, timeout: Any, seconds: float
    ) -> None:
        backend.set("key", "value", timeout)

        timeline.looks_within(seconds)
        assert backend.get("key") == "value"
        timeline.nearly(seconds)
        assert backend.get("key") == "value"
        assert backend.has("key") is True
        timeline.over(seconds)
        assert backend.get("key") is None
        assert backend.has("key") is False

    @pytest.mark.parametrize("timeout", [0.2, 0.25, timedelta(milliseconds=250)], ids=repr)
    @case(
        "O-TIM-02",
        "Readable for at least the time asked, also where that is less than a second, and gone at "
        "most one resolution later.",
        needs=Capability.SUBSECOND,
    )
    def test_a_life_may_be_shorter_than_a_second(
        self, backend: BaseCache, timeline: Timeline, timeout: Any
    ) -> None:
        seconds = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
        backend.set("key", "value", timeout)

        timeline.nearly(seconds)
        assert backend.get("key") == "value"
        timeline.over(seconds)
        assert backend.get("key") is None

    @pytest.mark.parametrize("timeout", [1, 1.0, 1.25])
    @case("C-TIM-03", "Never early: a life that begins late in a second is not cut.")
    def test_a_life_that_begins_late_in_a_second_is_not_cut(
        self, backend: BaseCache, timeline: Timeline, clock: Clock, timeout: float
    ) -> None:
        timeline.late_in_a_second(clock)
        backend.set("key", 1, timeout)

        timeline.nearly(timeout)
        assert backend.get("key") == 1

    @pytest.mark.parametrize(
        "timeout", [10**400, 1e300, timedelta.max], ids=["int", "float", "timedelta"]
    )
    @on_every_timeout
    @case("C-TIM-04", "A life that a store can't express is clamped to its maximum, never lost.")
    def test_a_life_longer_than_can_be_expressed_is_very_long(
        self, backend: BaseCache, timeline: Timeline, operation: Operation, timeout: Any
    ) -> None:
        if operation.name == "touch":
            backend.set("key", 1, 5)

        assert operation(backend, timeout)

        assert backend.get("key") == 1
        timeline.advance(1e12 if timeline.is_exact else CENTURY)
        assert backend.get("key") == 1

    @case("C-TIM-05", "`timeout=None` means the default, in every operation that starts a life.")
    def test_no_timeout_means_the_default(self, make: Workshop, timeline: Timeline) -> None:
        backend = make(CACHE_DEFAULT_TIMEOUT=timeline.short)
        backend.set("set", 1)
        backend.set_many({"set_many": 1})
        backend.add("add", 1, None)
        backend.inc("inc")

        timeline.nearly(timeline.short)
        assert backend.get_many("set", "set_many", "add", "inc") == [1, 1, 1, 1]
        timeline.over(timeline.short)
        assert backend.get_many("set", "set_many", "add", "inc") == [None] * 4

    @case("C-TIM-06", "The default life is 300 seconds where nothing is configured.")
    def test_the_default_default_is_five_minutes(
        self, backend: BaseCache, timeline: Timeline
    ) -> None:
        backend.set("key", 1)

        assert backend.get("key") == 1
        timeline.nearly(DEFAULT)
        assert backend.get("key") == 1
        timeline.over(DEFAULT)
        assert backend.get("key") is None

    @case("C-TIM-07", "The default may be a `timedelta`.")
    def test_the_default_may_be_a_timedelta(self, make: Workshop, timeline: Timeline) -> None:
        life = timeline.short
        backend = make(CACHE_DEFAULT_TIMEOUT=timedelta(seconds=life))
        backend.set("key", 1)

        timeline.nearly(life)
        assert backend.get("key") == 1
        timeline.over(life)
        assert backend.get("key") is None

    @pytest.mark.parametrize("zero", [0, 0.0, -0.0, timedelta()], ids=repr)
    @case("C-TIM-08", "`timeout=0` never expires.")
    def test_a_timeout_of_zero_never_expires(
        self, backend: BaseCache, timeline: Timeline, zero: Any
    ) -> None:
        backend.set("set", 1, zero)
        backend.set_many({"set_many": 1}, zero)
        backend.add("add", 1, zero)

        assert backend.get_many("set", "set_many", "add") == [1, 1, 1]
        timeline.advance(CENTURY)
        assert backend.get_many("set", "set_many", "add") == [1, 1, 1]
        assert backend.has("set") is True

    @case("C-TIM-09", "A default of 0 never expires.")
    def test_a_default_of_zero_never_expires(self, make: Workshop, timeline: Timeline) -> None:
        backend = make(CACHE_DEFAULT_TIMEOUT=0)
        backend.set("key", 1)
        backend.inc("count")

        assert backend.get_many("key", "count") == [1, 1]
        timeline.advance(CENTURY)
        assert backend.get_many("key", "count") == [1, 1]

    @on_every_timeout
    @pytest.mark.parametrize("timeout", [True, False, "10", "", [], b"1", 1j], ids=repr)
    @case("C-TIM-10", "`bool`, `str` and other types as a timeout -> `TypeError`, nothing changed.")
    def test_a_timeout_of_another_type_is_a_type_error(
        self, backend: BaseCache, timeline: Timeline, operation: Operation, timeout: Any
    ) -> None:
        backend.set("key", "old", timeline.short)

        with pytest.raises(TypeError, match="timeout"):
            operation(backend, timeout)

        timeline.nearly(timeline.short)
        assert backend.get("key") == "old"
        timeline.over(timeline.short)
        assert backend.get("key") is None

    @on_every_timeout
    @pytest.mark.parametrize("timeout", [math.nan, math.inf, -math.inf], ids=repr)
    @case("C-TIM-11", "NaN and infinity as a timeout -> `ValueError`, nothing changed.")
    def test_a_timeout_that_is_not_finite_is_a_value_error(
        self, backend: BaseCache, timeline: Timeline, operation: Operation, timeout: float
    ) -> None:
        backend.set("key", "old", timeline.short)

        with pytest.raises(ValueError, match="finite"):
            operation(backend, timeout)

        timeline.nearly(timeline.short)
        assert backend.get("key") == "old"
        timeline.over(timeline.short)
        assert backend.get("key") is None

    @pytest.mark.parametrize("timeout", [True, math.nan], ids=repr)
    @case("C-TIM-12", "A bad timeout of `set_many` is refused before any write.")
    def test_a_bad_timeout_of_set_many_stores_none_of_the_keys(
        self, backend: BaseCache, timeout: Any
    ) -> None:
        with pytest.raises((TypeError, ValueError)):
            backend.set_many({"a": 1, "b": 2}, timeout)

        assert backend.get_many("a", "b") == [None, None]

    @negative
    @case(
        "C-TIM-13",
        "A negative timeout means already expired: nothing is readable under the key afterwards, "
        "never for ever; `set` answers `True`.",
    )
    def test_a_negative_timeout_leaves_nothing_readable(
        self, backend: BaseCache, timeout: Any
    ) -> None:
        backend.set("key", "old")

        assert backend.set("key", "new", timeout) is True
        assert backend.set("never there", "new", timeout) is True

        assert backend.get_many("key", "never there") == [None, None]
        assert backend.has("key") is False
        assert backend.has("never there") is False
        assert backend.delete("key") is False

    @negative
    @case("C-TIM-14", "`set_many` with a negative timeout lists the keys and leaves nothing.")
    def test_set_many_with_a_negative_timeout_lists_the_keys_and_leaves_nothing(
        self, backend: BaseCache, timeout: Any
    ) -> None:
        backend.set("a", "old")

        assert backend.set_many({"a": 1, "b": 2}, timeout) == ["a", "b"]

        assert backend.get_many("a", "b") == [None, None]

    @negative
    @case("C-TIM-15", "`add` with a negative timeout is `True` on an absent key.")
    def test_add_with_a_negative_timeout_is_true_where_nothing_was(
        self, backend: BaseCache, timeout: Any
    ) -> None:
        assert backend.add("key", 1, timeout) is True

        assert backend.has("key") is False

    @negative
    @case("C-TIM-16", "`add` with a negative timeout is `False` on a live key and leaves it.")
    def test_add_with_a_negative_timeout_leaves_a_live_entry_alone(
        self, backend: BaseCache, timeline: Timeline, timeout: Any
    ) -> None:
        backend.set("key", "old", timeline.short)

        assert backend.add("key", "new", timeout) is False

        timeline.nearly(timeline.short)
        assert backend.get("key") == "old"

    @case("C-TIM-17", "A negative default leaves nothing readable.")
    def test_a_negative_default_leaves_nothing_readable(self, make: Workshop) -> None:
        backend = make(CACHE_DEFAULT_TIMEOUT=-1)

        assert backend.set("key", 1) is True
        assert backend.add("added", 1) is True
        assert backend.inc("count", 3) == 3
        assert backend.get_many("key", "added", "count") == [None] * 3

    @case("C-TIM-18", "Lives are independent of each other.")
    def test_lives_are_independent(self, backend: BaseCache, timeline: Timeline) -> None:
        step = timeline.short
        backend.set("short", 1, step)
        backend.set("long", 2, 3 * step)
        backend.set("for ever", 3, 0)

        seen = [backend.get_many("short", "long", "for ever")]
        for life in (step, 2 * step, 3 * step):
            timeline.over(life)
            seen.append(backend.get_many("short", "long", "for ever"))

        assert seen[0] == [1, 2, 3]
        assert seen[1] == [None, 2, 3]
        assert [values[0] for values in seen[2:]] == [None, None]
        assert seen[3] == [None, None, 3]

    @case("C-TIM-19", "Reading does not extend a life.")
    def test_reading_does_not_extend_a_life(self, backend: BaseCache, timeline: Timeline) -> None:
        backend.set("key", 1, timeline.short)

        for part in (0.25, 0.5, 0.75):
            timeline.nearly(part * timeline.short)
            backend.get("key")
            backend.get_many("key")
            backend.get_dict("key")
            backend.get_value("key")
            backend.has("key")
            backend.add("key", 2, 100)
        timeline.over(timeline.short)

        assert backend.get("key") is None

    @pytest.mark.parametrize(
        ("first", "second"), [(1, 100), (100, 1), (0, 1), (1, 0), (0.5, None), (0, None)]
    )
    @pytest.mark.parametrize("write", ["set", "set_many"])
    @case("C-TIM-20", "Overwriting replaces the life as well as the value.")
    def test_overwriting_replaces_the_life(
        self,
        backend: BaseCache,
        timeline: Timeline,
        write: str,
        first: float,
        second: float | None,
    ) -> None:
        backend.set("key", "old", first)
        if write == "set":
            backend.set("key", "new", second)
        else:
            backend.set_many({"key": "new"}, second)
        length = DEFAULT if second is None else second or 10_000

        timeline.looks_within(length)
        assert backend.get("key") == "new"
        timeline.nearly(length)
        assert backend.get("key") == "new"
        timeline.over(length)
        assert backend.get("key") == ("new" if second == 0 else None)

    @case("C-TIM-21", "A life begins when the value is ready, however long pickling it took.")
    def test_a_life_begins_when_the_value_is_ready(
        self, backend: BaseCache, timeline: Timeline
    ) -> None:
        pause = 4 * timeline.short if timeline.is_exact else timeline.short
        slow = Reducing(lambda: timeline.advance(pause))

        backend.set("key", slow, timeline.short)
        timeline.start()

        timeline.nearly(timeline.short)
        assert backend.get("key") == "reduced"

    @case("C-TIM-22", "What has expired is gone from every operation.")
    def test_what_has_expired_is_gone_from_every_operation(
        self, backend: BaseCache, timeline: Timeline
    ) -> None:
        backend.set_many(dict.fromkeys(["a", "b", "c", "d", "e", "f"], 5), timeline.short)
        timeline.over(timeline.short)

        assert backend.get("a") is None
        assert backend.get_value("a", "default") == "default"
        assert backend.get_many("a", "b") == [None, None]
        assert backend.get_dict("a") == {"a": None}
        assert backend.has("a") is False
        assert backend.delete("b") is False
        assert backend.add("c", "new") is True
        assert backend.inc("d") == 1
        assert backend.dec("e") == -1
        assert backend.set("f", "new") is True
        assert backend.get_many("c", "d", "e", "f") == ["new", 1, -1, "new"]

    @case("C-TIM-23", "What has expired is told as missing by the first operation that looks.")
    @pytest.mark.parametrize(("look", "answer"), LOOKS.values(), ids=LOOKS.keys())
    def test_the_first_look_at_what_has_expired_finds_nothing(
        self, backend: BaseCache, timeline: Timeline, look: Any, answer: Any
    ) -> None:
        backend.set("key", 5, timeline.short)
        timeline.over(timeline.short)

        assert look(backend) == answer

    @case("O-TOUCH-01", "`touch` gives a live entry a new life.", needs=Capability.TOUCH)
    def test_touch_gives_a_live_entry_a_new_life(
        self, backend: BaseCache, timeline: Timeline
    ) -> None:
        backend.set("key", [1], timeline.short)

        assert backend.touch("key", 2 * timeline.short) is True

        timeline.nearly(2 * timeline.short)
        assert backend.get("key") == [1]
        timeline.over(2 * timeline.short)
        assert backend.get("key") is None

    @pytest.mark.parametrize(
        ("timeout", "length"), [(None, DEFAULT), (1, 1), (timedelta(days=1), 86_400)]
    )
    @case(
        "O-TOUCH-02",
        "`touch` takes every timeout; `None` means the default.",
        needs=Capability.TOUCH,
    )
    def test_touch_takes_every_timeout(
        self, backend: BaseCache, timeline: Timeline, timeout: Any, length: float
    ) -> None:
        backend.set("key", 1, 5)

        timeline.looks_within(5)
        assert backend.touch("key", timeout) is True

        timeline.nearly(length)
        assert backend.get("key") == 1
        timeline.over(length)
        assert backend.get("key") is None

    @case("O-TOUCH-03", "`touch` with 0 makes an entry stay for ever.", needs=Capability.TOUCH)
    def test_touch_with_zero_makes_an_entry_stay_for_ever(
        self, backend: BaseCache, timeline: Timeline
    ) -> None:
        backend.set("key", 1, 5)

        assert backend.touch("key", 0) is True

        assert backend.get("key") == 1
        timeline.advance(1e9)
        assert backend.get("key") == 1

    @case(
        "O-TOUCH-04",
        "`touch` of a missing key is `False` and stores nothing.",
        needs=Capability.TOUCH,
    )
    def test_touch_of_a_missing_key_is_false_and_stores_nothing(self, backend: BaseCache) -> None:
        assert backend.touch("key", 10) is False
        assert backend.has("key") is False

    @case(
        "O-TOUCH-05",
        "`touch` of an expired key is `False` and does not revive it.",
        needs=Capability.TOUCH,
    )
    def test_touch_does_not_revive(self, backend: BaseCache, timeline: Timeline) -> None:
        backend.set("key", 1, timeline.short)
        timeline.over(timeline.short)

        assert backend.touch("key", 100) is False
        assert backend.get("key") is None

    @negative
    @case(
        "O-TOUCH-06",
        "`touch` with a negative timeout is `True` and ends a live entry.",
        needs=Capability.TOUCH,
    )
    def test_touch_with_a_negative_timeout_ends_a_live_entry(
        self, backend: BaseCache, timeout: Any
    ) -> None:
        backend.set("key", "old")

        assert backend.touch("key", timeout) is True

        assert backend.get("key") is None
        assert backend.has("key") is False

    @case("O-TOUCH-07", "`touch` keeps the value and its stamps.", needs=Capability.TOUCH)
    def test_touch_keeps_value_and_stamps(self, backend: BaseCache, timeline: Timeline) -> None:
        entry: Any = (
            Entry("value", ("version",), ("stamp",)) if backend.keeps_entries else ["value"]
        )
        backend.set("key", entry, timeline.short)

        assert backend.touch("key", 10 * timeline.short) is True

        timeline.nearly(9 * timeline.short)
        assert backend.get("key") == entry
        assert backend.touch("key", 0) is True
        timeline.advance(10**6)
        assert backend.get("key") == entry

    @case("O-PRUNE-01", "`prune` removes what has expired, and counts it.", needs=Capability.PRUNE)
    def test_prune_counts_what_has_expired(self, backend: BaseCache, timeline: Timeline) -> None:
        backend.set_many({"a": 1, "b": 2}, timeline.short)
        backend.set_many({"c": 3}, 10 * timeline.short)
        backend.set_many({"d": 4}, 0)
        timeline.over(timeline.short)

        assert backend.prune() == 2
        assert backend.prune() == 0
        assert backend.get_many("a", "b", "c", "d") == [None, None, 3, 4]

    @case("O-PRUNE-02", "`prune` of an empty store is 0.", needs=Capability.PRUNE)
    def test_prune_of_nothing_is_zero(self, backend: BaseCache) -> None:
        assert backend.prune() == 0
        backend.set("key", 1)
        backend.clear()
        assert backend.prune() == 0
