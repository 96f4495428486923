"""Does any sequence of operations answer otherwise than a dict with deadlines would?"""

from __future__ import annotations

import math
import time
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import assume, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from flask_caching.backends.base import BaseCache, Capability

from ..bench import Bench
from ..catalogue import case
from ..timeline import Timeline
from ..verdicts import Skip
from ..workshop import Workshop

NAMES = ["a", "A", "", "a|b"]
#: Lives and steps of time of which sums may meet, for a clock that stands still, and others that
#: keep two seconds apart, for a store whose own clock runs on.
EXACT_LIVES: list[Any] = [None, 0, 1, 2.5, 7, -1, -0.5, timedelta(seconds=3)]
EXACT_STEPS: list[float] = [0.5, 1, 2, 4.5]
LIVES: list[Any] = [None, 0, 12, 27, timedelta(seconds=42), -1, -0.5]
STEPS: list[float] = [5, 10, 20]
DEFAULT_LIFE, EXACT_DEFAULT_LIFE = 22, 5

keys = st.sampled_from(NAMES)
values = st.sampled_from([None, 0, 1, "1", [1], {"a": (1,)}, 2**63 - 1])
#: Which of the clients does it, where a store has several.
clients = st.integers(0, 1)


class Model(Bench):
    """Against a model."""

    @case("C-MOD-01", "No sequence of operations, of any clients, differs from a dict's answers.")
    def test_no_sequence_of_operations_differs_from_a_model(
        self, make: Workshop, timeline: Timeline
    ) -> None:
        exact = timeline.is_exact
        if timeline.is_waiting:
            Skip.NOT_JUDGED("the backend takes no clock, and `advance` is not overridden")
        default = EXACT_DEFAULT_LIFE if exact else DEFAULT_LIFE
        first = make(CACHE_DEFAULT_TIMEOUT=default)
        shared = Capability.SHARED in first.capabilities

        class Machine(AgainstADict):
            backends = (first, make(CACHE_DEFAULT_TIMEOUT=default) if shared else first)
            default_life = default
            lives = EXACT_LIVES if exact else LIVES
            steps = EXACT_STEPS if exact else STEPS
            looks_at_all = Capability.NETWORK not in first.capabilities

        Machine.timeline = timeline
        run_state_machine_as_test(
            seed(self.seed)(Machine),
            settings=settings(
                self.examples(first, 30), stateful_step_count=self.rounds(first, 30) + 10
            ),
        )


