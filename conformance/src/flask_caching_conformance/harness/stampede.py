"""How often is one missing value computed, where processes and threads want it at once?"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable

from flask_caching import Cache

from .children import Child
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
