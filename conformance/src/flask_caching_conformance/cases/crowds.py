"""Does it work with very many keys, much at once, and several that begin or clear at once?"""

from __future__ import annotations

import functools
import itertools
import threading

import pytest

from flask_caching.backends.base import BaseCache, Capability

from ..bench import Bench
from ..catalogue import case
from ..harness.children import in_children
from ..harness.threads import in_thread, results
from ..harness.waiting import wait_until
from ..verdicts import Skip
from ..workshop import Workshop

#: Values of one call: how many, and of how many bytes.
LARGE, SIZE = 12, 300_000


class Crowds(Bench):
    """Crowds."""

    @case("H-CROWD-01", "Very many keys at once are each stored, read and deleted.")
    def test_very_many_keys_at_once(self, make: Workshop) -> None:
        backend = make(CACHE_THRESHOLD=2 * self.crowd)
        values = {f"key {number}": number for number in range(self.crowd)}
        keys = list(values)

        assert is_same(backend.set_many(values), keys)
        assert is_same(backend.get_many(*keys), list(values.values()))
        assert is_same(backend.delete_many(*keys[1:]), keys[1:])
        assert is_same(backend.get_many(*keys), [0, *[None] * (self.crowd - 1)])

    @case("H-CROWD-02", "`clear` removes very many entries.")
    def test_very_many_entries_are_cleared(self, make: Workshop) -> None:
        backend = make(CACHE_THRESHOLD=2 * self.crowd)
        keys = [f"key {number}" for number in range(self.crowd)]
        backend.set_many(dict.fromkeys(keys, 1))

        assert backend.clear() is True

        assert is_same(backend.get_many(*keys), [None] * self.crowd)
        assert backend.set("key 0", "new") is True
        assert backend.get("key 0") == "new"

    @case("H-CROWD-03", "`clear` amid writes removes what was there before, and no later entry.")
    def test_clear_amid_writes_removes_what_was_there(self, make: Workshop) -> None:
        backend = make(CACHE_THRESHOLD=10_000)
        keys = [f"key {number}" for number in range(self.rounds(backend, 200))]
        ended, written = threading.Event(), itertools.count()
        latest = [0]

        def write(writer: int) -> None:
            while not ended.is_set():
                backend.set(f"{writer} {next(written) % 50}", writer)
                latest[0] = next(written)

        writers = [in_thread(write, writer) for writer in range(2)]
        try:
            for _ in range(self.rounds(backend, 3)):
                backend.set_many(dict.fromkeys(keys, 1))
                wait_until(functools.partial(has_grown, latest, latest[0]))

                assert backend.clear() is True

                assert is_same(backend.get_many(*keys), [None] * len(keys))
                assert backend.set("later", 1) is True
                assert backend.get("later") == 1
        finally:
            ended.set()
            results(writers)

    @case("H-CROWD-04", "Large values that are read at once come back whole, each its own.")
    def test_large_values_are_read_at_once(self, backend: BaseCache) -> None:
        values = {f"key {number}": b"%02d" % number * (SIZE // 2) for number in range(LARGE)}
        stored = backend.set_many(values)
        if not stored:
            Skip.DOES_NOT_APPLY(f"the store refuses values of {SIZE:,} bytes")

        read = backend.get_dict(*values)

        wrong = [key for key in stored if read[key] != values[key]]
        assert wrong == []
        assert is_same(backend.get_many(*reversed(stored)), [values[k] for k in reversed(stored)])

    @pytest.mark.usefixtures("forked")
    @case(
        "O-CROWD-05",
        "Several processes may make a backend of one new store at once: no entry is lost.",
        needs=Capability.SHARED,
    )
    def test_processes_begin_at_once(self, make: Workshop, prefix: str) -> None:
        make()  # what is skipped is skipped here, and not in the children

        for race in range(4):
            new = f"{prefix}{race}"

            def begin(number: int, new: str = new) -> bool | None:
                return make(CACHE_KEY_PREFIX=new).set(str(number), [number])

            assert in_children(4, begin) == [True] * 4
            backend = make(CACHE_KEY_PREFIX=new)
            assert backend.get_many(*map(str, range(4))) == [[number] for number in range(4)]


def has_grown(number: list[int], before: int) -> bool:
    """Tell whether a number that others count up is no longer what it was."""
    return number[0] > before


def is_same(found: object, expected: object) -> bool:
    """Compare what would fill pages if `assert` showed it."""
    return found == expected
