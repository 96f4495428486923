"""Which values are worth trying? Classes at the top of a module, so that they can be pickled."""

from __future__ import annotations

import enum
import math
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple


def shown(value: object) -> str:
    """Return a test's id for a value: its repr, without what pytest would escape.

    pytest escapes the ids of a test once more for each further class that has it, so the same
    case would have another id in every class.
    """
    return ascii(value)[:40].replace("\\", "/")


class Name(str):
    """A text of a type of its own."""

    __slots__ = ()


class Topic(str, enum.Enum):  # noqa: UP042 (both ways of writing it are out there)
    """An enum that is a text, too."""

    NEWS = "news"


class Step(enum.IntEnum):
    """An integer of a type of its own."""

    TWO = 2


class Point(NamedTuple):
    """A tuple of a type of its own."""

    x: int
    y: list[int]


@dataclass
class Account:
    """What applications keep."""

    name: str
    balance: Decimal


class Reducing:
    """Calls back while it is pickled."""

    def __init__(self, callback: Callable[[], Any]) -> None:
        self.callback = callback

    def __reduce__(self) -> tuple[Any, ...]:
        self.callback()
        return (Name, ("reduced",))


class Unpickled:
    """Calls back while it is unpickled."""

    def __getstate__(self) -> dict[str, int]:
        return {"state": 1}

    def __setstate__(self, state: object) -> None:
        self.call_back()

    @staticmethod
    def call_back() -> None:
        """What a test puts its own function in the place of."""


class FailingState:
    """Raises while it is pickled, and no error of pickle's."""

    def __getstate__(self) -> object:
        raise ZeroDivisionError("in __getstate__")


class NoWayBack:
    """Is pickled, and raises while it is unpickled."""

    def __getstate__(self) -> dict[str, int]:
        return {"state": 1}

    def __setstate__(self, state: object) -> None:
        raise ZeroDivisionError("in __setstate__")


#: Made anew for each use: what pickle refuses by a TypeError, by its own error, and by another's.
UNPICKLABLE: dict[str, Callable[[], Any]] = {
    "TypeError": threading.Lock,
    "PicklingError": lambda: lambda: None,
    "another error": FailingState,
}

VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    1.0,
    -0.0,
    math.inf,
    "",
    "12",
    b"",
    b"12",
    bytearray(b"12"),
    2**63,
    2**70,
    -(2**70),
    b"!\x00FC\x01",
    "!\x00FC",
    b"(hidden)",
    ["flask-caching:entry:1", 1, [], []],
    (1, [2]),
    [1, (2,)],
    [],
    {},
    set(),
    {1: "int", "1": "text", (1,): "tuple", None: None},
    {1, 2},
    frozenset({1}),
    [[[[[{"deep": [()]}]]]]],
    datetime(2038, 1, 20, 3, 14, 8, 123456, tzinfo=UTC),
    date(2106, 2, 8),
    timedelta(days=-1, microseconds=1),
    Decimal("1.10"),
    uuid.UUID(int=5),
    complex(1, 2),
    Name("name"),
    Topic.NEWS,
    Point(1, [2]),
    Account("name", Decimal("1.10")),
    range(3),
    "x" * 60_000,
]
