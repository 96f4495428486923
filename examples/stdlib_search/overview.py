"""What there is to search in: the top-level names of the standard library and their sizes."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable
from dataclasses import dataclass

from .corpus import Module, modules


@dataclass(frozen=True)
class Entry:
    """A top-level module or package, with everything below it."""

    name: str
    modules: int
    lines: int


@dataclass(frozen=True)
class Overview:
    """All entries, by first letter, and their sums."""

    letters: dict[str, list[Entry]]
    modules: int
    lines: int
    megabytes: float
    seconds: float
    """How long it took to read and count all of it."""


def overview() -> Overview:
    """Read every source file and count."""
    started = time.perf_counter()
    texts = [(module, module.read()) for module in modules().values()]
    entries = count_lines(texts)
    return Overview(
        letters=by_letter(entries),
        modules=len(texts),
        lines=sum(entry.lines for entry in entries),
        megabytes=sum(len(text) for _, text in texts) / 1e6,
        seconds=time.perf_counter() - started,
    )


def count_lines(texts: Iterable[tuple[Module, str]]) -> list[Entry]:
    lines: dict[str, list[int]] = {}
    for module, text in texts:
        lines.setdefault(module.name.partition(".")[0], []).append(text.count("\n"))
    return [Entry(name, len(counts), sum(counts)) for name, counts in lines.items()]


def by_letter(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Group by first letter, whatever its case; names with an underscore in front come last."""

    def letter(entry: Entry) -> str:
        return "_" if entry.name.startswith("_") else entry.name[0].upper()

    in_order = sorted(entries, key=lambda e: (letter(e) == "_", letter(e), e.name.lower()))
    return {first: list(group) for first, group in itertools.groupby(in_order, key=letter)}
