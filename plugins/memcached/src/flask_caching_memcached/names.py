"""Under which key does something lie on a server?

memcached takes keys of 1 to 250 bytes without spaces and control characters. Whatever fits lies
under its own name, so that it can be found with any tool; the rest under its hash.
"""

from __future__ import annotations

import re
from hashlib import blake2b

#: Bytes; memcached's ``KEY_MAX_LENGTH``.
LONGEST_KEY = 250
#: Whitespace and control characters end a key in memcached's text protocol.
_LEGAL = re.compile(rb"[\x21-\x7e\x80-\xff]{1,%d}" % LONGEST_KEY)


def legal_key(name: str) -> bytes:
    """Return a key that memcached takes: the name itself, or its hash where it is no key.

    A hash begins with ``fc#`` and has no ``|``, which the names of all entries have.
    """
    plain = name.encode()
    if _LEGAL.fullmatch(plain):
        return plain
    return b"fc#" + blake2b(plain, digest_size=32).hexdigest().encode()


def generation_key(namespace: str) -> bytes:
    """Return the key of a prefix's generation; it is the same on every server.

    :param namespace: a prefix without any ``|``.
    """
    return legal_key(f"fc-generation:{namespace}")


def chunk_key(tag: bytes, number: int) -> bytes:
    """Return the key of a part of a large value."""
    return b"fc-chunk:%s:%d" % (tag.hex().encode(), number)
