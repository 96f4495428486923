"""How often is one missing value computed, where processes and threads want it at once?"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable

from flask_caching import Cache

from .children import Child, SharedNumber
from .threads import crowd, results
from .waiting import wait_until


def computations(
    make_cache: Callable[[], Cache], processes: int = 4, threads: int = 25
) -> tuple[int, list[int]]:
    """Return how often the value was computed, and what all callers got.

    Whoever computes goes on only when everybody has called.
    """
    fork = multiprocessing.get_context("fork")
    lock, called, computed = fork.Lock(), fork.RawValue("q", 0), fork.RawValue("q", 0)
    ready = fork.Barrier(processes)

    def compute() -> int:
        with lock:
            computed.value += 1
            number: int = computed.value
        wait_until(lambda: called.value == processes * threads)
        return number

    def call(cache: Cache) -> int:
        with cache.lookup.app.app_context():
            with lock:
                called.value += 1
            return cache.get_or_set("wanted", compute, 60, lock=True)

    def process() -> list[int]:
        cache = make_cache()
        cache.get("anything")  # what connecting takes is not to keep them apart
        ready.wait()
        return results(crowd(threads, call, cache))

    children = [Child(process) for _ in range(processes)]
    answers = [child.result() for child in children]
    for answer in answers:
        assert isinstance(answer, list), f"a process failed: {answer}"
    return computed.value, [value for answer in answers for value in answer]


def computed_after_a_death(make_cache: Callable[[], Cache]) -> tuple[str, float]:
    """Kill a process that computes, and is waited for; return what another one gets.

    And for how many seconds that one waited.
    """
    begun = SharedNumber()

    def compute_for_ever() -> str:
        begun.value = 1
        signal.pause()
        return "of the dead"

    def ask(compute: Callable[[], str]) -> str:
        cache = make_cache()
        with cache.lookup.app.app_context():
            return cache.get_or_set("wanted", compute, 60, lock=True)

    leader = Child(ask, compute_for_ever)
    wait_until(lambda: begun.value)
    leader.kill()
    began = time.monotonic()
    return ask(lambda: "of the living"), time.monotonic() - began
