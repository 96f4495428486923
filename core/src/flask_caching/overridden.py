"""How does the flow see what a subclass of `Cache` does in ``get`` or ``set``?

Applications instrument their cache that way. Where a subclass overrides a proxy, the flow
reads and writes through it, with plain keys and values as it would see them in 2.x; where none
does, the flow goes straight to the backend.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from .backends.base import BaseCache
from .payload import Entry
from .typing import MISSING, Timeout

#: The proxies that the flow of 2.x goes through as well.
PROXIES = ("get", "has", "set", "delete")

#: What the flow is storing through an overridden ``set``: the key, and the value or `Entry`.
_storing: ContextVar[tuple[str, Any] | None] = ContextVar("flask_caching_storing", default=None)
#: Whether the stamps of what an overridden ``get`` gives were checked on the way.
_checked: ContextVar[bool] = ContextVar("flask_caching_checked", default=False)

#: Whether the flow, and not the application, is calling an overridden proxy.
_in_flow: ContextVar[bool] = ContextVar("flask_caching_in_flow", default=False)

#: Of how many keys `Overridden` remembers the versions; past that it forgets them all, and each
#: that it can't tell about is a miss once.
REMEMBERED_KEYS = 10_000


def is_flow() -> bool:
    """Return whether a proxy is called by the flow, which counts what it does itself."""
    return _in_flow.get()


def note_check() -> None:
    """Note that the stamps of an entry were compared with the versions."""
    _checked.set(True)


def to_store(key: str, value: Any) -> Any:
    """Return what the flow wants stored of a key and a value that an override passes on.

    Gives `MISSING` where the flow is not storing, or the override stores something else
    besides. It may have changed the value, or the key, but hardly both.
    """
    storing = _storing.get()
    if storing is None:
        return MISSING
    own_key, kept = storing
    plain = kept.value if type(kept) is Entry else kept
    if own_key not in key and value is not plain:
        return MISSING
    return kept._replace(value=value) if type(kept) is Entry else value


def is_overridden(cache: Any, base: type, name: str) -> bool:
    """Return whether a method of `Cache` is another one here, by a subclass or an attribute."""
    return name in vars(cache) or getattr(type(cache), name) is not getattr(base, name)


def through_overrides(cache: Any, base: type, backend: BaseCache) -> BaseCache:
    """Return what the flow reads from and writes to."""
    overridden = frozenset(name for name in PROXIES if is_overridden(cache, base, name))
    return Overridden(cache, backend, overridden) if overridden else backend


class Overridden(BaseCache):
    """A backend as the flow sees it through the proxies that a subclass overrides."""

    keeps_entries = True

    def __init__(self, cache: Any, backend: BaseCache, overridden: frozenset[str]) -> None:
        super().__init__(backend.default_timeout)
        self.remembers = backend.remembers
        self._cache = cache
        self._backend = backend
        self._overridden = overridden
        # An override may answer from a place of its own, where nothing bears stamps.
        self._known: dict[str, tuple[str, ...]] = {}

    def use(self, backend: BaseCache) -> None:
        """Talk to another backend from here on."""
        self._backend = backend

    def get(self, key: str) -> Any:
        return self._through("get", key)

    def has(self, key: str) -> bool:
        answer: bool = self._through("has", key)
        return answer

    def get_value(self, key: str, default: Any = None) -> Any:
        if not {"get", "has"} & self._overridden:
            return self._backend.get_value(key, default)
        value = self.get(key)
        return default if value is None and not self.holds_none(key) else value

    def get_many(self, *keys: str) -> list[Any]:
        if not {"get", "has"} & self._overridden:
            return self._backend.get_many(*keys)
        # The last one is the value's. Cache.get unwraps it, and so checks its stamps after
        # these were read: what it gives is valid under them or newer ones.
        *names, key = keys
        versions = self._backend.get_many(*names)
        stamps = tuple(versions)
        _checked.set(False)
        value = self._called(self._cache.get, key)
        if value is None or None in versions:
            return [*versions, None]
        if _checked.get():
            self._remember(key, stamps)
        elif self._known.get(key) != stamps:
            return [*versions, None]
        return [*versions, Entry(value, tuple(names), stamps)]

    def holds_none(self, key: str, versions: tuple[str | None, ...] = ()) -> bool:
        """Return whether the ``None`` that an override gave is a value under these versions."""
        if not self.has(key):
            return False
        kept = self._backend.get_value(key, MISSING)
        if type(kept) is Entry:
            return kept.stamps == versions
        return not versions or self._known.get(key) == versions

    def set(self, key: str, value: Any, timeout: Timeout | None = None) -> bool | None:
        if "set" not in self._overridden:
            return self._backend.set(key, value, timeout)
        token = _storing.set((key, value))
        try:
            plain = value.value if type(value) is Entry else value
            answer: bool | None = self._called(self._cache.set, key, plain, timeout=timeout)
        finally:
            _storing.reset(token)
        if type(value) is Entry and answer is not False:
            self._remember(key, value.stamps)
        return answer

    def delete(self, key: str) -> bool:
        answer: bool = self._through("delete", key)
        return answer

    def _through(self, name: str, key: str) -> Any:
        if name in self._overridden:
            return self._called(getattr(self._cache, name), key)
        return getattr(self._backend, name)(key)

    def _called(self, proxy: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        token = _in_flow.set(True)
        try:
            return proxy(*args, **kwargs)
        finally:
            _in_flow.reset(token)

    def _remember(self, key: str, stamps: tuple[str, ...]) -> None:
        if len(self._known) >= REMEMBERED_KEYS:
            self._known.clear()
        self._known[key] = stamps
