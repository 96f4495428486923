from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stdlib_search.corpus import Module, find_modules
from stdlib_search.search import search

Library = Callable[..., list[Module]]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    def build(**texts: str) -> list[Module]:
        for name, text in texts.items():
            (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        return list(find_modules(tmp_path))

    return build


def test_a_module_is_found_if_it_has_every_word(library: Library) -> None:
    found = search(("lock", "thread"), library(a="lock thread", b="lock", c="Thread RLock"))

    assert {match.name: match.counts for match in found.matches} == {"a": (1, 1), "c": (1, 1)}
    assert (found.matching, found.modules_read, found.words_read) == (2, 3, 6)


def test_a_word_of_its_own_counts_for_more_than_a_part(library: Library) -> None:
    found = search(("lock",), library(a="block block", b="lock lock"))

    assert [match.name for match in found.matches] == ["b", "a"]


def test_names_are_split_into_their_words(library: Library) -> None:
    found = search(
        ("lock",), library(a="block block block", b="RLock shutdown_lock LOCK2", c="clock")
    )

    assert [match.name for match in found.matches] == ["b", "a", "c"]
    assert found.words_read == 3 + 6 + 1


def test_a_short_text_comes_before_a_long_one(library: Library) -> None:
    found = search(("lock",), library(a="lock " + "more " * 99, b="lock"))

    assert [match.name for match in found.matches] == ["b", "a"]


def test_a_rare_word_says_more_than_a_common_one(library: Library) -> None:
    found = search(("com", "rare"), library(a="com com com rare", b="com rare rare rare", c="com"))

    assert [match.name for match in found.matches] == ["b", "a"]


def test_a_name_with_the_word_comes_first(library: Library) -> None:
    found = search(("lock",), library(a="lock", locking="lock"))

    assert [match.name for match in found.matches] == ["locking", "a"]


def test_a_name_that_only_contains_the_word_does_not(library: Library) -> None:
    found = search(("lock",), library(a="lock", clock="lock"))

    assert [match.name for match in found.matches] == ["a", "clock"]
    assert found.matches[0].score == found.matches[1].score


def test_a_test_comes_after_what_it_tests(library: Library) -> None:
    found = search(("lock",), library(test="lock", zzzz="lock"))

    assert [match.name for match in found.matches] == ["zzzz", "test"]


def test_only_the_best_are_listed_and_all_are_counted(library: Library) -> None:
    found = search(("lock",), library(a="lock", b="lock", c="lock"), best=2)

    assert [match.name for match in found.matches] == ["a", "b"]
    assert found.matching == 3


@pytest.mark.parametrize("word", [".*", "(a+)+$", "[", "\\", "%s"])
def test_a_word_is_plain_text(library: Library, word: str) -> None:
    found = search((word,), library(a="lock", b=f"x {word}"))

    assert [match.name for match in found.matches] == ["b"]


def test_nothing_is_found_without_words_or_texts(library: Library) -> None:
    assert search((), library(a="lock")).matches == ()
    assert search(("lock",), []).matches == ()
