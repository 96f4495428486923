from __future__ import annotations

from pathlib import Path

from stdlib_search.corpus import Module
from stdlib_search.snippets import WIDEST, best_snippets, highlight


def test_the_lines_with_most_words_are_shown_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text("lock\n\ndef lock():\nlock\nthread\x0clock\n", encoding="utf-8")

    snippets = best_snippets(Module("m", path), ("lock", "thread"))

    assert [snippet.line for snippet in snippets] == [1, 3, 5]


def test_words_are_marked_as_they_are_written() -> None:
    parts = [(part.text, part.marked) for part in highlight("  an RLock, <b>", ("lock",))]

    assert parts == [("an R", False), ("Lock", True), (", <b>", False)]


def test_overlapping_words_are_one_mark() -> None:
    marked = [part.text for part in highlight("x threading y", ("read", "thread", "ading"))]

    assert marked == ["x ", "threading", " y"]


def test_a_long_line_is_cut_around_its_first_word() -> None:
    parts = list(highlight("a" * 500 + " lock " + "b" * 500, ("lock",)))

    text = "".join(part.text for part in parts)
    assert len(text) == WIDEST + 2
    assert text.startswith("…a")
    assert text.endswith("b…")
    assert [part.text for part in parts if part.marked] == ["lock"]


def test_marks_stay_in_place_after_a_character_that_grows_in_lower_case() -> None:
    marked = [part.text for part in highlight("İİİ Lock", ("lock",)) if part.marked]

    assert marked == ["Lock"]
