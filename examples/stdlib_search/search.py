"""The modules that answer a query, the best first.

There is no index: each search reads and splits the whole text of the library. A module is
found if it has every word of the query somewhere in its text, letter case aside. Names are split
as people read them, so `lock` is a word of `RLock` and `shutdown_lock`; it is also found within
`block`, but counts for less there. The order is that of Okapi
BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .corpus import Module
from .query import fold
from .snippets import Snippet, best_snippets

BEST = 20
"""How many modules a result lists."""

SATURATION = 1.2  # k1 of BM25: how soon more of the same word stops to matter
LENGTH_WEIGHT = 0.75  # b of BM25: how much a long text has to say a word more often
PART_WEIGHT = 0.25  # of a word within a longer one
NAME_BONUS = 0.5  # for each word with which a word of the module's name begins
TEST_FACTOR = 0.5  # tests repeat the words of what they test

# The words of names: `HTTPServer_close2` has `HTTP`, `Server`, `close` and `2`.
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[A-Z]|\d+|[^\W\d_A-Za-z]+")


@dataclass(frozen=True)
class Match:
    """A module that was found."""

    name: str
    score: float
    counts: tuple[int, ...]
    """How often each word of the query occurs, in the query's order."""
    snippets: tuple[Snippet, ...]


@dataclass(frozen=True)
class Results:
    """The answer to a query, and what had to be read for it."""

    words: tuple[str, ...]
    matches: tuple[Match, ...]
    """The best ones, the best first."""
    matching: int
    """How many modules there are that have all words."""
    modules_read: int
    characters_read: int
    words_read: int


@dataclass(frozen=True)
class Reading:
    """What reading one module for one query gives."""

    module: Module
    characters: int
    length: int
    """In words."""
    counts: tuple[int, ...]
    whole: tuple[int, ...]
    """How often each of them is not just a part of another word."""

    @property
    def has_all(self) -> bool:
        return all(self.counts)


def search(words: Sequence[str], library: Iterable[Module], *, best: int = BEST) -> Results:
    """Read every module of the library and rank those that have all the words."""
    readings = [read(module, words) for module in library]
    found = [reading for reading in readings if words and reading.has_all]
    ranked = rank(found, readings, words)[:best]
    return Results(
        words=tuple(words),
        matches=tuple(
            Match(reading.module.name, score, reading.counts, best_snippets(reading.module, words))
            for score, reading in ranked
        ),
        matching=len(found),
        modules_read=len(readings),
        characters_read=sum(reading.characters for reading in readings),
        words_read=sum(reading.length for reading in readings),
    )


def read(module: Module, words: Sequence[str]) -> Reading:
    text = module.read()
    folded = fold(text)
    in_text = [word.lower() for word in WORD.findall(text)]
    return Reading(
        module,
        characters=len(text),
        length=len(in_text),
        counts=tuple(folded.count(word) for word in words),
        whole=tuple(in_text.count(word) for word in words),
    )


def rank(
    found: Iterable[Reading], readings: Sequence[Reading], words: Sequence[str]
) -> list[tuple[float, Reading]]:
    """Sort what was found, best first; equals by name."""
    rarities = [rarity(position, readings) for position in range(len(words))]
    average = sum(reading.length for reading in readings) / max(1, len(readings))
    scored = [(score(reading, words, rarities, average), reading) for reading in found]
    return sorted(scored, key=lambda pair: (-pair[0], pair[1].module.name))


def rarity(position: int, readings: Sequence[Reading]) -> float:
    """Weigh the word at a position of the query: the fewer modules have it, the more it says."""
    having = sum(1 for reading in readings if reading.counts[position])
    return math.log(1 + (len(readings) - having + 0.5) / (having + 0.5))


def score(
    reading: Reading, words: Sequence[str], rarities: Sequence[float], average_length: float
) -> float:
    slowness = SATURATION * (
        1 - LENGTH_WEIGHT + LENGTH_WEIGHT * reading.length / max(1.0, average_length)
    )
    total = 0.0
    for weight, count, whole in zip(rarities, reading.counts, reading.whole, strict=True):
        frequency = whole + PART_WEIGHT * (count - whole)
        total += weight * frequency * (SATURATION + 1) / (frequency + slowness)
    total *= 1 + NAME_BONUS * words_in_name(reading.module.name, words)
    return total * TEST_FACTOR if reading.module.is_test else total


def words_in_name(name: str, words: Sequence[str]) -> int:
    """Count the words of the query with which a word of the name begins."""
    in_name = [word.lower() for word in WORD.findall(name)]
    return sum(any(part.startswith(word) for part in in_name) for word in words)
