"""Where do the entries of one prefix lie on one server, and how are they changed?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import NamedTuple

from flask_caching.errors import ValueTooLargeError

from . import items
from .client import Client
from .generations import SIZE, established, is_generation, renew
from .items import FullError
from .node import Node

#: How many small items are written in one go.
BATCH = 1000
#: Bytes. What is larger is written by itself: waiting for an answer is little beside sending it.
SMALL = 16 * 1024


class Sight(NamedTuple):
    """What was seen of one entry when it was read."""

    #: The generation that counted, ``None`` where there was none.
    generation: bytes | None
    #: What lies there instead of a payload that is spread (`spread`).
    manifest: bytes | None = None
    #: The entry's name.
    name: str = ""


class Reading(NamedTuple):
    """What was read of several entries at once."""

    generation: bytes | None
    payloads: Mapping[bytes, bytes]
    manifests: Mapping[bytes, bytes] = MappingProxyType({})

    def sight(self, key: bytes, name: str = "") -> Sight:
        return Sight(self.generation, self.manifests.get(key), name)


class Shelf:
    """The entries of one prefix on one server.

    Under a key lies an item: the generation and, behind it, the payload.
    """

    def __init__(self, node: Node, generation_key: bytes) -> None:
        self.node = node
        self.generation_key = generation_key

    def get(self, key: bytes, name: str) -> tuple[bytes | None, Sight]:
        """Return the payload under a key, if there is one, and what was seen; in one trip."""
        wanted = [key, self.generation_key]
        found = self.node.ask(lambda client: client.get_multi(wanted), self.generation_key)
        generation = found.get(self.generation_key)
        if not is_generation(generation):
            return None, Sight(None, None, name)
        seen = Sight(generation, None, name)
        item = found.get(key)
        if item is None or not item.startswith(generation):
            return None, seen
        return item[SIZE:], seen

    def read(self, keys: Sequence[bytes]) -> Reading:
        """Return the payloads under some keys, as far as there are any; in one trip."""
        wanted = [*keys, self.generation_key]
        found = self.node.ask(lambda client: client.get_multi(wanted), self.generation_key)
        generation = found.pop(self.generation_key, None)
        if not is_generation(generation):
            return Reading(None, {})
        return Reading(
            generation,
            {key: item[SIZE:] for key, item in found.items() if item.startswith(generation)},
        )

    def establish(self) -> bytes:
        """Return the generation that counts, and make one where there is none."""
        return self.node.call(lambda client: established(client, self.generation_key), again=True)

    def write(self, key: bytes, payload: bytes, time: int, seen: Sight | None = None) -> None:
        """Write an entry.

        :param seen: what was seen of it before it was computed; else what counts now is read.
        :raises ValueTooLargeError: where the server does not take it.
        :raises FullError: where the server's memory is full.
        """

        def operation(client: Client) -> None:
            item = self._counting(client, seen) + payload
            items.put(client, key, item, time, self.node.sizes)

        self.node.call(operation, again=True)

    def write_many(self, payloads: Mapping[bytes, bytes], time: int) -> set[bytes]:
        """Write entries; return the keys of those that lie there."""
        if not payloads:
            return set()
        try:
            generation = self.establish()
        except FullError:
            return set()
        written = set[bytes]()
        small: dict[bytes, bytes] = {}
        # The largest first: a server that takes that one takes the others.
        for key in sorted(payloads, key=lambda key: len(payloads[key]), reverse=True):
            item = generation + payloads[key]
            if len(item) <= SMALL and self.node.sizes.allow(key, item):
                small[key] = item
                continue
            with suppress(ValueTooLargeError, FullError):
                self.write(key, payloads[key], time, Sight(generation))
                written.add(key)
        for batch in _batches(small):
            written |= self._write_batch(batch, time, generation)
        return written

    def swap(
        self, key: bytes, expected: bytes | None, payload: bytes, time: int, seen: Sight | None
    ) -> bool:
        """Write an entry only where exactly `expected` lies (``None``: nothing that counts).

        :param seen: what was seen when `expected` was read.
        :raises FullError: where the server's memory is full.
        """

        def operation(client: Client) -> bool:
            generation = self._counting(client, seen)
            there = seen.manifest if seen and seen.manifest else expected
            known = None if there is None else generation + there
            return items.swap(client, key, known, generation + payload, time, generation)

        return self.node.call(operation)

    def remove(self, key: bytes, seen: Sight | None = None) -> bool:
        """Remove what lies under a key; ``True`` when something did.

        :param seen: what was read right before, by a caller who wants to know.
        """
        # Repeated, it would not find what it has removed itself.
        return self.node.call(lambda client: client.delete(key), again=seen is None)

    def remove_many(self, keys: Iterable[bytes]) -> None:
        """Remove what lies under some keys."""
        wanted = list(keys)
        if self.node.is_many:
            # The answer below would tell of one server only.
            self.node.call(lambda client: [client.delete(key) for key in wanted], again=True)
            return

        def question(client: Client) -> dict[bytes, bytes]:
            items.remove_many(client, wanted)
            return client.get_multi([self.generation_key])

        # Without a generation nothing counts, whatever lies there.
        self.node.ask(question, self.generation_key)

    def clear(self) -> None:
        """Let no entry count any more."""
        self.node.call(lambda client: renew(client, self.generation_key), again=True)

    def _counting(self, client: Client, seen: Sight | None) -> bytes:
        if seen is not None and seen.generation is not None:
            return seen.generation
        return established(client, self.generation_key)

    def _write_batch(self, batch: dict[bytes, bytes], time: int, generation: bytes) -> set[bytes]:
        """Write small items without waiting for answers, and read what has become of them."""

        def question(client: Client) -> dict[bytes, bytes]:
            items.put_many(client, batch, time)
            return client.get_multi([*batch, self.generation_key])

        found = self.node.ask(question, self.generation_key)
        # What counts is ours, or a later writer's: a refusal leaves nothing.
        written = {key for key in batch if found.get(key, b"").startswith(generation)}
        for key in batch.keys() - written:
            self.node.sizes.note_refusal(key, batch[key])
        return written


def _batches(small: dict[bytes, bytes]) -> Iterable[dict[bytes, bytes]]:
    keys = list(small)
    for start in range(0, len(keys), BATCH):
        yield {key: small[key] for key in keys[start : start + BATCH]}
