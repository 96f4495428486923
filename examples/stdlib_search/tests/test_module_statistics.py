from __future__ import annotations

import pytest

from stdlib_search.module_statistics import Definition, Lines, statistics

SOURCE = '''\
"""What it is.

More.
"""
import os.path, sys  # a comment beside code

# a comment alone
from collections import abc
from . import sibling


class Thing:
    """A thing."""

    async def go(self):
        text = """
not documentation

"""
        return text


def last(): pass'''


def test_every_line_is_of_one_kind() -> None:
    measured = statistics(SOURCE)

    assert measured
    assert measured.lines == Lines(code=11, documentation=5, comment=1, blank=6)
    assert measured.lines.total == len(SOURCE.split("\n"))


def test_definitions_and_imports_are_counted() -> None:
    measured = statistics(SOURCE)

    assert measured
    assert (measured.functions, measured.classes) == (2, 1)
    assert measured.imports == ("collections", "os.path", "sys")
    assert measured.longest == (
        Definition("Thing", "class", 12, 9),
        Definition("go", "function", 15, 6),
        Definition("last", "function", 23, 1),
    )
    assert measured.summary == "What it is."


@pytest.mark.parametrize("source", ["def", "x = (", "\0"])
def test_what_is_not_python_has_no_statistics(source: str) -> None:
    assert statistics(source) is None


def test_an_empty_module_has_no_lines() -> None:
    measured = statistics("")

    assert measured
    assert measured.lines.total == 0
