"""What can a backend do that it does not declare, and what do its operations cost?

These cases judge nothing: their outcome is shown, and no level depends on it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import quantiles
from typing import Any

from flask_caching.backends.base import BaseCache, Capability
from flask_caching.errors import NotSupportedError

from ..bench import Bench, Measure
from ..catalogue import case
from ..timeline import Timeline
from ..workshop import Workshop

#: How often each operation is timed; over a network, a quarter of that.
TIMES = 400

OPERATIONS: dict[str, Callable[[BaseCache, str], Any]] = {
    "set": lambda backend, key: backend.set(key, [key]),
    "get": lambda backend, key: backend.get(key),
    "get (a miss)": lambda backend, key: backend.get(f"no {key}"),
    "get_many (of 10)": lambda backend, key: backend.get_many(*[f"{key}{n}" for n in range(10)]),
    "has": lambda backend, key: backend.has(key),
    "add": lambda backend, key: backend.add(key, [key]),
    "inc": lambda backend, key: backend.inc(f"count of {key}"),
    "delete": lambda backend, key: backend.delete(key),
}


class Measurements(Bench):
    """Measurements."""

    @case("I-CPB-03", "What a backend can do, it declares.")
    def test_what_it_can_do_it_declares(self, make: Workshop, timeline: Timeline) -> None:
        backend, again = make(), make()

        found = {
            Capability.TOUCH: _touches(backend),
            Capability.PRUNE: _prunes(backend),
            Capability.SHARED: _is_seen_by(again, backend),
            Capability.SUBSECOND: _ends_within_a_second(backend, timeline),
        }

        can = {capability for capability, is_there in found.items() if is_there}
        assert sorted(each.name for each in can - backend.capabilities) == []

    @case("I-CST-01", "What each operation costs: the median, and what one in a hundred exceeds.")
    def test_what_operations_cost(self, backend: BaseCache, measure: Measure) -> None:
        times = self.rounds(backend, TIMES)
        for name, operation in OPERATIONS.items():
            cuts = quantiles(_seconds(operation, backend, times), n=100)
            measure(f"{name}, p50", f"{cuts[49] * 1e6:,.1f} µs")
            measure(f"{name}, p99", f"{cuts[98] * 1e6:,.1f} µs")


def _touches(backend: BaseCache) -> bool:
    backend.set("touched", 1)
    try:
        return backend.touch("touched", 100) is True
    except NotSupportedError:
        return False


def _prunes(backend: BaseCache) -> bool:
    try:
        return backend.prune() >= 0
    except NotSupportedError:
        return False


def _is_seen_by(other: BaseCache, backend: BaseCache) -> bool:
    backend.set("shared", 1)
    return other is not backend and other.get("shared") == 1


def _ends_within_a_second(backend: BaseCache, timeline: Timeline) -> bool:
    timeline.start()
    backend.set("short", 1, 0.25)
    was_there = backend.get("short") == 1
    timeline.over(0.25)
    return was_there and backend.get("short") is None


def _seconds(
    operation: Callable[[BaseCache, str], Any], backend: BaseCache, times: int
) -> list[float]:
    spent = []
    for number in range(times):
        started = time.perf_counter()
        operation(backend, f"key {number}")
        spent.append(time.perf_counter() - started)
    return spent
