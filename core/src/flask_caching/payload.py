r"""What exactly lies in the store under a key?

A payload is::

    !\\0FC  version  flags  deadline  length | tag  stamps | seal    | body
    4      1        1      8         4        length        4 or 16   the serializer's bytes

The deadline is the wall clock's time in seconds (``0.0``: never expires), so that a store
with coarse or lazy expiry still answers exactly. The tag, of 4 bytes, names a serializer other
than pickle. The stamps are the versions that the entry was computed under. Whether they are
there, how the body is compressed, and the kind of the seal stand in the flags. The seal covers
the key and everything but itself, so that a flipped bit, a cut payload, or one moved to another
key is a miss; it is looked at before anything else is.

The first byte is what Flask-Caching 2.x strips from a value on Redis before it unpickles the
rest, and no pickle begins with a NUL: 2.x reads our entries as misses, never as a value.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from functools import lru_cache
from hmac import compare_digest
from typing import Any, NamedTuple

from .compression import COMPRESSION, PLAIN
from .seals import CHECKSUM, CRC32, SEAL_KIND, SHORT, Seal
from .serializers import TAG_SIZE

MAGIC = b"!\x00FC"
VERSION = 1

#: Flag: a block of stamps follows the header.
STAMPED = 0b0000_0001
#: Flag: the tag of a serializer follows the header.
TAGGED = 0b0010_0000
_UNKNOWN = ~(STAMPED | SEAL_KIND | COMPRESSION | TAGGED)

#: How many blocks of stamps are remembered, and how long these may be (bytes).
KNOWN_BLOCKS, KNOWN_LENGTH = 1024, 512

_HEADER = struct.Struct(">4sBBdI")
_HEADER_SIZE = _HEADER.size


class Entry(NamedTuple):
    """A value with the versions under which it was computed.

    It is valid while each of the version keys `names` still holds the stamp at the same place
    in `stamps`. Only object-level backends see one; the payload keeps stamps in its header.
    """

    value: Any
    names: tuple[str, ...]
    stamps: tuple[str, ...]


class Packed(NamedTuple):
    """A payload taken apart, its seal checked; `body` is still serialized, and compressed."""

    deadline: float
    names: tuple[str, ...]
    stamps: tuple[str, ...]
    body: bytes
    #: What names the serializer; empty for pickle.
    tag: bytes = b""
    #: How the body is compressed (`flask_caching.compression`).
    compression: int = PLAIN


def pack(
    key: str,
    body: bytes,
    deadline: float,
    names: tuple[str, ...] = (),
    stamps: tuple[str, ...] = (),
    *,
    tag: bytes = b"",
    compression: int = PLAIN,
    seal: Seal = CHECKSUM,
) -> bytes:
    """Return the payload to store under `key`."""
    flags = compression
    block = tag
    if tag:
        flags |= TAGGED
    if names:
        flags |= STAMPED
        block += json.dumps([names, stamps]).encode()
    flags |= seal.kinds[_HEADER_SIZE + len(block) + len(body) > SHORT]
    head = _HEADER.pack(MAGIC, VERSION, flags, deadline, len(block)) + block
    return head + seal.of(key, head, body) + body


def packing(deadline: float, tag: bytes, seal: Seal) -> Callable[[str, bytes], bytes]:
    """Return what makes payloads of keys and bodies, without stamps and not compressed.

    They are those of `pack`, which makes the head anew for each and takes half as long again.
    """
    flags = TAGGED if tag else 0
    short, long = (
        _HEADER.pack(MAGIC, VERSION, flags | kind, deadline, len(tag)) + tag for kind in seal.kinds
    )

    def packed(key: str, body: bytes) -> bytes:
        head = long if len(short) + len(body) > SHORT else short
        return head + seal.of(key, head, body) + body

    return packed


def unpack(key: str, payload: bytes, seal: Seal = CHECKSUM) -> Packed | None:
    """Return what `pack` put under this very `key`, or ``None`` for anything else.

    :param seal: what `pack` was given, or knows the same secret. A payload can't choose another.
    """
    size = seal.size
    if len(payload) < _HEADER_SIZE + size:
        return None
    magic, version, flags, deadline, length = _HEADER.unpack_from(payload)
    if (
        magic != MAGIC
        or version != VERSION
        or flags & SEAL_KIND != seal.kinds[len(payload) - size > SHORT]
    ):
        return None
    end_of_head = _HEADER_SIZE + length
    head, body = payload[:end_of_head], payload[end_of_head + size :]
    found = payload[end_of_head : end_of_head + size]
    if not compare_digest(found, seal.of(key, head, body)) and not seal.was(found, key, head, body):
        return None
    if flags == flags & SEAL_KIND:
        return tuple.__new__(Packed, (deadline, (), (), body, b"", PLAIN))  # at half the cost
    return _unfolded(flags, deadline, head[_HEADER_SIZE:], body)


def deadline_of(beginning: bytes) -> float | None:
    """Return when a payload expires (``0.0``: never), judged by its first 18 bytes, unverified.

    ``None`` for what does not begin like a payload. For stores that look for what has expired.
    """
    if not beginning.startswith(MAGIC) or len(beginning) < _HEADER_SIZE:
        return None
    deadline: float = _HEADER.unpack_from(beginning)[3]
    return deadline if 0 <= deadline < math.inf else None


def seal_kind(payload: bytes) -> int | None:
    """Return which kind of seal a payload claims to have; ``None`` for what is no payload."""
    if not payload.startswith(MAGIC) or len(payload) < _HEADER_SIZE:
        return None
    flags: int = _HEADER.unpack_from(payload)[2]
    return flags & SEAL_KIND


def _unfolded(flags: int, deadline: float, block: bytes, body: bytes) -> Packed | None:
    """Take apart what the flags say is more than a plain entry."""
    if flags & _UNKNOWN:
        return None
    tag = block[:TAG_SIZE] if flags & TAGGED else b""
    names: tuple[str, ...] = ()
    stamps: tuple[str, ...] = ()
    if flags & STAMPED:
        stamped = block[len(tag) :]
        read = _known_stamps if len(stamped) <= KNOWN_LENGTH else _stamps
        try:
            names, stamps = read(stamped)
        except (ValueError, TypeError, RecursionError):
            return None
        if flags & SEAL_KIND == CRC32 and not _are_stamps(names, stamps):
            return None
    return Packed(deadline, names, stamps, body, tag, flags & COMPRESSION)


def _stamps(block: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names and the stamps that a block says, which a checksum does not prove."""
    names, stamps = map(tuple, json.loads(block))
    return names, stamps


#: All calls of a function have one block, until the function is invalidated. Reading it anew would
#: be a fifth of what a hit of a memoized function does after the store has answered.
_known_stamps = lru_cache(KNOWN_BLOCKS)(_stamps)


def _are_stamps(names: tuple[Any, ...], stamps: tuple[Any, ...]) -> bool:
    """Tell whether `pack` may have written that: a checksum is no proof that it has."""
    return len(names) == len(stamps) and {*map(type, names), *map(type, stamps)} == {str}
