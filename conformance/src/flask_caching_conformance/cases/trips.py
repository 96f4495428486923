"""How often does an operation wait for the server? Counted by a proxy in between."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flask_caching.backends.base import BaseCache, Capability

from ..bench import Bench, ConfigAt
from ..catalogue import case
from ..harness.proxy import FaultProxy
from ..workshop import Workshop

FEW, MANY = [f"key {number}" for number in range(2)], [f"key {number}" for number in range(100)]

IN_BULK: dict[str, Callable[[BaseCache, list[str]], Any]] = {
    "get_many": lambda backend, keys: backend.get_many(*keys),
    "get_dict": lambda backend, keys: backend.get_dict(*keys),
    "set_many": lambda backend, keys: backend.set_many({key: [1] for key in keys}),
    "delete_many": lambda backend, keys: backend.delete_many(*keys),
}
EMPTY: dict[str, Callable[[BaseCache], Any]] = {
    "get_many": lambda backend: backend.get_many(),
    "get_dict": lambda backend: backend.get_dict(),
    "set_many": lambda backend: backend.set_many({}),
    "delete_many": lambda backend: backend.delete_many(),
}
REFUSED: dict[str, Callable[[BaseCache], Any]] = {
    "a bad key": lambda backend: backend.get(5),  # type: ignore[arg-type]
    "a bad timeout": lambda backend: backend.set("key", 1, True),
    "a bad step": lambda backend: backend.inc("key", "1"),  # type: ignore[arg-type]
    "one bad key of many": lambda backend: backend.set_many({"a": 1, 5: 1}),  # type: ignore[dict-item]
}


#: How often trips are counted; and how often at most, where that came to more than one.
COUNTS, MOST_COUNTS = 5, 50


def fewest(counted: FaultProxy, call: Callable[[], object]) -> int:
    """Return how many trips a call takes, by the lowest of several counts.

    A request that is sent in two parts may meet the first part's reply, and counts as two then:
    on a busy machine, again and again.
    """
    counts: list[int] = []
    while len(counts) < COUNTS or (min(counts) > 1 and len(counts) < MOST_COUNTS):
        before = counted.trips
        call()
        counts.append(counted.trips - before)
    return min(counts)


READS: dict[str, Callable[[BaseCache, str], Any]] = {
    "get": lambda backend, key: backend.get(key),
    "get_value": lambda backend, key: backend.get_value(key, "default"),
    "get_many": lambda backend, key: backend.get_many(key, key + "2"),
    "get_dict": lambda backend, key: backend.get_dict(key, key + "2"),
    "has": lambda backend, key: backend.has(key),
}


class Trips(Bench):
    """Trips to the server."""

    @pytest.fixture
    def counted(self, endpoint: int) -> Iterator[FaultProxy]:
        with FaultProxy(endpoint) as proxy:
            yield proxy

    @pytest.fixture
    def counting(self, make: Workshop, config_at: ConfigAt, counted: FaultProxy) -> BaseCache:
        """A backend whose trips are counted, and which has its connection already."""
        backend = make(**config_at(counted.port))
        backend.set("key", [1])
        backend.get("key")
        return backend

    @pytest.mark.parametrize("operation", IN_BULK.values(), ids=IN_BULK.keys())
    @case(
        "O-BULK-15",
        "`BULK`: many keys take a constant number of trips.",
        needs=Capability.BULK,
    )
    def test_trips_do_not_grow_with_the_number_of_keys(
        self,
        counting: BaseCache,
        counted: FaultProxy,
        operation: Callable[[BaseCache, list[str]], Any],
    ) -> None:
        counting.set_many({key: [1] for key in MANY})

        of_few = fewest(counted, lambda: operation(counting, FEW))
        of_many = fewest(counted, lambda: operation(counting, MANY))

        assert of_few >= 1
        assert of_many <= of_few + 1

    @pytest.mark.parametrize("operation", EMPTY.values(), ids=EMPTY.keys())
    @case("O-NET-01", "Empty calls make no trip.", needs=Capability.NETWORK)
    def test_empty_calls_make_no_trip(
        self, counting: BaseCache, counted: FaultProxy, operation: Callable[[BaseCache], Any]
    ) -> None:
        before = counted.trips

        operation(counting)

        assert counted.trips == before

    @pytest.mark.parametrize("operation", REFUSED.values(), ids=REFUSED.keys())
    @case("O-NET-02", "What is refused makes no trip.", needs=Capability.NETWORK)
    def test_what_is_refused_makes_no_trip(
        self, counting: BaseCache, counted: FaultProxy, operation: Callable[[BaseCache], Any]
    ) -> None:
        before = counted.trips

        with pytest.raises(TypeError):
            operation(counting)

        assert counted.trips == before

    @case("O-NET-03", "A miss is told from a stored `None` in one trip.", needs=Capability.NETWORK)
    def test_a_miss_is_told_from_a_stored_none_in_one_trip(
        self, counting: BaseCache, counted: FaultProxy
    ) -> None:
        counting.set("none", None)

        for key, answer in [("none", None), ("missing", "default"), ("key", [1])]:
            assert counting.get_value(key, "default") == answer
            assert fewest(counted, functools.partial(counting.get_value, key)) == 1

    @pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
    @case("O-NET-04", "A miss costs no more trips than a hit.", needs=Capability.NETWORK)
    def test_a_miss_costs_no_more_trips_than_a_hit(
        self,
        counting: BaseCache,
        counted: FaultProxy,
        read: Callable[[BaseCache, str], Any],
    ) -> None:
        counting.set_many({"key": [1], "key2": [2]})

        of_a_hit = fewest(counted, lambda: read(counting, "key"))
        of_a_miss = fewest(counted, lambda: read(counting, "missing"))

        assert 1 <= of_a_miss <= of_a_hit
