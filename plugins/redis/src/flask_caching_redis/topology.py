"""Which node of a cluster has a name, and how is it found out again when that changes?

The driver's cluster client has the map of the nodes; commands go to the nodes themselves. Left
to itself, that client would ask every node in turn for a new map while all threads wait, a
time-out for each. Here one thread at a time asks, now and then, and a node that failed is the
last one to be asked; the other threads go on with the old map meanwhile.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from redis.exceptions import (
    ConnectionError,  # noqa: A004 (the driver's)
    RedisClusterException,
    RedisError,
)

from .addresses import Address
from .clients import abandonable
from .driver import Cluster
from .exchange import forget_connections
from .refusals import causes

#: Seconds between two attempts to get a new map; a failover takes one or two.
PAUSE = 0.5
#: Seconds of asking nodes that don't answer, after which no further one is asked.
LOOKING = 1.0

#: Makes a client whose map comes from the node at an address.
Make = Callable[[Address], Cluster]
#: Which nodes have which names, in a form that can be compared.
Slots = frozenset[Any]


class Topology(Protocol):
    """The map of a cluster, in one process."""

    def cluster(self) -> Cluster:
        """Return the driver's client with the map as it is known.

        :raises RedisError: where no node has answered yet.
        """
        ...

    def refresh(self, name: str, failed: Address | None) -> None:
        """Look again, since `name` is not where the map says, or a node failed."""
        ...

    def close(self) -> None:
        """Close the connections that are ours."""
        ...


class OwnTopology:
    """The map in a client of our own; a new map is a new client.

    :param make: makes one from the node at an address.
    :param first: the addresses that are configured.
    """

    def __init__(self, make: Make, first: Iterable[Address]) -> None:
        self._make = make
        self._first = tuple(first)
        self._looking = threading.Lock()
        self._looked_at = -PAUSE
        self._known: Cluster | None = None
        #: What the known map was made from, or an older state; ``None`` where nobody knows.
        self._slots: Slots | None = None
        self._error: Exception | None = None

    def cluster(self) -> Cluster:
        return self._known or self._first_look()

    def refresh(self, name: str, failed: Address | None) -> None:
        if self._is_due() and self._looking.acquire(blocking=False):
            try:
                self._look(failed)
            finally:
                self._looking.release()

    def close(self) -> None:
        if self._known is not None:
            self._known.disconnect_connection_pools()

    def _first_look(self) -> Cluster:
        with self._looking:
            if self._known is None and self._is_due():
                self._look(None)
            if self._known is not None:
                return self._known
        *_, root = causes(self._error or ConnectionError())
        raise ConnectionError(
            f"no node of the cluster answers: {type(root).__name__}: {root}"
        ) from self._error

    def _is_due(self) -> bool:
        return time.monotonic() - self._looked_at >= PAUSE

    def _look(self, failed: Address | None) -> None:
        """Get a new map from the first node that answers, unless it has no news."""
        until = time.monotonic() + LOOKING
        for address in self._candidates(failed):
            try:
                slots = None if self._known is None else _slots_at(self._known, address)
                if slots is None or slots != self._slots:
                    self._replace(self._make(address), slots)
                break
            except (RedisError, RedisClusterException) as error:
                self._error = error
                if time.monotonic() >= until:
                    break
        self._looked_at = time.monotonic()

    def _candidates(self, failed: Address | None) -> list[Address]:
        nodes = [] if self._known is None else self._known.get_nodes()
        known = [Address(node.host, node.port) for node in nodes]
        random.shuffle(known)  # so that not all processes ask the same node
        return sorted(dict.fromkeys([*known, *self._first]), key=lambda each: each == failed)

    def _replace(self, cluster: Cluster, slots: Slots | None) -> None:
        for node in cluster.get_nodes():
            abandonable(cluster.get_redis_connection(node))
        old, self._known, self._slots, self._error = self._known, cluster, slots, None
        if old is not None:
            for node in old.get_nodes():
                forget_connections(old.get_redis_connection(node))


class ReadyTopology:
    """The map in an application's own client, which looks again by itself when it fails."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def cluster(self) -> Cluster:
        return self._cluster

    def refresh(self, name: str, failed: Address | None) -> None:
        try:
            self._cluster.execute_command("EXISTS", name)
        except (RedisError, RedisClusterException):
            return

    def close(self) -> None:
        """Leave the connections to the application."""


def _slots_at(cluster: Cluster, address: Address) -> Slots | None:
    """Ask a node which nodes have which names; ``None`` where the map does not know it."""
    node = cluster.get_node(address.host, address.port)
    if node is None:
        return None
    ranges = cluster.get_redis_connection(node).execute_command("CLUSTER SLOTS")
    # From, to, the primary, its replicas; of each node the host and the port come first.
    return frozenset(
        (first, last, tuple(primary[:2]), frozenset(tuple(each[:2]) for each in replicas))
        for first, last, primary, *replicas in ranges
    )
