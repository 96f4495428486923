"""Who takes part in which row?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

#: What is timed: called without arguments, or awaited where it is a coroutine function.
Operation: TypeAlias = Callable[[], Any]


class Figures(dict[str, float]):
    """What an operation gives that is not timed: figures of its own, by their names."""


@dataclass(frozen=True)
class Place:
    """Where a contestant finds its store."""

    #: A folder of its own.
    folder: str
    redis_port: int
    #: A database of its own.
    redis_db: int
    memcached_port: int


Setup: TypeAlias = Callable[[Place], Operation]

CONTESTANTS: dict[tuple[str, str], Setup] = {}


def contestant(row: str, library: str) -> Callable[[Setup], Setup]:
    """Enter what sets up the operation of a row by a library."""

    def enter(setup: Setup) -> Setup:
        CONTESTANTS[row, library] = setup
        return setup

    return enter
