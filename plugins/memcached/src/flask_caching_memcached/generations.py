"""Is an entry of before the last ``clear``, or of after it?

memcached can't list keys, so `clear` removes nothing. It changes a prefix's generation, a random
value on each server under a key of its own. An item begins with the generation that it was
stored under, and counts only while that is still its server's.
"""

from __future__ import annotations

from secrets import token_bytes
from typing import Any, TypeGuard

from . import items
from .client import Client

#: Bytes. Random, so that one that was lost never comes back.
SIZE = 8


def is_generation(value: Any) -> TypeGuard[bytes]:
    """Tell a generation from nothing, and from what somebody else has written."""
    return type(value) is bytes and len(value) == SIZE


def established(client: Client, key: bytes) -> bytes:
    """Return the generation of a server, and make one where there is none.

    :raises FullError: where the server has no memory for one.
    """
    found = client.get(key)
    if is_generation(found):
        return found
    fresh = token_bytes(SIZE)
    if items.put_first(client, key, fresh):
        return fresh
    found = client.get(key)
    if is_generation(found):  # somebody else's came first
        return found
    items.put_new(client, {key: fresh})
    return fresh


def renew(client: Client, key: bytes) -> None:
    """Outdate every item of the generation so far."""
    try:
        items.put_new(client, {key: token_bytes(SIZE)})
    except items.FullError:
        client.delete(key)  # without one, nothing counts either
