"""How is an item written, so that a refusal leaves what was there?

memcached removes what lies under a key when it refuses a ``set`` to it, because the item is
larger than its ``-I`` or because its memory is full. It refuses ``add`` and ``cas`` without
doing so. Nothing tells how large an item may be, so what is larger than any that it has taken
so far is written by those.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask_caching.errors import ValueTooLargeError

from .client import AUDIBLE, QUIET, Client, Error, NotFound, ServerError, TooBig
from .lives import GONE

#: Bytes that memcached 1.6 adds to a key and a value; its ``-I`` limits the sum.
OVERHEAD = 64
#: Bytes; the smallest ``-I`` that memcached starts with.
SMALLEST_LIMIT = 1024
#: How often an item is written with regard to what lies there, before it just is.
ATTEMPTS = 16
#: How pylibmc tells of "out of memory storing object", for which it has no exception.
_OUT_OF_MEMORY = "error 48 "


class Sizes:
    """How large an item is known to be taken by a server."""

    __slots__ = ("_largest",)

    def __init__(self) -> None:
        self._largest = SMALLEST_LIMIT

    def allow(self, key: bytes, value: bytes) -> bool:
        return len(key) + len(value) + OVERHEAD <= self._largest

    def note(self, key: bytes, value: bytes) -> None:
        self._largest = max(self._largest, len(key) + len(value) + OVERHEAD)


def put(client: Client, key: bytes, value: bytes, time: int, sizes: Sizes) -> bool:
    """Write an item; ``False`` where the server's memory is full.

    :raises ValueTooLargeError: where the server takes none as large; the old one stands.
    """
    try:
        if sizes.allow(key, value):
            return client.set(key, value, time)
        return _put_with_care(client, key, value, time, sizes)
    except TooBig as error:
        raise too_large(value) from error
    except Error as error:
        if str(error).startswith(_OUT_OF_MEMORY):
            return False
        raise


def _put_with_care(client: Client, key: bytes, value: bytes, time: int, sizes: Sizes) -> bool:
    for _ in range(ATTEMPTS):
        _, token = client.gets(key)
        if _came_first(client, key, value, token, time):
            sizes.note(key, value)
            return True
    return client.set(key, value, time)


def put_new(client: Client, items: dict[bytes, bytes], time: int) -> None:
    """Write items under keys that nobody has used.

    :raises ValueTooLargeError: where the server does not take one of them.
    :raises ServerError: where its memory is full.
    """
    for key, value in items.items():
        try:
            is_written = client.set(key, value, time)
        except TooBig as error:
            raise too_large(value) from error
        if not is_written:
            raise ServerError("memcached's memory is full")


def put_many(client: Client, items: dict[bytes, bytes], time: int) -> None:
    """Write items without waiting for answers.

    What has become of them must be asked on the same client, and in such a way that a stray
    answer is noticed (`Node.ask`).
    """
    client.set_behaviors(QUIET)
    client.set_multi(items, time)
    client.set_behaviors(AUDIBLE)


def remove_many(client: Client, keys: Iterable[bytes]) -> None:
    """Remove items without waiting for answers; see `put_many`.

    By writing what is gone at once: in the binary protocol a quiet ``delete`` of a missing key
    is answered after all.
    """
    put_many(client, dict.fromkeys(keys, b""), GONE)


def swap(
    client: Client, key: bytes, expected: bytes | None, value: bytes, time: int, generation: bytes
) -> bool:
    """Write an item only where exactly `expected` lies.

    :param expected: ``None`` for nothing, or anything that is not of this generation.
    :raises ValueTooLargeError: where the server takes none as large; the old one stands.
    """
    try:
        if expected is None and client.add(key, value, time):
            return True
        found, token = client.gets(key)
        if token is None:
            return False
        is_expected = found == expected if expected else not found.startswith(generation)
        return is_expected and _came_first(client, key, value, token, time)
    except TooBig as error:
        raise too_large(value) from error


def _came_first(client: Client, key: bytes, value: bytes, token: int | None, time: int) -> bool:
    """Write an item where nothing has changed since `token` was given; ``None``: for nothing."""
    if token is None:
        return client.add(key, value, time)
    try:
        return client.cas(key, value, token, time)
    except NotFound:
        return False


def too_large(value: bytes) -> ValueTooLargeError:
    """Return the error for an item that a server does not take."""
    return ValueTooLargeError(
        f"memcached does not take an item of {len(value)} bytes. Start it with a larger -I (the "
        "default is 1 MB), or set CACHE_MEMCACHED_SPREAD = True; the chunksize of that must be "
        "below -I as well."
    )
