"""How does the flow see what a subclass of `Cache` does in ``get`` or ``set``?

Applications instrument their cache that way. Where a subclass overrides a proxy, the flow
reads and writes through it, with plain keys and values as it would see them in 2.x; where none
does, the flow goes straight to the backend.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from .backends.base import BaseCache
from .payload import Entry
from .typing import MISSING, Timeout

#: The proxies that the flow of 2.x goes through as well.
PROXIES = ("get", "has", "set", "delete")

#: The entry that the flow is storing through an overridden ``set``, where it has stamps.
_storing: ContextVar[Entry | None] = ContextVar("flask_caching_storing", default=None)
#: Whether the flow is storing, so that ``Cache.set`` is no invalidation.
_in_flow: ContextVar[bool] = ContextVar("flask_caching_in_flow", default=False)


def is_storing() -> bool:
    """Return whether ``Cache.set`` is called by the flow, through an override."""
    return _in_flow.get()


def stamped(value: Any) -> Any:
    """Return what the flow wants stored of a value that an overridden ``set`` passed on."""
    entry = _storing.get()
    return value if entry is None else entry._replace(value=value)


def through_overrides(cache: Any, base: type, backend: BaseCache) -> BaseCache:
    """Return what the flow reads from and writes to."""
    overridden = frozenset(
        name
        for name in PROXIES
        if name in vars(cache) or getattr(type(cache), name) is not getattr(base, name)
    )
    return _Overridden(cache, backend, overridden) if overridden else backend


class _Overridden(BaseCache):
    """A backend as the flow sees it through the proxies that a subclass overrides."""

    keeps_entries = True

    def __init__(self, cache: Any, backend: BaseCache, overridden: frozenset[str]) -> None:
        super().__init__(backend.default_timeout)
        self.remembers = backend.remembers
        self._cache = cache
        self._backend = backend
        self._overridden = overridden

    def get(self, key: str) -> Any:
        return (self._cache if "get" in self._overridden else self._backend).get(key)

    def has(self, key: str) -> bool:
        return (self._cache if "has" in self._overridden else self._backend).has(key)

    def get_value(self, key: str, default: Any = None) -> Any:
        if not {"get", "has"} & self._overridden:
            return self._backend.get_value(key, default)
        return super().get_value(key, default)

    def get_many(self, *keys: str) -> list[Any]:
        if "get" not in self._overridden:
            return self._backend.get_many(*keys)
        # The last one is the value's. Cache.get unwraps it, and so has checked its stamps
        # after these were read: what it gives is valid under them or newer ones.
        names = keys[:-1]
        versions = self._backend.get_many(*names)
        value = self.get_value(keys[-1], MISSING)
        return [*versions, None if value is MISSING else Entry(value, names, tuple(versions))]

    def add(self, key: str, value: Any, timeout: Timeout | None = None) -> bool:
        return self._backend.add(key, value, timeout)

    def set(self, key: str, value: Any, timeout: Timeout | None = None) -> bool | None:
        if "set" not in self._overridden:
            return self._backend.set(key, value, timeout)
        entry = value if type(value) is Entry else None
        tokens = _storing.set(entry), _in_flow.set(True)
        try:
            plain = value if entry is None else entry.value
            answer: bool | None = self._cache.set(key, plain, timeout=timeout)
            return answer
        finally:
            _storing.reset(tokens[0])
            _in_flow.reset(tokens[1])

    def delete(self, key: str) -> bool:
        return (self._cache if "delete" in self._overridden else self._backend).delete(key)