class AgainstADict(RuleBasedStateMachine):
    """A dict of (value, deadline), which the backend must never differ from."""

    backends: ClassVar[tuple[BaseCache, BaseCache]]
    timeline: ClassVar[Timeline]
    default_life: ClassVar[float]
    lives: ClassVar[list[Any]]
    steps: ClassVar[list[float]]
    #: Whether each step is followed by a look at each key.
    looks_at_all: ClassVar[bool]

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.began = time.monotonic()
        self.entries: dict[str, tuple[Any, float]] = {}

    @initialize()
    def start(self) -> None:
        assert self.backends[0].clear() is True

    def live(self, key: str) -> tuple[Any, float] | None:
        # Where the store's clock runs on, lives and steps are two seconds apart.
        assume(self.timeline.is_exact or time.monotonic() < self.began + 1.5)
        entry = self.entries.get(key)
        return entry if entry is not None and entry[1] > self.now else None

    def store(self, key: str, value: Any, timeout: Any) -> None:
        seconds = self.default_life if timeout is None else timeout
        if isinstance(seconds, timedelta):
            seconds = seconds.total_seconds()
        self.entries[key] = (value, self.now + seconds if seconds else math.inf)

    def read(self, key: str) -> Any:
        live = self.live(key)
        return live[0] if live else None

    @rule(data=st.data())
    def advance(self, data: st.DataObject) -> None:
        seconds = data.draw(st.sampled_from(self.steps), "seconds")
        self.now += seconds
        self.timeline.advance(seconds)

    @rule(key=keys, value=values, data=st.data(), client=clients)
    def set(self, key: str, value: Any, data: st.DataObject, client: int) -> None:
        timeout = self.a_life(data)
        assert self.backends[client].set(key, value, timeout) is True
        self.store(key, value, timeout)

    @rule(entries=st.dictionaries(keys, values), data=st.data(), client=clients)
    def set_many(self, entries: dict[str, Any], data: st.DataObject, client: int) -> None:
        timeout = self.a_life(data)
        assert self.backends[client].set_many(entries, timeout) == list(entries)
        for key, value in entries.items():
            self.store(key, value, timeout)

    @rule(key=keys, value=values, data=st.data(), client=clients)
    def add(self, key: str, value: Any, data: st.DataObject, client: int) -> None:
        timeout = self.a_life(data)
        absent = self.live(key) is None
        assert self.backends[client].add(key, value, timeout) is absent
        if absent:
            self.store(key, value, timeout)

    @precondition(lambda self: Capability.TOUCH in self.backends[0].capabilities)
    @rule(key=keys, data=st.data(), client=clients)
    def touch(self, key: str, data: st.DataObject, client: int) -> None:
        timeout = self.a_life(data)
        live = self.live(key)
        assert self.backends[client].touch(key, timeout) is (live is not None)
        if live:
            self.store(key, live[0], timeout)

    @rule(
        key=keys,
        delta=st.integers(-3, 3),
        operation=st.sampled_from(["inc", "dec"]),
        client=clients,
    )
    def count(self, key: str, delta: int, operation: str, client: int) -> None:
        live = self.live(key)
        step = delta if operation == "inc" else -delta
        count = getattr(self.backends[client], operation)
        if live is None:
            assert count(key, delta) == step
            self.store(key, step, None)
        elif type(live[0]) is not int:
            with pytest.raises(TypeError):
                count(key, delta)
        elif live[0] + step >= 2**63:
            with pytest.raises(OverflowError):
                count(key, delta)
        else:
            assert count(key, delta) == live[0] + step
            self.entries[key] = (live[0] + step, live[1])

    @rule(key=keys, client=clients)
    def delete(self, key: str, client: int) -> None:
        assert self.backends[client].delete(key) is (self.live(key) is not None)
        self.entries.pop(key, None)

    @rule(wanted=st.lists(keys), client=clients)
    def delete_many(self, wanted: list[str], client: int) -> None:
        assert self.backends[client].delete_many(*wanted) == list(dict.fromkeys(wanted))
        for key in wanted:
            self.entries.pop(key, None)

    @precondition(lambda self: len(self.entries) > 2)
    @rule(client=clients)
    def clear(self, client: int) -> None:
        assert self.backends[client].clear() is True
        self.entries.clear()

    @precondition(lambda self: Capability.PRUNE in self.backends[0].capabilities)
    @rule(client=clients)
    def prune(self, client: int) -> None:
        assert self.backends[client].prune() >= 0

    @rule(wanted=st.lists(keys), client=clients)
    def read_several(self, wanted: list[str], client: int) -> None:
        assert self.backends[client].get_many(*wanted) == [self.read(key) for key in wanted]

    @rule(key=keys, client=clients)
    def look(self, key: str, client: int) -> None:
        live = self.live(key)
        assert self.backends[client].has(key) is (live is not None)
        assert self.backends[client].get(key) == self.read(key)
        found = self.backends[client].get_value(key, "default")
        assert found == (live[0] if live else "default")

    @invariant()
    def agrees_with_the_model(self) -> None:
        for client in (0, 1) if self.looks_at_all else (0,):
            assert self.backends[client].get_many(*NAMES) == [self.read(key) for key in NAMES]
        if self.looks_at_all:
            for key in NAMES:
                self.look_at(key)

    def look_at(self, key: str) -> None:
        live = self.live(key)
        assert self.backends[0].has(key) is (live is not None)
        assert self.backends[0].get(key) == self.read(key)
        assert self.backends[0].get_value(key, "default") == (live[0] if live else "default")

    def a_life(self, data: st.DataObject) -> Any:
        return data.draw(st.sampled_from(self.lives), "timeout")
