"""What is asked for: the words of a query, from text that anybody may have written."""

from __future__ import annotations

import unicodedata

LONGEST = 100  # characters
MOST_WORDS = 6


class QueryError(ValueError):
    """The query can't be answered. The message is for the person who asked."""


def parse_query(text: str) -> tuple[str, ...]:
    """Split into words, letter case aside, in one order for one question: sorted, each once.

    Words are plain text: `.*` looks for a dot and a star. Control characters and the like
    separate words, as spaces do.
    """
    if len(text) > LONGEST:
        raise QueryError(f"A query has at most {LONGEST} characters; this one has {len(text):,}.")
    readable = (character if character.isprintable() else " " for character in text)
    words = sorted(set(fold(unicodedata.normalize("NFC", "".join(readable))).split()))
    if len(words) > MOST_WORDS:
        raise QueryError(f"A query has at most {MOST_WORDS} words; this one has {len(words)}.")
    return tuple(words)


def fold(text: str) -> str:
    """Make lower case, each character staying where it is, so positions hold for `text` too.

    A few characters have a longer lower case ("İ" has two code points); they stay as they are.
    """
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)
