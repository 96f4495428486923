"""What did an invalidation do?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

#: What an invalidation reaches.
Scope: TypeAlias = Literal["function", "object", "call", "view", "path", "tag", "namespace"]


@dataclass(frozen=True, slots=True)
class Invalidated:
    """What an invalidation did."""

    #: All calls of a function, all calls on one object, or one call; all answers of a view, or
    #: those for one path; what has a tag, or lies in a namespace.
    scope: Scope
    #: The version's name, or the key of the call.
    key: str
    #: Whether an entry was there; versions are written whether or not any entry was.
    removed: bool
    #: Whether what is kept when it is stale may still be given.
    soft: bool = False
