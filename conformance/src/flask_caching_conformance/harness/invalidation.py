"""No call returns a value older than the last invalidation completed before it began: is it so?

A model of what may be called and invalidated: functions, tags of calls and of results, namespaces
and views. The values are versions of a source, so that an older value is a smaller number. Threads
and processes call and invalidate at random, and lose versions, and tell which calls broke the
rule. What they share besides the store are plain numbers in memory.
"""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any, NamedTuple

from flask_caching import Cache
from flask_caching.keys.function import version_name
from flask_caching.keys.tags import EPOCH, tag_versions, with_hard_versions
from flask_caching.keys.view import view_version

from .children import Child
from .threads import in_thread, results

#: Seconds: a busy machine takes long for many steps, and nothing here waits for time to pass.
PATIENCE = 300

#: How often a computation looks whether something was invalidated, before it goes on.
DWELLING = (0, 300, 10_000)

#: What can be invalidated, each by itself.
SCOPES = (
    "function",
    "number:0",
    "number:1",
    "parity:0",
    "parity:1",
    "all",
    "outer",
    "inner",
    "view",
)


class Broken(NamedTuple):
    """A call that broke the rule."""

    call: str
    value: int
    scope: str
    least: int


class Numbers:
    """The source, and the least value that an entry of each scope may have, for all processes."""

    def __init__(self) -> None:
        fork = multiprocessing.get_context("fork")
        self._lock = fork.Lock()
        self._source = fork.RawValue("q", 1)
        self._least = fork.RawArray("q", len(SCOPES))
        self._invalidations = fork.RawValue("q", 0)

    def read(self) -> int:
        """Return the source's value, often after it was invalidated meanwhile."""
        before = self._invalidations.value
        value: int = self._source.value
        for _ in range(DWELLING[value % len(DWELLING)]):
            if self._invalidations.value != before:
                break
        return value

    def change(self) -> int:
        with self._lock:
            changed: int = self._source.value + 1
            self._source.value = changed
            return changed

    def demand(self, scopes: Iterable[str], least: int) -> None:
        with self._lock:
            for place in map(SCOPES.index, scopes):
                self._least[place] = max(self._least[place], least)
            self._invalidations.value += 1

    def least(self) -> dict[str, int]:
        return dict(zip(SCOPES, self._least, strict=True))


class InvalidationModel:
    """What one process calls and invalidates."""

    def __init__(self, cache: Cache, numbers: Numbers) -> None:
        self._cache = cache
        self._numbers = numbers
        outer = cache.namespace("outer")
        inner = outer.namespace("inner")

        @cache.memoize(tags=lambda number: [f"number:{number}", "all"])
        def function(_number: int) -> int:
            return numbers.read()

        @cache.memoize(tags=lambda result: [f"parity:{result % 2}", "all"])
        def by_result(_number: int) -> int:
            return numbers.read()

        @outer.memoize(tags=lambda number, result: [f"parity:{result % 2}", f"number:{number}"])
        def within(_number: int) -> int:
            return numbers.read()

        @cache.memoize(tags=lambda number: f"number:{number}", stale=60)
        def kept(_number: int) -> int:
            return numbers.read()

        @cache.cached(key_prefix="view", tags="all", versioned=True)
        def view() -> int:
            return numbers.read()

        def computed(number: int) -> int:
            return inner.get_or_set(f"computed {number}", numbers.read, tags=f"number:{number}")

        #: Each call, and what its value depends on.
        self._calls: list[tuple[Callable[[int], int], Callable[[int, int], list[str]]]] = [
            (function, lambda number, value: ["function", f"number:{number}", "all"]),
            (function.refresh, lambda number, value: ["function", f"number:{number}", "all"]),
            (by_result, lambda number, value: [f"parity:{value % 2}", "all"]),
            (
                within,
                lambda number, value: [f"parity:{value % 2}", f"number:{number}", "outer"],
            ),
            (computed, lambda number, value: [f"number:{number}", "outer", "inner"]),
            (kept, lambda number, value: [f"number:{number}"]),
            (lambda number: view(), lambda number, value: ["view", "all"]),
        ]
        tags = [scope for scope in SCOPES if ":" in scope or scope == "all"]
        #: Each invalidation, and what it invalidates.
        self._invalidations: list[tuple[Callable[[], Any], list[str]]] = [
            (function.invalidate, ["function"]),
            (outer.clear, ["outer"]),
            (inner.clear, ["inner"]),
            (view.invalidate, ["view"]),
            *((lambda tag=tag: cache.invalidate_tags(tag), [tag]) for tag in tags),
            (lambda: cache.invalidate_tags("number:0", "parity:1"), ["number:0", "parity:1"]),
        ]
        functions = (function, by_result, within, kept)
        self._versions = [
            EPOCH,
            *with_hard_versions(tag_versions(tags)),
            *(version_name(each.uncached) for each in functions),
            view_version(view.uncached),
            "nsver/outer",
            "nsver/outer/inner",
        ]

    def work(self, seed: str, steps: int) -> list[Broken]:
        """Do random steps; return the calls that broke the rule."""
        rng = random.Random(seed)
        broken: list[Broken] = []
        with self._cache.lookup.app.app_context():
            for _ in range(steps):
                step = rng.random()
                if step < 0.85:
                    broken += self._call(rng)
                elif step < 0.97:
                    self._invalidate(rng)
                else:
                    self._cache.cache.delete(rng.choice(self._versions))
        return broken

    def work_in_threads(self, count: int, seed: str, steps: int) -> list[Broken]:
        """Let threads do random steps."""
        workers = [in_thread(self.work, f"{seed} {number}", steps) for number in range(count)]
        found = results(workers, PATIENCE)
        return list(chain.from_iterable(found))

    def _call(self, rng: random.Random) -> list[Broken]:
        call, depends = rng.choice(self._calls)
        number = rng.randrange(2)
        least = self._numbers.least()
        value = call(number)
        return [
            Broken(f"{call} of {number}", value, scope, least[scope])
            for scope in depends(number, value)
            if value < least[scope]
        ]

    def _invalidate(self, rng: random.Random) -> None:
        invalidate, scopes = rng.choice(self._invalidations)
        changed = self._numbers.change()
        invalidate()
        self._numbers.demand(scopes, changed)


class Report(NamedTuple):
    """What one process found."""

    broken: list[Broken]
    hits: int
    errors: int


def play_in_processes(
    make_cache: Callable[[], Cache], seed: int, *, processes: int = 4, threads: int = 2, steps: int
) -> list[Report]:
    """Let processes, each with a cache of its own on one store, play at once."""
    numbers = Numbers()

    def play(number: int) -> Report:
        cache = make_cache()
        model = InvalidationModel(cache, numbers)
        broken = model.work_in_threads(threads, f"{seed} {number}", steps)
        statistics = cache.lookup.statistics
        return Report(broken, statistics.hits, statistics.errors)

    children = [Child(play, number) for number in range(processes)]
    answers = [child.result(PATIENCE) for child in children]
    for answer in answers:
        assert isinstance(answer, Report), f"a process failed: {answer}"
    return answers
