"""How is an item written, so that a refusal leaves what was there?

memcached removes what lies under a key when it refuses a ``set`` to it, because the item is
larger than its ``-I`` or because its memory is full. It refuses ``add`` and ``cas`` without
doing so, and these take a trip more. So they write what it may refuse: an item larger than any
that it has taken so far, since nothing tells how large one may be; a large one; and any, once it
has refused a small one, as memcached does where it may not evict (``-M``).
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager

from flask_caching.errors import ValueTooLargeError

from .client import AUDIBLE, QUIET, AllocationError, Client, Error, NotFound, TooBig
from .lives import GONE

#: Bytes that memcached 1.6 adds to a key and a value; its ``-I`` limits the sum.
OVERHEAD = 64
#: Bytes; the smallest ``-I`` that memcached starts with.
SMALLEST_LIMIT = 1024
#: Bytes. Few larger items share a page of memcached's, so while others use what it would have to
#: evict for one, its memory is full. Smaller ones than 200 KB were never refused for that.
LARGE = 64 * 1024
#: How often an item is written with regard to what lies there, before it just is.
ATTEMPTS = 16
#: How pylibmc tells of "out of memory storing object", for which it has no exception.
_OUT_OF_MEMORY = "error 48 "


class FullError(Exception):
    """A server that answers, and has no memory for an item."""

    def __init__(self) -> None:
        super().__init__("memcached's memory is full")


class Sizes:
    """How large an item is known to be taken by a server."""

    __slots__ = ("_largest", "_most")

    def __init__(self) -> None:
        self._largest = SMALLEST_LIMIT
        self._most = LARGE

    def allow(self, key: bytes, value: bytes) -> bool:
        """Tell whether an item may be written by ``set``."""
        return len(key) + len(value) + OVERHEAD <= self._largest

    def note(self, key: bytes, value: bytes) -> None:
        """Learn from an item that was taken."""
        size = len(key) + len(value) + OVERHEAD
        self._largest = max(self._largest, min(size, self._most))

    def note_refusal(self, key: bytes, value: bytes) -> None:
        """Learn from an item for which there was no memory."""
        if len(key) + len(value) + OVERHEAD <= LARGE:
            self._largest = self._most = 0


def put(client: Client, key: bytes, value: bytes, time: int, sizes: Sizes) -> None:
    """Write an item.

    :raises ValueTooLargeError: where the server takes none as large; the old one stands.
    :raises FullError: where its memory is full; the old one stands, the first time excepted.
    """
    try:
        with _refusals(value):
            if sizes.allow(key, value):
                _must_be_stored(client.set(key, value, time))
            else:
                _put_with_care(client, key, value, time)
                sizes.note(key, value)
    except FullError:
        sizes.note_refusal(key, value)
        raise


def _put_with_care(client: Client, key: bytes, value: bytes, time: int) -> None:
    for _ in range(ATTEMPTS):
        _, token = client.gets(key)
        if _came_first(client, key, value, token, time):
            return
    _must_be_stored(client.set(key, value, time))


def put_new(client: Client, items: dict[bytes, bytes], time: int = 0) -> None:
    """Write items under keys where nothing lies that must not be lost.

    :raises ValueTooLargeError: where the server does not take one of them.
    :raises FullError: where its memory is full.
    """
    for key, value in items.items():
        with _refusals(value):
            _must_be_stored(client.set(key, value, time))


def put_first(client: Client, key: bytes, value: bytes) -> bool:
    """Write an item for ever where nothing lies, or answer ``False``.

    :raises FullError: where the server's memory is full. In the binary protocol it is ``False``.
    """
    with _refusals(value):
        return client.add(key, value)


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
    :raises FullError: where its memory is full; the old one stands.
    """
    with _refusals(value):
        if expected is not None:
            found, token = client.gets(key)
            return found == expected and _came_first(client, key, value, token, time)
        # In the binary protocol, `add` does not tell a full memory from something that lies there.
        for _ in range(ATTEMPTS):
            if client.add(key, value, time):
                return True
            found, token = client.gets(key)
            if token is not None:
                return not found.startswith(generation) and _came_first(
                    client, key, value, token, time
                )
        raise FullError


def _came_first(client: Client, key: bytes, value: bytes, token: int | None, time: int) -> bool:
    """Write an item where nothing has changed since `token` was given; ``None``: for nothing."""
    if token is None:
        return client.add(key, value, time)
    try:
        return client.cas(key, value, token, time)
    except NotFound:
        return False


@contextmanager
def _refusals(value: bytes) -> Generator[None]:
    """Raise errors of ours where the server does not take an item."""
    try:
        yield
    except TooBig as error:
        raise too_large(value) from error
    except AllocationError as error:
        raise FullError from error
    except Error as error:
        if str(error).startswith(_OUT_OF_MEMORY):
            raise FullError from error
        raise


def _must_be_stored(is_stored: bool) -> None:
    # In the binary protocol, a full memory is no error.
    if not is_stored:
        raise FullError


def too_large(value: bytes) -> ValueTooLargeError:
    """Return the error for an item that a server does not take."""
    return ValueTooLargeError(
        f"memcached does not take an item of {len(value)} bytes. Start it with a larger -I (the "
        "default is 1 MB), or set CACHE_MEMCACHED_SPREAD = True; the chunksize of that must be "
        "below -I as well."
    )
