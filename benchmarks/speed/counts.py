"""What is counted, and not timed: trips to a server, computations; and what a client waits."""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Self

import redis

from flask_caching_conformance.harness.proxy import FaultProxy

from .contestants.registry import Place
from .environment import peers_python
from .results import OURS, Result, at_most
from .rows import IN_MEMORY, ORIGINAL, REDIS
from .turns import BENCHMARKS, environment, own, worker

CROWDS, START = "Many callers at once", "Start"
#: Ours, with old values given until there are new ones.
STALE = "with stale="
#: How often an operation is done when its trips are counted.
TIMES = 10
PROCESSES = 4
#: How often a stall is looked for.
STALLS = 3
#: Milliseconds, in a process that has Flask.
IMPORTING = """
import sys, time, flask
began = time.perf_counter()
import flask_caching
took = time.perf_counter() - began
loaded = {"redis", "pylibmc", "google", "uwsgi"}.intersection(sys.modules)
assert not loaded, loaded
print(took * 1000)
"""


def counted(place: Place) -> Iterator[Result]:
    """Count everything."""
    for name, most in (("memoize hit on Redis", 1), ("memoize miss on Redis", 2)):
        yield _trips(place, name, most)
    yield _threads(place)
    yield _processes(place)
    yield _cold_keys(place)
    yield from _hot_key(place)
    yield _size(place)
    yield _stall(place)
    yield _import()


def _trips(place: Place, name: str, most: int) -> Result:
    """Count at the wire, by a proxy before the server."""
    values = {}
    for label in (OURS, ORIGINAL):
        with FaultProxy(place.redis_port) as proxy:
            there = replace(own(place), redis_port=proxy.port)
            with worker(name, label, there) as asked:
                before = proxy.trips
                asked.ask(TIMES)
                values[label] = (proxy.trips - before) / TIMES
    return Result(REDIS, f"{name}: trips", "trips", values, [at_most(most)])


def _threads(place: Place) -> Result:
    name = "100 threads on one cold key"
    values = _told(name, (OURS, ORIGINAL, "dogpile.cache"), place)
    return Result(CROWDS, name, "computations", values, [at_most(1)])


def _processes(place: Place) -> Result:
    name = f"{PROCESSES} processes of 25 threads on one cold key on Redis"
    values: dict[str, float] = {}
    for label in (OURS, ORIGINAL):
        there = own(place)
        with ExitStack() as stack:
            crowd = [stack.enter_context(worker(name, label, there)) for _ in range(PROCESSES)]
            for each in crowd:
                each.tell(1)
            values[label] = sum(each.answer()["value"] for each in crowd)
    return Result(CROWDS, name, "computations", values, [at_most(1)])


def _cold_keys(place: Place) -> Result:
    name = "100 threads on 100 cold keys"
    values = _told(name, (OURS, ORIGINAL), place)
    return Result(CROWDS, name, "ms", values, note="computing one takes 200 ms")


def _hot_key(place: Place) -> Iterator[Result]:
    name = "one hot key that expires under load"
    found = _told(name, (OURS, ORIGINAL, STALE), place, (STALE,))
    for figure, unit in (("computations", "computations"), ("p99 of a call", "ms")):
        values = {label: told[figure] for label, told in found.items()}
        yield Result(CROWDS, f"{name}: {figure}", unit, values)


def _size(place: Place) -> Result:
    name = "memory per entry, of 100,000"
    values = _told(name, (OURS, ORIGINAL, "Django", "cachetools", "a dict"), place)
    return Result(IN_MEMORY, name, "bytes", values)


def _told(
    name: str, labels: Sequence[str], place: Place, beside: Sequence[str] = ()
) -> dict[str, Any]:
    """Return what the operation itself gives, by library."""
    values = {}
    for label in labels:
        # Setting up runs it once; that is for the imports of a library.
        with worker(name, label, place, beside) as asked:
            values[label] = asked.ask(1)["value"]
    return values


def _stall(place: Place) -> Result:
    """Measure how long another client of the server waits at worst, meanwhile.

    It is the median of some runs: the system may let any process wait for some milliseconds.
    """
    name = "clear() of 100,000 keys on Redis"
    worst: dict[str, list[float]] = {OURS: [], ORIGINAL: []}
    for _ in range(STALLS):
        for label, stalls in worst.items():
            # Setting up runs the operation once, which is the one that finds the keys there.
            with _Watcher(place.redis_port) as watcher, worker(name, label, own(place)):
                pass
            stalls.append(watcher.worst * 1000)
    values = {label: statistics.median(stalls) for label, stalls in worst.items()}
    return Result(
        REDIS,
        f"{name}: another client's worst stall",
        "ms",
        values,
        [at_most(10)],
    )


class _Watcher:
    """A client that asks for something small all the time."""

    def __init__(self, port: int) -> None:
        self.worst = 0.0
        self._port = port
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _watch(self) -> None:
        with redis.Redis(port=self._port) as client:
            client.ping()
            while not self._is_over.is_set():
                began = time.perf_counter()
                client.ping()
                self.worst = max(self.worst, time.perf_counter() - began)


def _import() -> Result:
    taken: dict[str, list[float]] = {OURS: [], ORIGINAL: []}
    for _ in range(9):
        for label, times in taken.items():
            times.append(_imported(sys.executable if label == OURS else peers_python()))
    values = {label: sorted(times)[len(times) // 2] for label, times in taken.items()}
    return Result(START, "import flask_caching, with Flask there", "ms", values, [at_most(25)])


def _imported(python: str) -> float:
    done = subprocess.run(  # noqa: S603 (ours)
        [python, "-c", IMPORTING],
        capture_output=True,
        text=True,
        check=True,
        cwd=BENCHMARKS,
        env=environment(),
    )
    return float(done.stdout)
