"""On which shelf does an entry lie, and under which key?"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from .names import generation_key, legal_key
from .node import Node
from .servers import Choice
from .shelf import Shelf

#: How many prefixes are remembered, where a callable gives one for each tenant.
MOST_PREFIXES = 128
#: How many names of entries are remembered with their spots, and how long these may be.
MOST_KNOWN, LONGEST_KNOWN = 2_048, 250


class Spot(NamedTuple):
    """Where an entry lies."""

    shelf: Shelf
    key: bytes


class Shelves:
    """The shelves of all prefixes, one on each node.

    :param nodes: the nodes, each with a name and a weight.
    :param make: makes the shelf of a node from a generation's key.
    """

    def __init__(
        self, nodes: Sequence[tuple[Node, str, int]], make: Callable[[Node, bytes], Shelf]
    ) -> None:
        self.nodes = [node for node, _, _ in nodes]
        self._choice = Choice(nodes)
        self._make = make
        self._of_prefix: dict[str, dict[Node, Shelf]] = {}
        self._known = functools.lru_cache(MOST_KNOWN)(self._find)

    def spot(self, name: str) -> Spot:
        return self._known(name) if len(name) <= LONGEST_KNOWN else self._find(name)

    def of_prefix(self, name: str) -> Iterable[Shelf]:
        """Return all shelves of the prefix that a name begins with."""
        return self._shelves(name).values()

    def _find(self, name: str) -> Spot:
        key = legal_key(name)
        return Spot(self._shelves(name)[self._choice.of(key)], key)

    def _shelves(self, name: str) -> dict[Node, Shelf]:
        prefix = name[: name.index("|")]  # `BytesCache` leaves no other one in a prefix
        return self._of_prefix.get(prefix) or self._new_shelves(prefix)

    def _new_shelves(self, prefix: str) -> dict[Node, Shelf]:
        if len(self._of_prefix) >= MOST_PREFIXES:
            self._of_prefix.clear()
            self._known.cache_clear()
        key = generation_key(prefix)
        return self._of_prefix.setdefault(
            prefix, {node: self._make(node, key) for node in self.nodes}
        )
