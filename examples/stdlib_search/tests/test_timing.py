from __future__ import annotations

from stdlib_search.timing import Computed, computed, served


def test_a_value_computed_for_this_call_is_a_miss() -> None:
    answer = served(lambda ticket: computed(lambda: "value", ticket=ticket))

    assert (answer.value, answer.hit) == ("value", False)
    assert answer.seconds >= answer.computed_seconds


def test_a_value_computed_for_another_call_is_a_hit() -> None:
    kept = Computed("value", seconds=2.0, at=0.0, ticket="of another call")

    answer = served(lambda ticket: kept)

    assert (answer.value, answer.hit, answer.computed_seconds) == ("value", True, 2.0)
    assert answer.age > 0
    assert answer.speedup == 2.0 / answer.seconds
