"""How is a client used that the application has made?

Ours are its clones, one for each caller at a time: a client of pylibmc is neither safe for
threads nor for forks. One that can't be cloned is lent to one caller after the other.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

from .client import BytesClient, Client, Error, bytes_twin, may_have_login
from .node import Node

logger = logging.getLogger(__package__)


def node_of(given: Any, pool_size: int, pool_grows: bool, patience: float) -> Node:
    """Return a node for a ready client, and whatever servers are behind it."""
    can_be_cloned = callable(getattr(given, "clone", None))
    if may_have_login(given) and not isinstance(given, BytesClient):
        logger.warning(
            "The given %s unpickles whatever is flagged as a pickle in memcached, signed or not: "
            "whoever can write there can run code. Give addresses, with CACHE_MEMCACHED_USERNAME "
            "and CACHE_MEMCACHED_PASSWORD, or a client without a login.",
            type(given).__name__,
        )
    return Node(
        f"the servers of the given {type(given).__name__}",
        lambda: OnlyBytes(_twin(given) if can_be_cloned else given),
        pool_size=pool_size if can_be_cloned else 1,
        pool_grows=pool_grows and can_be_cloned,
        patience=min(patience, _reply_time(given)),
        is_many=len(getattr(given, "addresses", ())) != 1,
    )


def _reply_time(given: Any) -> float:
    """Return the seconds for which a client waits for a reply."""
    milliseconds: float = dict(getattr(given, "behaviors", {})).get("_poll_timeout", math.inf)
    return milliseconds / 1000 if milliseconds > 0 else math.inf


def _twin(given: Any) -> Client:
    # A clone unpickles whatever is flagged as a pickle, as `given` itself does.
    twin: Client = given.clone() if may_have_login(given) else bytes_twin(given)
    twin.set_behaviors({"cas": True})
    return twin


class OnlyBytes:
    """A client that reads whatever is not bytes as an item that nobody knows."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.set = client.set
        self.set_multi = client.set_multi
        self.add = client.add
        self.cas = client.cas
        self.delete = client.delete

    def get(self, key: bytes) -> Any:
        try:
            return _bytes_or_none(self._client.get(key))
        except Error:
            raise
        except Exception:  # noqa: BLE001 (what unpickling raises, which clients do by themselves)
            return b""

    def gets(self, key: bytes) -> tuple[Any, Any]:
        value, token = self._client.gets(key)
        return _bytes_or_none(value), token

    def get_multi(self, keys: Sequence[bytes]) -> dict[bytes, Any]:
        try:
            found = self._client.get_multi(keys)
        except Error:
            raise
        except Exception:  # noqa: BLE001 (as above, of any of them)
            found = {key: self.get(key) for key in keys}
        return {key: _bytes_or_none(each) for key, each in found.items() if each is not None}

    def set_behaviors(self, behaviors: Mapping[str, Any]) -> None:
        self._client.set_behaviors(behaviors)


def _bytes_or_none(value: Any) -> bytes | None:
    return value if value is None or isinstance(value, bytes) else b""
