"""Is any text a key, are distinct keys distinct entries, and is anything else refused?"""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_caching.backends.base import BaseCache

from ..bench import Bench, RawKeys
from ..catalogue import case
from .operations import ON_ONE_KEY, Operation, on_every_operation
from .samples import Name, Topic, shown

KEYS = {
    "empty": "",
    "a blank": " ",
    "blanks": "a b",
    "line ends": "a\nb\r\n",
    "a command": "k\r\nset x 0 0 1",
    "a tab": "a\tb",
    "NUL": "nul\0byte",
    "controls": "\x01\x1b\x7f\x80",
    "a path": "../../etc/passwd",
    "a slash": "/",
    "backslashes": "..\\..",
    "a dot": ".",
    "a glob": "*?[a-z]",
    "separators": "%s|%7C|:",
    "quotes": "'; DROP TABLE cache; --",
    "Lua": "]] redis.call('FLUSHALL') --[[",
    "a path of a view": "view//söt?q=1&r=2",
    "250 characters": "k" * 250,
    "251 characters": "k" * 251,
    "5,000 characters": "k" * 5_000,
    "100,000 characters": "k" * 100_000,
    "emoji": "\N{FOX FACE}" * 40,
    "a file's name": "ledger",
}
#: Commands of stores' protocols, behind a key that ends too early.
INJECTIONS = [
    "k\r\nset x 0 0 1\r\n1\r\n",
    "k 0 0 1\r\nflush_all\r\n",
    "k\r\nFLUSHALL\r\n",
    "k' OR '1'='1",
    "k?alt=media&prefix=",
    "k/../x",
]
#: Of these few characters, any two texts are soon alike but for one thing.
similar = st.text("aA \n%|/.\u0301", max_size=2)
encodable = st.text(st.characters(exclude_categories=["Cs"]))


def variants(key: str) -> list[str]:
    """Return a key and what a store that changes keys would make of it."""
    changed = [key, key.upper(), key.lower(), key.strip(), f"{key} ", f"{key}\n", key * 60]
    changed += [unicodedata.normalize(form, key) for form in ("NFC", "NFD")]
    return list(dict.fromkeys(changed))


several = st.lists(encodable | similar, min_size=2, max_size=4, unique=True)


