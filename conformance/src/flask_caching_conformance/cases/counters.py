"""Do counters count, within 64 bits, and keep their lives?"""

from __future__ import annotations

from typing import Any

import pytest

from flask_caching.backends.base import BaseCache, Capability

from ..bench import Bench
from ..catalogue import case
from ..harness.threads import fast_switching, for_a_while, in_threads
from ..timeline import Timeline
from ..workshop import Workshop
from .samples import Step


class Counters(Bench):
    """Counters."""

    @case("C-INC-01", "An absent counter starts at `delta`; `dec` of one at `-delta`.")
    def test_an_absent_counter_starts_at_the_step(self, backend: BaseCache) -> None:
        assert backend.inc("a") == 1
        assert backend.inc("b", 5) == 5
        assert backend.dec("c") == -1
        assert backend.dec("d", 5) == -5
        assert backend.inc("e", 0) == 0
        assert backend.get_many(*"abcde") == [1, 5, -1, -5, 0]

    @pytest.mark.parametrize(("delta", "total"), [(1, 8), (0, 7), (-9, -2), (10**15, 10**15 + 7)])
    @case("C-INC-02", "`inc` answers the new `int`, which is what is read.")
    def test_inc_adds_and_answers_the_sum(self, backend: BaseCache, delta: int, total: int) -> None:
        backend.set("count", 7)

        answer = backend.inc("count", delta)

        assert (type(answer), answer) == (int, total)
        assert (type(backend.get("count")), backend.get("count")) == (int, total)

    @case("C-INC-03", "`dec` subtracts, also below zero.")
    def test_dec_subtracts_below_zero(self, backend: BaseCache) -> None:
        backend.set("count", 2)

        assert backend.dec("count", 5) == -3
        assert backend.dec("count", -1) == -2
        assert backend.dec("count") == -3
        assert backend.get("count") == -3

    @case("C-INC-04", "A step may be an `int` of a subclass.")
    def test_an_integer_of_a_subtype_is_a_step(self, backend: BaseCache) -> None:
        answer = backend.inc("count", Step.TWO)

        assert (type(answer), answer) == (int, 2)
        assert (type(backend.get("count")), backend.get("count")) == (int, 2)

    @pytest.mark.parametrize("delta", [True, 1.0, "1", None], ids=repr)
    @case("C-INC-05", "A step that is no `int` is a `TypeError`, and the counter unchanged.")
    def test_a_step_that_is_no_integer_is_a_type_error(
        self, backend: BaseCache, delta: Any
    ) -> None:
        backend.set("count", 1)

        with pytest.raises(TypeError, match="delta"):
            backend.inc("count", delta)
        with pytest.raises(TypeError, match="delta"):
            backend.dec("count", delta)

        assert backend.get("count") == 1

    @pytest.mark.parametrize("value", ["1", b"1", None, True, 1.0, [1], {}], ids=repr)
    @case("C-INC-06", "Not an `int` there -> `TypeError`, unchanged, with its life.")
    def test_counting_what_is_no_integer_is_a_type_error_that_leaves_it(
        self, backend: BaseCache, timeline: Timeline, value: Any
    ) -> None:
        backend.set("key", value, timeline.short)

        with pytest.raises(TypeError, match="counter"):
            backend.inc("key")
        with pytest.raises(TypeError, match="counter"):
            backend.dec("key")

        read = backend.get_value("key", "default")
        assert (type(read), read) == (type(value), value)
        timeline.over(timeline.short)
        assert backend.has("key") is False

    @pytest.mark.parametrize(
        ("edge", "step"), [(2**63 - 1, 1), (-(2**63), -1), (2**62, 2**62), (2**70, 1)], ids=hex
    )
    @case("C-INC-07", "Beyond signed 64 bits -> `OverflowError`, unchanged.")
    def test_a_counter_beyond_64_bits_is_an_overflow_that_leaves_it(
        self, backend: BaseCache, edge: int, step: int
    ) -> None:
        backend.set("count", edge)

        with pytest.raises(OverflowError):
            backend.inc("count", step)
        with pytest.raises(OverflowError):
            backend.dec("count", -step)

        assert backend.get("count") == edge

    @pytest.mark.parametrize("delta", [2**63 - 1, -(2**63)], ids=hex)
    @case("C-INC-08", "Counters reach the edges of 64 bits.")
    def test_a_counter_reaches_the_edges_of_64_bits(self, backend: BaseCache, delta: int) -> None:
        assert backend.inc("count", delta) == delta
        assert backend.get("count") == delta

    @pytest.mark.parametrize("delta", [2**63, -(2**63) - 1], ids=hex)
    @case("C-INC-09", "An absent counter does not start beyond 64 bits.")
    def test_an_absent_counter_does_not_start_beyond_64_bits(
        self, backend: BaseCache, delta: int
    ) -> None:
        with pytest.raises(OverflowError):
            backend.inc("count", delta)

        assert backend.has("count") is False

    @case("C-INC-10", "Counting keeps the remaining life.")
    def test_counting_keeps_the_remaining_life(
        self, backend: BaseCache, timeline: Timeline
    ) -> None:
        backend.set("count", 1, timeline.short)
        timeline.advance(timeline.short / 4)

        backend.inc("count")
        backend.dec("count", 5)

        timeline.nearly(timeline.short)
        assert backend.get("count") == -3
        timeline.over(timeline.short)
        assert backend.get("count") is None

    @case("C-INC-11", "Counting keeps a life for ever.")
    def test_counting_keeps_a_life_for_ever(self, backend: BaseCache, timeline: Timeline) -> None:
        backend.set("count", 1, 0)

        backend.inc("count")

        assert backend.get("count") == 2
        timeline.advance(1e9)
        assert backend.get("count") == 2

    @case("C-INC-12", "An expired counter starts again, with the default life.")
    def test_an_expired_counter_starts_again_with_the_default_life(
        self, make: Workshop, timeline: Timeline
    ) -> None:
        life = 1.5 * timeline.short
        backend = make(CACHE_DEFAULT_TIMEOUT=life)
        backend.set("count", 41, timeline.short)
        timeline.over(timeline.short)

        assert backend.inc("count") == 1

        timeline.start()
        timeline.nearly(life)
        assert backend.get("count") == 1
        timeline.over(life)
        assert backend.get("count") is None

    @case("C-INC-13", "A counter is a value like others, whichever operation wrote it.")
    def test_what_other_operations_wrote_can_be_counted(self, backend: BaseCache) -> None:
        backend.set_many({"many": 5})
        backend.add("added", 5)
        backend.set("negative", -5)

        assert backend.inc("many") == 6
        assert backend.inc("added") == 6
        assert backend.inc("negative", 5) == 0
        assert backend.get_many("many", "added", "negative") == [6, 6, 0]

    @case("O-INC-14", "Racing increments all count.", needs=Capability.ATOMIC_INC)
    def test_no_racing_increment_is_lost(self, backend: BaseCache) -> None:
        def count(_: int) -> int:
            turns = 0
            for _ in for_a_while(least=10):
                backend.inc("count")
                backend.dec("other", 2)
                turns += 1
            return turns

        with fast_switching():
            counted = sum(in_threads(4, count))

        assert backend.get_many("count", "other") == [counted, -2 * counted]

    @case("O-INC-15", "Racing increments answer distinct numbers.", needs=Capability.ATOMIC_INC)
    def test_racing_increments_answer_distinct_numbers(self, backend: BaseCache) -> None:
        with fast_switching():
            answers = in_threads(8, lambda _: [backend.inc("key") for _ in for_a_while(least=10)])

        numbers = sorted(number or 0 for each in answers for number in each)
        assert numbers == list(range(1, len(numbers) + 1))
