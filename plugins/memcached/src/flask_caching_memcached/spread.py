"""How is a value kept that is larger than an item may be?

It is cut into chunks, under keys that hold a random tag. Under the entry's own key lies a
manifest, which names the tag. It is written last, and so replaces the old value at once; where
a chunk is missing, or is not of that tag, the entry is a miss.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from secrets import token_bytes
from typing import NamedTuple

from flask_caching.errors import CacheUnavailableError, ValueTooLargeError

from . import items
from .client import Error
from .generations import SIZE as GENERATION_SIZE
from .items import FullError
from .names import chunk_key
from .node import Node
from .shelf import Reading, Shelf, Sight

#: Begins a manifest; no payload begins with it (`flask_caching.payload.MAGIC`).
MAGIC = b"!\x00FS"
TAG_SIZE = 8
#: How often a value is read that is overwritten meanwhile, before it counts as missing. On a busy
#: machine a reader came too late eight times in a row, once in some ten thousand reads.
READS = 64
_MANIFEST = struct.Struct(f">4s{TAG_SIZE}sIQ")


class Manifest(NamedTuple):
    """What a value was cut into: its chunks' tag and number, its length in bytes."""

    tag: bytes
    chunks: int
    length: int

    def packed(self) -> bytes:
        return _MANIFEST.pack(MAGIC, self.tag, self.chunks, self.length)

    def chunk_keys(self) -> list[bytes]:
        return [chunk_key(self.tag, number) for number in range(self.chunks)]

    def joined(self, found: Mapping[bytes, bytes]) -> bytes | None:
        """Return the value, or ``None`` where a chunk is missing or another one's."""
        chunks = [found.get(key, b"") for key in self.chunk_keys()]
        if not all(chunk.startswith(self.tag) for chunk in chunks):
            return None
        whole = b"".join(chunk[TAG_SIZE:] for chunk in chunks)
        return whole if len(whole) == self.length else None


def read_manifest(payload: bytes, most: int) -> Manifest | None:
    """Return the manifest that lies in a payload's place, ``None`` for anything else.

    :param most: the number of chunks that are read at most.
    """
    if not payload.startswith(MAGIC) or len(payload) != _MANIFEST.size:
        return None
    _, tag, chunks, length = _MANIFEST.unpack(payload)
    return Manifest(tag, chunks, length) if chunks <= most else None


def cut(payload: bytes, chunksize: int) -> tuple[Manifest, dict[bytes, bytes]]:
    """Return a manifest for a payload, and its chunks by their keys."""
    step = chunksize - TAG_SIZE
    starts = range(0, len(payload), step)
    manifest = Manifest(token_bytes(TAG_SIZE), len(starts), len(payload))
    chunks = [manifest.tag + payload[start : start + step] for start in starts]
    return manifest, dict(zip(manifest.chunk_keys(), chunks, strict=True))


