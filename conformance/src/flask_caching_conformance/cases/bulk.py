"""What do the operations on many keys answer, and what does one bad key or entry cost?"""

from __future__ import annotations

from types import MappingProxyType

import pytest

from flask_caching.backends.base import BaseCache, Capability
from flask_caching.errors import SerializationError

from ..bench import Bench
from ..catalogue import case
from ..timeline import Timeline
from ..workshop import Workshop
from .samples import UNPICKLABLE


class Bulk(Bench):
    """Many keys at a time."""

    @case("C-BULK-01", "`get_many` answers in the order of the keys, duplicates kept.")
    def test_get_many_keeps_the_order_and_the_duplicates(self, backend: BaseCache) -> None:
        backend.set_many({"a": 1, "b": [2], "c": None})

        assert backend.get_many("b", "missing", "a", "b", "c") == [[2], None, 1, [2], None]
        assert backend.get_many("missing", "gone") == [None, None]

    @case("C-BULK-02", "`get_dict` answers a dict with every key asked.")
    def test_get_dict_has_every_key_asked(self, backend: BaseCache) -> None:
        backend.set_many({"a": 1, "b": [2]})

        assert backend.get_dict("b", "missing", "a", "b") == {"b": [2], "missing": None, "a": 1}

    @case("C-BULK-03", "`set_many` lists the keys stored, in the mapping's order, again on update.")
    def test_set_many_lists_what_is_stored_in_the_mappings_order(self, backend: BaseCache) -> None:
        mapping = {"b": 1, "a": 2, "c": None}

        assert backend.set_many(mapping) == ["b", "a", "c"]
        assert backend.set_many(mapping) == ["b", "a", "c"]
        assert backend.get_many(*mapping) == [1, 2, None]
        assert mapping == {"b": 1, "a": 2, "c": None}

    @case("C-BULK-04", "`set_many` gives each key the life, also in place of a life for ever.")
    def test_set_many_gives_each_key_the_life(self, backend: BaseCache, timeline: Timeline) -> None:
        backend.set("a", "for ever", 0)
        backend.set_many({"a": 1, "b": 2}, timeline.short)

        timeline.nearly(timeline.short)
        assert backend.get_many("a", "b") == [1, 2]
        timeline.over(timeline.short)
        assert backend.get_many("a", "b") == [None, None]

    @case("C-BULK-05", "`set_many` with 0 ends old lives: the entries stay for ever.")
    def test_set_many_with_zero_replaces_a_life(
        self, backend: BaseCache, timeline: Timeline
    ) -> None:
        backend.set_many({"a": 1, "b": 1}, timeline.short)
        backend.set_many({"a": 2, "b": 2}, 0)

        timeline.over(timeline.short)
        timeline.advance(timeline.short)

        assert backend.get_many("a", "b") == [2, 2]

    @pytest.mark.parametrize("entries", [{"a": 1, 5: 2}, {5: 2, "a": 1}, {"a": 1, "\ud800": 2}])
    @case("C-BULK-06", "Invalid keys of `set_many` are refused before any write.")
    def test_set_many_with_a_bad_key_stores_nothing(
        self, backend: BaseCache, entries: dict[str, int]
    ) -> None:
        with pytest.raises((TypeError, ValueError)):
            backend.set_many(entries)

        assert backend.get("a") is None

    @case("C-BULK-07", "One value that can't be serialized: `set_many` writes nothing.")
    def test_set_many_with_one_unserializable_value_stores_nothing(
        self, backend: BaseCache
    ) -> None:
        with pytest.raises(SerializationError):
            backend.set_many({"a": 1, "b": UNPICKLABLE["TypeError"](), "c": 3})

        assert backend.get_many("a", "b", "c") == [None] * 3

    @case("C-BULK-08", "`delete_many` lists the keys under which nothing is left, each once.")
    def test_delete_many_lists_what_is_gone_once_each_and_in_order(
        self, backend: BaseCache
    ) -> None:
        backend.set_many({"a": 1, "b": 2, "c": 3})

        assert backend.delete_many("missing", "b", "a", "b") == ["missing", "b", "a"]
        assert backend.get_many("a", "b", "c") == [None, None, 3]

    @case("C-BULK-09", "An invalid key of `delete_many` is refused before anything is deleted.")
    def test_delete_many_with_a_bad_key_deletes_nothing(self, backend: BaseCache) -> None:
        backend.set("a", 1)

        with pytest.raises(TypeError):
            backend.delete_many("a", 5)  # type: ignore[arg-type]

        assert backend.get("a") == 1

    @case("C-BULK-10", "`unlink` answers as `delete_many`.")
    def test_unlink_answers_as_delete_many(self, backend: BaseCache) -> None:
        backend.set_many({"a": 1, "b": 2})

        assert backend.unlink("b", "missing", "b") == ["b", "missing"]
        assert backend.get_many("a", "b") == [1, None]

    @case("C-BULK-11", "Empty calls answer empty.")
    def test_empty_calls_answer_empty(self, backend: BaseCache) -> None:
        backend.set("key", 1)

        assert backend.get_many() == []
        assert backend.get_dict() == {}
        assert backend.set_many({}) == []
        assert backend.delete_many() == []
        assert backend.unlink() == []
        assert backend.get("key") == 1

    @case("C-BULK-12", "Live, expired and missing keys mix in one call.")
    def test_expired_entries_are_missing_among_live_ones(
        self, backend: BaseCache, timeline: Timeline
    ) -> None:
        backend.set_many({"a": 1, "c": 3}, 0)
        backend.set_many({"b": 2}, timeline.short)
        timeline.over(timeline.short)

        assert backend.get_many("a", "b", "missing", "c") == [1, None, None, 3]
        assert backend.get_dict("b", "c") == {"b": None, "c": 3}
        assert backend.delete_many("b", "a") == ["b", "a"]

    @case("C-BULK-13", "A thousand keys at once.")
    def test_a_thousand_keys_at_once(self, make: Workshop) -> None:
        backend = make(CACHE_THRESHOLD=10_000)
        far = Capability.NETWORK in backend.capabilities and (
            Capability.BULK not in backend.capabilities
        )
        values = {f"key {number}": number for number in range(200 if far else 1_000)}

        assert backend.set_many(values) == list(values)
        assert backend.get_dict(*values) == values
        assert backend.delete_many(*values) == list(values)
        assert backend.get_many(*values) == [None] * len(values)

    @case("C-BULK-14", "The mapping may be of any kind; it is read once.")
    def test_set_many_takes_any_mapping(self, backend: BaseCache) -> None:
        assert backend.set_many(MappingProxyType({"a": 1, "b": 2})) == ["a", "b"]
        assert backend.get_many(*(key for key in "ab")) == [1, 2]

    @case("C-BULK-16", "`get_many` and `get_dict` answer as so many `get`.")
    def test_many_reads_at_once_are_many_reads(self, backend: BaseCache) -> None:
        values = {"none": None, "zero": 0, "int": 5, "text": "5", "bytes": b"5", "list": [5]}
        backend.set_many(values)
        backend.inc("count")
        keys = [*values, "count", "missing"]

        alone = [backend.get(key) for key in keys]

        assert backend.get_many(*keys) == alone
        assert backend.get_dict(*keys) == dict(zip(keys, alone, strict=True))
        assert [type(value) for value in backend.get_many(*keys)] == [type(each) for each in alone]
