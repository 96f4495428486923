"""A backend for one request: what it computes twice, it computes once; nothing outlives it."""

from __future__ import annotations

import math
import time
from typing import Any

from flask import g

from flask_caching import BaseCache
from flask_caching.typing import Timeout


class RequestCache(BaseCache):
    """Keeps values in ``flask.g``, in the application's context: as they are, no copies."""

    def get(self, key: str) -> Any:
        return self._values[key][0] if self.has(key) else None

    def has(self, key: str) -> bool:
        return key in self._values and time.monotonic() < self._values[key][1]

    def set(self, key: str, value: Any, timeout: Timeout | None = None) -> bool:
        life = self.life(timeout)
        self._values[key] = value, time.monotonic() + life if life else math.inf
        return True

    def delete(self, key: str) -> bool:
        was_there = self.has(key)
        self._values.pop(key, None)
        return was_there

    def clear(self) -> bool:
        self._values.clear()
        return True

    @property
    def _values(self) -> dict[str, tuple[Any, float]]:
        values: dict[str, tuple[Any, float]] = g.setdefault("request_cache", {})
        return values