class SpreadShelf(Shelf):
    """A shelf whose entries may be larger than an item.

    :param chunksize: bytes, of an item and of a chunk.
    :param maxchunk: how many chunks a value is cut into at most.
    """

    def __init__(self, node: Node, generation_key: bytes, chunksize: int, maxchunk: int) -> None:
        super().__init__(node, generation_key)
        self._chunksize = chunksize
        self._maxchunk = maxchunk

    def get(self, key: bytes, name: str) -> tuple[bytes | None, Sight]:
        reading = self.read([key])
        return reading.payloads.get(key), reading.sight(key, name)

    def read(self, keys: Sequence[bytes]) -> Reading:
        reading = self._look(keys)
        for _ in range(READS):
            payloads = self._join(reading)
            torn = [key for key in reading.manifests if key not in payloads]
            if not torn:
                return reading._replace(payloads=payloads)
            # The chunks of a value that is overwritten go when the new manifest is there.
            newer = self._look(torn)
            if all(newer.manifests.get(key) == reading.manifests[key] for key in torn):
                return reading._replace(payloads=payloads)
            reading = _updated(reading._replace(payloads=payloads), torn, newer)
        return reading

    def write(self, key: bytes, payload: bytes, time: int, seen: Sight | None = None) -> None:
        sight = seen or self._look([key]).sight(key)
        write = super().write

        def put(kept: bytes) -> bool:
            write(key, kept, time, sight)
            return True

        self._replace(
            put,
            self._manifest(sight.manifest),
            payload,
            time,
        )

    def write_many(self, payloads: Mapping[bytes, bytes], time: int) -> set[bytes]:
        seen = self._look(list(payloads))
        small = {key: each for key, each in payloads.items() if not self._is_large(each)}
        written = super().write_many(small, time)
        self._drop_chunks(*[self._manifest(seen.manifests.get(key)) for key in written])
        for key in payloads.keys() - small.keys():
            with suppress(ValueTooLargeError, FullError):
                self.write(key, payloads[key], time, seen.sight(key))
                written.add(key)
        return written

    def swap(
        self, key: bytes, expected: bytes | None, payload: bytes, time: int, seen: Sight | None
    ) -> bool:
        sight = seen or self._look([key]).sight(key)
        swap = super().swap
        return self._replace(
            lambda kept: swap(key, expected, kept, time, sight),
            self._manifest(sight.manifest),
            payload,
            time,
        )

    def remove(self, key: bytes, seen: Sight | None = None) -> bool:
        sight = seen or self._look([key]).sight(key)
        was_there = super().remove(key)
        self._drop_chunks(self._manifest(sight.manifest))
        return was_there

    def remove_many(self, keys: Iterable[bytes]) -> None:
        wanted = list(keys)
        seen = self._look(wanted)
        super().remove_many(wanted)
        self._drop_chunks(*[self._manifest(packed) for packed in seen.manifests.values()])

    def _look(self, keys: Sequence[bytes]) -> Reading:
        """Read what lies under some keys, and leave what is spread in its chunks."""
        reading = super().read(keys)
        manifests = {
            key: payload for key, payload in reading.payloads.items() if payload.startswith(MAGIC)
        }
        if not manifests:
            return reading
        whole = {key: each for key, each in reading.payloads.items() if key not in manifests}
        return Reading(reading.generation, whole, manifests)

    def _join(self, reading: Reading) -> dict[bytes, bytes]:
        """Return the payloads, those that are spread too, as far as their chunks are there."""
        manifests = {
            key: manifest
            for key, packed in reading.manifests.items()
            if key not in reading.payloads and (manifest := self._manifest(packed)) is not None
        }
        chunks = [key for each in manifests.values() for key in each.chunk_keys()]
        if not chunks:
            return dict(reading.payloads)
        found = self.node.ask(
            lambda client: client.get_multi([*chunks, self.generation_key]), self.generation_key
        )
        wholes = {key: each.joined(found) for key, each in manifests.items()}
        return {
            **reading.payloads,
            **{key: each for key, each in wholes.items() if each is not None},
        }

    def _replace(
        self, put: Callable[[bytes], bool], old: Manifest | None, payload: bytes, time: int
    ) -> bool:
        """Write a payload by `put`, cut where it is large, and remove the chunks that are left."""
        new = self._write_chunks(payload, time) if self._is_large(payload) else None
        try:
            is_written = put(payload if new is None else new.packed())
        except FullError:
            self._drop_chunks(new)
            raise
        # Where it raises something else, nobody knows whether the new manifest lies there: its
        # chunks stay.
        self._drop_chunks(old if is_written else new)
        return is_written

    def _write_chunks(self, payload: bytes, time: int) -> Manifest:
        manifest, chunks = self._cut(payload)
        try:
            self.node.call(lambda client: items.put_new(client, chunks, time), again=True)
        except Exception:
            self._drop_chunks(manifest)
            raise
        return manifest

    def _is_large(self, payload: bytes) -> bool:
        return GENERATION_SIZE + len(payload) > self._chunksize

    def _cut(self, payload: bytes) -> tuple[Manifest, dict[bytes, bytes]]:
        manifest, chunks = cut(payload, self._chunksize)
        if manifest.chunks > self._maxchunk:
            raise ValueTooLargeError(
                f"A value of {len(payload)} bytes takes {manifest.chunks} chunks of "
                f"{self._chunksize} bytes, and at most {self._maxchunk} are allowed. Raise "
                "chunksize (with memcached's -I) or maxchunk, in CACHE_OPTIONS."
            )
        return manifest, chunks

    def _manifest(self, packed: bytes | None) -> Manifest | None:
        return None if packed is None else read_manifest(packed, self._maxchunk)

    def _drop_chunks(self, *manifests: Manifest | None) -> None:
        """Remove chunks that nothing refers to; where that fails, their lives end some time."""
        keys = [
            key for manifest in manifests if manifest is not None for key in manifest.chunk_keys()
        ]
        if keys:
            with suppress(Error, CacheUnavailableError):
                super().remove_many(keys)


def _updated(reading: Reading, keys: Iterable[bytes], newer: Reading) -> Reading:
    """Return a reading with what was read anew of some of its keys."""
    manifests = {key: each for key, each in reading.manifests.items() if key not in keys}
    return Reading(
        reading.generation,
        {**reading.payloads, **newer.payloads},
        {**manifests, **newer.manifests},
    )
