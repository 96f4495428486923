"""Do prefixes keep caches apart, and does `clear` keep to its own?"""

from __future__ import annotations

import pytest

from flask_caching.backends.base import BaseCache, Capability

from ..bench import Bench, RawKeys, RawRead, RawWrite
from ..catalogue import case
from ..workshop import Workshop
from .samples import shown

NEIGHBOURS = [
    ("a", "ab"),
    ("ab", "a"),
    ("a*", "ab"),
    ("a?", "ab"),
    ("[ab]", "a"),
    ("a\\", "a"),
    ("ä", "a"),
    ("a", "a|"),
    ("a", "a:"),
    ("a%7C", "a|"),
    ("A", "a"),
    ("a ", "a"),
]


class Prefixes(Bench):
    """Prefixes."""

    @pytest.mark.parametrize(("one", "other"), NEIGHBOURS)
    @case(
        "O-PFX-01",
        "`clear` removes this prefix's entries and nothing of another prefix.",
        needs=Capability.PREFIX,
    )
    def test_clear_keeps_to_its_prefix(
        self, make: Workshop, prefix: str, one: str, other: str
    ) -> None:
        first = make(CACHE_KEY_PREFIX=prefix + one)
        second = make(CACHE_KEY_PREFIX=prefix + other)
        first.set_many({"key": 1, "": 1})
        second.set_many({"key": 2, "": 2})

        assert first.clear() is True

        assert first.get_many("key", "") == [None, None]
        assert second.get_many("key", "") == [2, 2]

    @pytest.mark.parametrize(("one", "other"), NEIGHBOURS)
    @case("O-PFX-02", "Prefixes share no entry.", needs=Capability.PREFIX)
    def test_prefixes_share_no_entry(
        self, make: Workshop, prefix: str, one: str, other: str
    ) -> None:
        first = make(CACHE_KEY_PREFIX=prefix + one)
        second = make(CACHE_KEY_PREFIX=prefix + other)

        first.set("key", 1)

        assert second.get("key") is None
        assert second.add("key", 2) is True
        assert second.delete("key") is True
        assert first.get("key") == 1

    @pytest.mark.parametrize(
        ("one", "other"),
        [(("a", "b:k"), ("a:b", "k")), (("a", "|k"), ("a|", "k")), (("a", "bk"), ("ab", "k"))],
    )
    @case("C-PFX-03", "Prefix and key are not ambiguous.")
    def test_prefix_and_key_are_not_ambiguous(
        self, make: Workshop, prefix: str, one: tuple[str, str], other: tuple[str, str]
    ) -> None:
        first = make(CACHE_KEY_PREFIX=prefix + one[0])
        second = make(CACHE_KEY_PREFIX=prefix + other[0])

        first.set(one[1], 1)
        second.set(other[1], 2)

        assert (first.get(one[1]), second.get(other[1])) == (1, 2)

    @case(
        "C-PFX-04",
        "A prefix may be a callable, evaluated for each operation: tenants don't see each other.",
    )
    def test_a_callable_prefix_keeps_tenants_apart(self, make: Workshop, prefix: str) -> None:
        tenant = ["a"]
        backend = make(CACHE_KEY_PREFIX=lambda: prefix + tenant[0])
        backend.set_many({"key": "of a", "list": ["of a"]})

        tenant[0] = "b"

        assert backend.get_many("key", "list") == [None, None]
        assert backend.get_value("key", "default") == "default"
        assert backend.has("key") is False
        assert backend.delete("key") is False
        assert backend.add("key", "of b") is True
        assert backend.inc("count") == 1
        tenant[0] = "a"
        assert backend.get_many("key", "list", "count") == ["of a", ["of a"], None]

    @case(
        "O-PFX-05",
        "`clear` under a callable prefix keeps to the tenant.",
        needs=Capability.PREFIX,
    )
    def test_clear_keeps_to_its_tenant(self, make: Workshop, prefix: str) -> None:
        tenant = ["a"]
        backend = make(CACHE_KEY_PREFIX=lambda: prefix + tenant[0])
        backend.set("key", "of a")
        tenant[0] = "ab"
        backend.set("key", "of ab")

        tenant[0] = "a"
        assert backend.clear() is True

        assert backend.get("key") is None
        tenant[0] = "ab"
        assert backend.get("key") == "of ab"

    @case(
        "O-PFX-06",
        "A plain prefix and a callable that gives it are the same.",
        needs=Capability.SHARED,
    )
    def test_a_callable_prefix_is_the_text_that_it_gives(self, make: Workshop, prefix: str) -> None:
        plain = make(CACHE_KEY_PREFIX=prefix)
        called = make(CACHE_KEY_PREFIX=lambda: prefix)

        called.set("key", 1)

        assert plain.get("key") == 1

    @case("O-PFX-07", "`clear` leaves what is not a cache's.", needs=Capability.PREFIX)
    def test_clear_leaves_what_is_not_a_caches(
        self, backend: BaseCache, make: Workshop, raw_read: RawRead, raw_write: RawWrite
    ) -> None:
        backend.set("key", 1)
        raw_write("mine", b"written around the backend")

        stranger = make(CACHE_KEY_PREFIX="another-application:")
        stranger.clear()

        assert raw_read("mine") == b"written around the backend"
        assert backend.get("key") == 1

    @case("H-PFX-08", "`clear` leaves nothing of its own in the store.")
    def test_clear_leaves_nothing(self, make: Workshop, raw_keys: RawKeys) -> None:
        before = set(raw_keys())
        backend = make()
        backend.set_many({"a": 1, "b": [2]})
        backend.inc("count")
        backend.add("added", 1)

        backend.clear()

        assert set(raw_keys()) - before == set()

    @pytest.mark.parametrize("length", [200, 300, 2_000])
    @case("C-PFX-09", "A prefix may be of any length, and is never cut.")
    def test_a_long_prefix_is_kept_whole(self, make: Workshop, prefix: str, length: int) -> None:
        one = make(CACHE_KEY_PREFIX=prefix + "p" * length + "1")
        other = make(CACHE_KEY_PREFIX=prefix + "p" * length + "2")

        for backend, value in ((one, 1), (other, 2)):
            assert backend.set("key" * 30, value) is True
            assert backend.inc("count", value) == value

        assert one.get_many("key" * 30, "count") == [1, 1]
        assert other.get_many("key" * 30, "count") == [2, 2]

    @pytest.mark.parametrize("text", ["", "a b\n", "\N{FOX FACE}", "a:b|c", "*", "../"], ids=shown)
    @case("C-PFX-10", "Any text is a prefix.")
    def test_any_text_is_a_prefix(self, make: Workshop, prefix: str, text: str) -> None:
        backend = make(CACHE_KEY_PREFIX=prefix + text)

        assert backend.set_many({"key": 1, "": 2}) == ["key", ""]
        assert backend.get_dict("key", "") == {"key": 1, "": 2}
        assert backend.delete("key") is True
        assert backend.clear() is True
        assert backend.get("") is None
