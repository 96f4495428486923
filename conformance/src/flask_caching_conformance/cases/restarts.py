"""What becomes of calls, and of entries, when the server itself dies, stands still and is back?"""

from __future__ import annotations

import functools

import pytest

from flask_caching.backends.base import BaseCache, Capability
from flask_caching.errors import CacheUnavailableError

from ..bench import ConfigAt, OwnServer
from ..catalogue import case
from ..timeline import Timeline
from ..workshop import Workshop
from .faults import KEYS, NETWORK, SOME, Faulty, value_of


class Restarts(Faulty):
    """A server of the test's own that is hurt."""

    @pytest.fixture
    def near(self, make: Workshop, own_server: OwnServer, config_at: ConfigAt) -> BaseCache:
        """A backend on the test's own server, which has been used."""
        backend = make(**config_at(own_server.port))
        backend.set_many({key: value_of(key) for key in KEYS}, 0)
        assert backend.get_many(*KEYS) == [value_of(key) for key in KEYS]
        return backend

    @case(
        "O-FLT-14",
        "A server that is killed -> `CacheUnavailableError`; recovery needs no restart of the "
        "application.",
        needs=NETWORK,
    )
    def test_a_killed_server_that_is_back_is_used_again(
        self, near: BaseCache, own_server: OwnServer
    ) -> None:
        for turn in range(2):
            own_server.kill()
            for operation in SOME:
                with pytest.raises(CacheUnavailableError) as raised:
                    self.in_time(functools.partial(operation, near, KEYS[0]))
                assert raised.value.__cause__ is not None

            own_server.start()

            assert self.recovered(functools.partial(near.set, "key", turn)) is True
            assert near.get("key") == turn
            self.reads_and_writes(near)

    @case(
        "O-FLT-15",
        "A server that stands still -> `CacheUnavailableError` in time, and when it goes on, no "
        "late answer is another call's.",
        needs=NETWORK,
    )
    def test_a_frozen_server_that_goes_on_is_used_again(
        self, near: BaseCache, own_server: OwnServer
    ) -> None:
        own_server.freeze()
        for operation in SOME[:3]:
            with pytest.raises(CacheUnavailableError) as raised:
                self.in_time(functools.partial(operation, near, KEYS[0]))
            assert raised.value.__cause__ is not None

        own_server.thaw()

        self.recovered(lambda: near.get(KEYS[1]))
        self.reads_and_writes(near)

    @case(
        "O-PER-02",
        "What was stored is there, with its remaining life, after a restart of the server.",
        needs=Capability.PERSISTENT,
    )
    def test_what_was_stored_outlives_the_server(
        self, near: BaseCache, own_server: OwnServer, timeline: Timeline
    ) -> None:
        near.set("key", [1], timeline.short)
        near.inc("count")
        timeline.advance(timeline.short / 4)

        own_server.stop()
        own_server.start()

        assert self.recovered(lambda: near.get_many("count", *KEYS)) == [
            1,
            *(value_of(key) for key in KEYS),
        ]
        timeline.nearly(timeline.short)
        assert near.get("key") == [1]
        timeline.over(timeline.short)
        assert near.get_many("key", KEYS[0]) == [None, value_of(KEYS[0])]

    def reads_and_writes(self, near: BaseCache) -> None:
        """Write each key and read it several times, alone and with others."""
        for _ in range(3):
            for key in KEYS:
                assert near.set(key, value_of(key)) is True
                assert near.get(key) == value_of(key)
            assert near.get_many(*reversed(KEYS)) == [value_of(key) for key in reversed(KEYS)]
