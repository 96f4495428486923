r"""What exactly lies in the store under a key?

A payload is::

    !\\0FC  version  flags  deadline  length | stamps | seal | body
    4      1        1      8         4        length   4      the serializer's bytes

The deadline is the wall clock's time in seconds (``0.0``: never expires), so that a store
with coarse or lazy expiry still answers exactly. The stamps are the versions that the entry
was computed under. The seal covers the key and everything but itself, so that a flipped
bit, a cut payload, or one moved to another key is a miss; its kind stands in the flags, with
room for a keyed one.

The first byte is what Flask-Caching 2.x strips from a value on Redis before it unpickles the
rest, and no pickle begins with a NUL: 2.x reads our entries as misses, never as a value.
"""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any, NamedTuple

MAGIC = b"!\x00FC"
VERSION = 1

#: Flag: a block of stamps follows the header.
STAMPED = 0b0000_0001
#: The bits of the flags that name the kind of seal; the kinds other than `CRC32` are reserved.
SEAL_KIND = 0b0000_0110
CRC32 = 0b0000_0000

_HEADER = struct.Struct(">4sBBdI")
_SEAL = struct.Struct(">I")


class Entry(NamedTuple):
    """A value with the versions under which it was computed.

    It is valid while each of the version keys `names` still holds the stamp at the same place
    in `stamps`. Only object-level backends see one; the payload keeps stamps in its header.
    """

    value: Any
    names: tuple[str, ...]
    stamps: tuple[str, ...]


class Packed(NamedTuple):
    """A payload taken apart, its seal checked; `body` is still serialized."""

    deadline: float
    names: tuple[str, ...]
    stamps: tuple[str, ...]
    body: bytes


def pack(
    key: str,
    body: bytes,
    deadline: float,
    names: tuple[str, ...] = (),
    stamps: tuple[str, ...] = (),
) -> bytes:
    """Return the payload to store under `key`."""
    flags = CRC32
    block = b""
    if names:
        flags |= STAMPED
        block = json.dumps([names, stamps]).encode()
    head = _HEADER.pack(MAGIC, VERSION, flags, deadline, len(block)) + block
    return head + _seal(key, head, body) + body


def unpack(key: str, payload: bytes) -> Packed | None:
    """Return what `pack` put under this very `key`, or ``None`` for anything else."""
    if not payload.startswith(MAGIC) or len(payload) < _HEADER.size + _SEAL.size:
        return None
    _, version, flags, deadline, length = _HEADER.unpack_from(payload)
    if version != VERSION or flags & ~STAMPED:
        return None
    end_of_head = _HEADER.size + length
    head, body = payload[:end_of_head], payload[end_of_head + _SEAL.size :]
    if payload[end_of_head : end_of_head + _SEAL.size] != _seal(key, head, body):
        return None
    if not flags & STAMPED:
        return Packed(deadline, (), (), body)
    names, stamps = json.loads(head[_HEADER.size :])
    return Packed(deadline, tuple(names), tuple(stamps), body)


def deadline_of(beginning: bytes) -> float | None:
    """Return when a payload expires (``0.0``: never), judged by its first 18 bytes, unverified.

    ``None`` for what does not begin like a payload. For stores that look for what has expired.
    """
    if not beginning.startswith(MAGIC) or len(beginning) < _HEADER.size:
        return None
    deadline: float = _HEADER.unpack_from(beginning)[3]
    return deadline


def _seal(key: str, head: bytes, body: bytes) -> bytes:
    return _SEAL.pack(zlib.crc32(body, zlib.crc32(head, zlib.crc32(key.encode()))))