class Keys(Bench):
    """Keys."""

    @pytest.mark.parametrize("key", KEYS.values(), ids=KEYS.keys())
    @case("C-KEY-01", "A key is a `str`, any length including 0, any Unicode that UTF-8 encodes.")
    def test_any_text_is_a_key(self, backend: BaseCache, key: str) -> None:
        assert backend.set(key, "value") is True

        assert backend.get(key) == "value"
        assert backend.get_many(key) == ["value"]
        assert backend.has(key) is True
        assert backend.delete(key) is True
        assert backend.get(key) is None

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("key", "KEY"),
            ("key", "key "),
            ("key", " key"),
            ("key", "key\0"),
            ("key", "key\n"),
            ("", " "),
            ("caf\u00e9", "cafe\u0301"),
            ("ss", "ß"),
            ("k" * 250 + "1", "k" * 250 + "2"),
            ("k" * 5_000 + "1", "k" * 5_000 + "2"),
            ("1", "\N{ARABIC-INDIC DIGIT ONE}"),
            ("a|b", "a%7Cb"),
            ("a/b", "a//b"),
            ("../a", "a"),
        ],
    )
    @case("C-KEY-02", "Distinct keys never collide: case, NFC/NFD, long shared prefixes.")
    def test_distinct_keys_are_distinct_entries(
        self, backend: BaseCache, one: str, other: str
    ) -> None:
        backend.set(one, 1)
        backend.set(other, 2)

        assert backend.get_many(one, other) == [1, 2]
        assert backend.delete(one) is True
        assert backend.get(other) == 2

    @on_every_operation
    @pytest.mark.parametrize("key", [None, 1, True, b"key", ("key",), 1.5], ids=repr)
    @case(
        "C-KEY-03",
        "A key that is no `str` is a `TypeError`, on every operation, before anything is written.",
    )
    def test_a_key_that_is_no_text_is_a_type_error(
        self, backend: BaseCache, operation: Operation, key: object
    ) -> None:
        backend.set("other", "old")

        with pytest.raises(TypeError):
            operation(backend, key)

        assert backend.get("other") == "old"

    @pytest.mark.parametrize(
        "operation",
        [operation for operation in ON_ONE_KEY if operation.name != "set_many"],
        ids=lambda operation: operation.name,
    )
    @case("C-KEY-04", "A key that is no `str` is a `TypeError`, also where it can't be hashed.")
    def test_a_key_that_cannot_be_hashed_is_a_type_error(
        self, backend: BaseCache, operation: Operation
    ) -> None:
        with pytest.raises(TypeError):
            operation(backend, ["key"])

    @on_every_operation
    @case(
        "C-KEY-05",
        "A lone surrogate is a `ValueError`, on every operation, before anything is written.",
    )
    def test_a_lone_surrogate_is_a_value_error(
        self, backend: BaseCache, operation: Operation
    ) -> None:
        backend.set("other", "old")

        with pytest.raises(ValueError, match="encodable"):
            operation(backend, "key\ud800")

        assert backend.get("other") == "old"

    @pytest.mark.parametrize(("key", "text"), [(Name("news"), "news"), (Topic.NEWS, "news")])
    @case("C-KEY-06", "A key of a subclass of `str` is the same key as its text.")
    def test_a_subclass_of_str_is_the_same_key_as_its_text(
        self, backend: BaseCache, key: str, text: str
    ) -> None:
        backend.set(key, 1)

        assert backend.get(text) == 1
        assert backend.add(text, 2) is False
        assert backend.inc(key) == 2
        assert backend.delete(text) is True
        assert backend.get(key) is None

    @case("C-KEY-07", "Returned keys are the caller's, unprefixed.")
    def test_returned_keys_are_the_callers(self, backend: BaseCache) -> None:
        assert backend.set_many({"b": 1, "a": 2}) == ["b", "a"]
        assert backend.get_dict("a", "b") == {"a": 2, "b": 1}
        assert backend.delete_many("b", "a") == ["b", "a"]

    @case("C-KEY-08", "A key is never refused, cut, stripped or taken for another, whatever it is.")
    def test_any_two_generated_keys_are_told_apart(self, backend: BaseCache) -> None:
        @self.by_examples(backend, 60)
        @given(several | encodable.map(variants) | similar.map(variants))
        def check(keys: list[str]) -> None:
            entries = {key: number for number, key in enumerate(keys)}
            assert backend.set_many(entries) == keys
            assert backend.get_dict(*keys) == entries
            assert backend.delete_many(keys[0]) == keys[:1]
            assert backend.get_many(*keys) == [None, *range(1, len(keys))]

        check()

    @case("C-KEY-09", "A name that the store uses for itself is a key like others.")
    def test_the_stores_own_names_are_keys(self, backend: BaseCache, raw_keys: RawKeys) -> None:
        backend.set("key", [1])
        backend.inc("count")
        names = [name.decode() if isinstance(name, bytes) else str(name) for name in raw_keys()]
        # Nobody knows here what a backend puts in front of a key.
        ends = {name[start:] for name in names for start in range(len(name))} - {"key", "count"}
        keys = sorted(ends, key=len)[:200]

        assert backend.get_many(*keys) == [None] * len(keys)
        assert backend.set_many(dict.fromkeys(keys, "mine")) == keys
        backend.set("key", [2])
        assert backend.inc("count") == 2

        assert backend.get_many("key", "count") == [[2], 2]
        assert backend.get_many(*keys) == ["mine"] * len(keys)

    @pytest.mark.parametrize("key", INJECTIONS, ids=shown)
    @case("H-KEY-10", "What looks like the store's protocol is a key, and writes nothing else.")
    def test_a_key_is_never_taken_for_a_command(
        self, backend: BaseCache, raw_keys: RawKeys, key: str
    ) -> None:
        backend.set("x", "old")
        backend.set(key[: len(key) // 2], 1)
        before = len(set(raw_keys()))

        backend.set(key, 1)
        backend.delete(key)
        backend.get(key)

        assert len(set(raw_keys())) == before
        assert backend.get("x") == "old"
