"""The cache that remembers nothing: `NullCache`, for tests and for switching caching off."""

from __future__ import annotations

from typing import Any

from ..typing import Timeout
from .base import BaseCache


class NullCache(BaseCache):
    """Accepts every write and finds nothing; it stands outside of the backend contract.

    :param default_timeout: has no effect.
    """

    remembers = False
    keeps_entries = True

    def has(self, key: str) -> bool:
        return False

    def inc(self, key: str, delta: int = 1) -> int:
        return delta

    def dec(self, key: str, delta: int = 1) -> int:
        return -delta

    def touch(self, key: str, timeout: Timeout | None = None) -> bool:
        return False

    def prune(self) -> int:
        return 0

    def get_value(self, key: str, default: Any = None) -> Any:
        return default
