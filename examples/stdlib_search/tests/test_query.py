from __future__ import annotations

import pytest

from stdlib_search.query import LONGEST, QueryError, fold, parse_query


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("thread lock", ("lock", "thread")),
        ("  Lock THREAD lock ", ("lock", "thread")),
        ("a\0b\tc\x1bd", ("a", "b", "c", "d")),
        (".* %s", ("%s", ".*")),
        ("e\u0301", ("é",)),
        ("\ud800", ()),
        ("", ()),
    ],
)
def test_words_are_folded_sorted_and_each_once(text: str, words: tuple[str, ...]) -> None:
    assert parse_query(text) == words


@pytest.mark.parametrize("text", ["a" * (LONGEST + 1), "a b c d e f g"])
def test_too_much_is_refused_with_the_limit(text: str) -> None:
    with pytest.raises(QueryError, match="at most"):
        parse_query(text)


@pytest.mark.parametrize("text", ["İstanbul LOCK", "ẞ", "ABC", ""])
def test_folding_moves_no_character(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold("İ LOCK").endswith("lock")
