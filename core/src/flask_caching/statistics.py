"""What happened, in numbers? `Cache.stats`, and ``stats()`` of each decorated function.

A hit adds one in two places and takes no lock. While one thread runs at a time, CPython (since
3.10) changes threads at calls, at the ends of loops and where functions begin, and so not within
``counts.hits += 1``: no hit is lost, as long as nothing is called in between. A build without
the global lock may lose some that come at the very same time.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field, fields
from weakref import WeakSet


@dataclass(frozen=True, slots=True)
class Statistics:
    """What happened in this process, as far as it was counted."""

    #: Values that were found, also by whoever waited for another one's computation.
    hits: int = 0
    #: Values that were not there when they were asked for.
    misses: int = 0
    #: Values that were stored.
    stores: int = 0
    #: Values that were computed and not stored: by the view policy, a ``response_filter``, an
    #: invalidation that came meanwhile, or since the store did not take them.
    refusals: int = 0
    #: Keys that were deleted, whether or not an entry was there.
    deletes: int = 0
    #: How often many entries were outdated at once: by a tag, of a function, a view, a namespace,
    #: or all.
    invalidations: int = 0
    #: Failures: of the store, or of the application's own functions for keys.
    errors: int = 0
    #: Entries that were not signed as the application signs, and counted as missing; of the whole
    #: cache only, as a decorated function does not see them.
    untrusted: int = 0
    #: Stale values that were given while they were computed anew.
    stale: int = 0
    #: Callers that waited for another one's computation.
    waits: int = 0
    #: Seconds that computing took, on the wall's clock, successful or not.
    compute_seconds: float = 0.0

    @property
    def hit_ratio(self) -> float:
        """The share, from 0 to 1, of what was asked for that was there; ``0`` before any call."""
        found = self.hits + self.stale
        asked = found + self.misses
        return found / asked if asked else 0.0

    def as_dict(self) -> dict[str, float]:
        """Return the numbers by name, ``hit_ratio`` too, as JSON wants them."""
        return {**asdict(self), "hit_ratio": self.hit_ratio}


@dataclass(slots=True, weakref_slot=True, eq=False)
class Counts:
    """What is being counted. Whoever counts adds a number, or a name that holds one."""

    hits: int = 0
    misses: int = 0
    stores: int = 0
    refusals: int = 0
    deletes: int = 0
    invalidations: int = 0
    errors: int = 0
    untrusted: int = 0
    stale: int = 0
    waits: int = 0
    compute_seconds: float = 0.0
    #: Of a decorated function: those of the cache, by which it knows them.
    total: Counts | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _all.add(self)

    def read(self) -> Statistics:
        """Return the numbers as they are now."""
        return Statistics(*(getattr(self, name) for name in _NAMES))

    def reset(self) -> None:
        """Begin anew."""
        for name, value in asdict(Statistics()).items():
            setattr(self, name, value)


_NAMES = tuple(each.name for each in fields(Statistics))
_all: WeakSet[Counts] = WeakSet()

#: Counts what belongs to no decorated function; nobody reads it.
NOBODY = Counts()


def _reset_all() -> None:
    for counts in list(_all):
        counts.reset()


# A child tells what itself did. uWSGI forks in C and does not call this: its workers go on from
# what was counted while the application was loaded.
if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_reset_all)
