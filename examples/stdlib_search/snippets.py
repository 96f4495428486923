"""The lines of a module that show best what was found in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .corpus import Module
from .query import fold

MOST_LINES = 3
WIDEST = 110  # characters
LEAD = 30  # characters kept before the first mark of a line that is cut
DEFINITIONS = ("def ", "class ", "async def ")


@dataclass(frozen=True)
class Part:
    """A piece of a line, marked or not. The template escapes it, so it is plain text here."""

    text: str
    marked: bool


@dataclass(frozen=True)
class Snippet:
    """A line of source with its number, ready to be shown."""

    line: int
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


def best_snippets(module: Module, words: Sequence[str]) -> tuple[Snippet, ...]:
    """Choose the lines with the most different words, definitions first, then the earlier one."""
    candidates = []
    for number, line in enumerate(module.read().split("\n"), start=1):
        folded = fold(line)
        distinct = sum(word in folded for word in words)
        if distinct:
            defines = folded.lstrip().startswith(DEFINITIONS)
            candidates.append((-distinct, not defines, number, line))
    chosen = sorted(candidates)[:MOST_LINES]
    return tuple(
        Snippet(number, tuple(highlight(line, words)))
        for _, _, number, line in sorted(chosen, key=lambda candidate: candidate[2])
    )


def highlight(line: str, words: Sequence[str]) -> Iterator[Part]:
    """Cut a line into marked and unmarked parts, shortened to the width of a page."""
    line = clip(line.strip(), words)
    end = 0
    for start, stop in spans(fold(line), words):
        if start > end:
            yield Part(line[end:start], marked=False)
        yield Part(line[start:stop], marked=True)
        end = stop
    if end < len(line):
        yield Part(line[end:], marked=False)


def clip(line: str, words: Sequence[str]) -> str:
    if len(line) <= WIDEST:
        return line
    folded = fold(line)
    first = min(at for word in words if (at := folded.find(word)) >= 0)
    start = max(0, min(first - LEAD, len(line) - WIDEST))
    before = "…" if start else ""
    after = "…" if start + WIDEST < len(line) else ""
    return before + line[start : start + WIDEST] + after


def spans(folded: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Find where the words are; spans that touch or overlap become one."""
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(place for word in words for place in places(folded, word)):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged


def places(folded: str, word: str) -> Iterator[tuple[int, int]]:
    at = folded.find(word)
    while at >= 0:
        yield at, at + len(word)
        at = folded.find(word, at + len(word))
