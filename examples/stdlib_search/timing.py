"""How long a value took to compute, how long to get now, and whether it was in the cache.

A cached function can't know whether it is asked again: on a hit it doesn't run. So each call
brings a fresh ticket, which is no part of the cache key; the function writes it into what it
returns. The caller who finds its own ticket in the value had it computed, every other one got
what was computed for somebody else.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True)
class Computed(Generic[Value]):
    """A value as it is kept: with what computing it cost."""

    value: Value
    seconds: float
    at: float
    """When it was computed, in seconds since the epoch."""
    ticket: str


@dataclass(frozen=True)
class Served(Generic[Value]):
    """A value as it is shown: with what computing it cost, and getting it just now."""

    value: Value
    computed_seconds: float
    seconds: float
    age: float
    """Seconds since it was computed."""
    hit: bool

    @property
    def speedup(self) -> float:
        return self.computed_seconds / self.seconds


def computed(work: Callable[[], Value], *, ticket: str) -> Computed[Value]:
    """Do the work and note its time. To be called within a cached function."""
    started = time.perf_counter()
    value = work()
    seconds = time.perf_counter() - started
    return Computed(value, seconds, at=time.time(), ticket=ticket)


def served(cached_function: Callable[[str], Computed[Value]]) -> Served[Value]:
    """Call a cached function with a new ticket and note the time of the call."""
    ticket = uuid.uuid4().hex
    started = time.perf_counter()
    kept = cached_function(ticket)
    seconds = time.perf_counter() - started
    return Served(
        kept.value,
        computed_seconds=kept.seconds,
        seconds=seconds,
        age=max(0.0, time.time() - kept.at),
        hit=kept.ticket != ticket,
    )
