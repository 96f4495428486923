"""What do `get`, `has`, `set`, `add` and `delete` answer, and what do they leave alone?"""

from __future__ import annotations

from typing import Any

import pytest

from flask_caching.backends.base import BaseCache, Capability
from flask_caching.errors import NotSupportedError

from ..bench import Bench, RawKeys, RawRead
from ..catalogue import case
from ..timeline import Timeline
from ..workshop import Workshop


class SingleKeys(Bench):
    """One key at a time."""

    @case("C-GET-01", "A missing key reads as `None`.")
    def test_a_missing_key_reads_as_none(self, backend: BaseCache) -> None:
        assert backend.get("key") is None
        assert backend.get_value("key") is None
        assert backend.get_many("key") == [None]
        assert backend.get_dict("key") == {"key": None}
        assert backend.has("key") is False

    @case("C-GET-02", "An empty store answers every operation.")
    def test_an_empty_cache_answers_every_operation(self, backend: BaseCache) -> None:
        assert backend.get("key") is None
        assert backend.get_many("a", "b") == [None, None]
        assert backend.get_dict("a") == {"a": None}
        assert backend.has("key") is False
        assert backend.delete("key") is False
        assert backend.delete_many("a", "b") == ["a", "b"]
        assert backend.clear() is True

    @case("C-GET-03", "A miss is told from a stored `None`.")
    def test_a_miss_is_told_from_a_stored_none(self, backend: BaseCache) -> None:
        backend.set("none", None)

        assert backend.get_value("none", "default") is None
        assert backend.get_value("missing", "default") == "default"
        assert backend.get_value("missing") is None
        assert backend.has("none") is True

    @case("C-GET-04", "Reading changes nothing: the same answer comes again.")
    def test_reading_again_answers_the_same(self, backend: BaseCache) -> None:
        backend.set("key", [1])

        assert [backend.get("key") for _ in range(3)] == [[1]] * 3
        assert [backend.has("key") for _ in range(3)] == [True] * 3
        assert backend.get_many("key") == [[1]]

    @case("C-GET-05", "Reading writes nothing into the store.")
    def test_reading_writes_nothing(self, backend: BaseCache, raw_keys: RawKeys) -> None:
        backend.set("key", [1])
        before = set(raw_keys())

        backend.get_many("key", "missing")
        backend.get_value("missing")
        backend.has("missing")
        backend.get("missing")

        assert set(raw_keys()) == before

    @case("C-GET-06", "What is stored lies in the store, and what is deleted does not.")
    def test_the_store_holds_what_is_stored(self, backend: BaseCache, raw_read: RawRead) -> None:
        assert raw_read("key") is None
        backend.set("key", [1])
        assert raw_read("key")
        backend.delete("key")
        assert raw_read("key") is None
        backend.add("key", [1])
        assert raw_read("key")
        backend.clear()
        assert backend.get("key") is None

    @case("C-SET-01", "`set` answers exactly `True` when the value is stored.")
    def test_set_answers_true(self, backend: BaseCache) -> None:
        assert backend.set("key", 1) is True
        assert backend.set("key", 1) is True

    @pytest.mark.parametrize(
        ("old", "new"), [([1], "text"), ("text", [1]), (1, None), (None, 1), (1, True), (5, b"5")]
    )
    @case("C-SET-02", "`set` overwrites value and type.")
    def test_set_overwrites_value_and_type(self, backend: BaseCache, old: Any, new: Any) -> None:
        backend.set("key", old)

        assert backend.set("key", new) is True
        read = backend.get_value("key", "default")
        assert (type(read), read) == (type(new), new)

    @case("C-SET-03", "What one operation writes, every other reads under the same key.")
    def test_single_and_bulk_operations_agree_on_keys(self, backend: BaseCache) -> None:
        backend.set("set", 1)
        backend.set_many({"set_many": 1})
        backend.add("add", 1)
        backend.inc("inc")

        for key in ("set", "set_many", "add", "inc"):
            assert backend.get(key) == 1
            assert backend.get_many(key) == [1]
            assert backend.get_dict(key) == {key: 1}
            assert backend.has(key) is True
            assert backend.add(key, 2) is False
            assert backend.inc(key) == 2
            assert backend.delete(key) is True

    @pytest.mark.parametrize("value", [None, False, 0, "", b"", []], ids=repr)
    @case("C-HAS-01", "`has` is `True` for a live entry, whatever its value.")
    def test_has_is_true_for_values_that_are_false(self, backend: BaseCache, value: Any) -> None:
        backend.set("key", value)

        assert backend.has("key") is True

    @case("C-ADD-01", "`add` is `True` when the key was absent, and the value is stored.")
    def test_add_stores_what_is_absent(self, backend: BaseCache) -> None:
        assert backend.add("key", [1]) is True
        assert backend.get("key") == [1]

    @pytest.mark.parametrize("first", [None, False, 0, "", [1]], ids=repr)
    @case("C-ADD-02", "`add` is `False` on a live entry, whatever its value, and leaves the value.")
    def test_add_keeps_the_first_value(self, backend: BaseCache, first: Any) -> None:
        backend.set("key", first)

        assert backend.add("key", "second") is False
        assert backend.get_value("key", "default") == first

    @case("C-ADD-03", "`False` leaves value and life alone.")
    def test_add_keeps_the_first_life(self, backend: BaseCache, timeline: Timeline) -> None:
        backend.add("key", 1, timeline.short)
        backend.add("key", 2, 1_000)

        timeline.nearly(timeline.short)
        assert backend.get("key") == 1
        timeline.over(timeline.short)
        assert backend.get("key") is None

    @case("C-ADD-04", "`add` stores again after a delete.")
    def test_add_stores_again_after_a_delete(self, backend: BaseCache) -> None:
        backend.add("key", 1)
        backend.delete("key")

        assert backend.add("key", 2) is True
        assert backend.get("key") == 2

    @case("C-ADD-05", "`add` stores again when the entry has expired, with the life given now.")
    def test_add_stores_again_after_the_end_of_a_life(
        self, backend: BaseCache, timeline: Timeline
    ) -> None:
        backend.add("key", 1, timeline.short)
        timeline.over(timeline.short)

        assert backend.add("key", 2, timeline.short) is True

        timeline.start()
        assert backend.get("key") == 2
        assert backend.add("key", 3) is False
        timeline.over(timeline.short)
        assert backend.get("key") is None

    @case("C-DEL-01", "`delete` is `True` only when a live entry was there.")
    def test_delete_is_true_only_for_a_live_entry(self, backend: BaseCache) -> None:
        backend.set("key", None)
        backend.set("other", 1)

        assert backend.delete("key") is True
        assert backend.delete("key") is False
        assert backend.delete("missing") is False
        assert backend.get_value("key", "default") == "default"
        assert backend.get("other") == 1

    @case("C-CLR-01", "`clear` removes every entry and answers `True`, also where there is none.")
    def test_clear_removes_every_entry(self, backend: BaseCache) -> None:
        backend.set_many({"a": 1, "b": [2], "c": 3}, 0)
        backend.inc("count")

        assert backend.clear() is True

        assert backend.get_many("a", "b", "c", "count") == [None] * 4
        assert backend.clear() is True
        assert backend.add("a", "new") is True

    @case("C-CLR-02", "A cleared cache can be used.")
    def test_a_cleared_cache_can_be_used(self, backend: BaseCache) -> None:
        backend.set("key", 1)
        backend.clear()

        assert backend.has("key") is False
        assert backend.set("key", 2) is True
        assert backend.get("key") == 2
        assert backend.inc("count") == 1

    @case("C-CPB-01", "A missing capability is a clear `NotSupportedError`.")
    def test_what_is_not_supported_says_so(self, backend: BaseCache) -> None:
        if Capability.TOUCH not in backend.capabilities:
            with pytest.raises(NotSupportedError, match="touch"):
                backend.touch("key")
        if Capability.PRUNE not in backend.capabilities:
            with pytest.raises(NotSupportedError, match="prune"):
                backend.prune()

    @case("C-CPB-02", "Capabilities are a set of `Capability`, the same for each backend made.")
    def test_capabilities_are_stable(self, make: Workshop) -> None:
        first, second = make(), make()

        assert first.capabilities == second.capabilities
        assert all(isinstance(each, Capability) for each in first.capabilities)
