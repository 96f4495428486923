"""How is a backend that knows only values, written for 2.x or for cachelib, used?

`ForeignCache` stands in front of it: an entry with stamps becomes a plain list, which any
serializer carries (pickle, JSON, the backend's own); lives are whole seconds unless the
backend says that it takes finer ones; and operations that 2.x did not have are derived.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import NotSupportedError
from ..payload import Entry
from ..typing import Timeout
from .base import BaseCache, Capability, checked_key, checked_timeout

#: Begins the list that stands for an `Entry`; no application's list begins with it.
ENTRY_MARK = "flask-caching:entry:1"


class ForeignCache(BaseCache):
    """Passes every call on to `wrapped`, any object with ``get``, ``set`` and ``delete``."""

    keeps_entries = True

    def __init__(self, wrapped: Any) -> None:
        super().__init__()
        self.wrapped = wrapped
        self.key_prefix = getattr(wrapped, "key_prefix", None)
        self.remembers = getattr(wrapped, "remembers", True)
        capabilities: frozenset[Capability] = getattr(wrapped, "capabilities", frozenset())
        self._whole_seconds = Capability.SUBSECOND not in capabilities

    def get(self, key: str) -> Any:
        return _entry_or_value(self.wrapped.get(checked_key(key)))

    def get_value(self, key: str, default: Any = None) -> Any:
        get_value = self._own("get_value", above=("get", "has"))
        return _entry_or_value(get_value(checked_key(key), default))

    def get_many(self, *keys: str) -> list[Any]:
        get_many = self._own("get_many", above=("get",))
        return [_entry_or_value(value) for value in get_many(*map(checked_key, keys))]

    def has(self, key: str) -> bool:
        return bool(self._own("has")(checked_key(key)))

    def set(self, key: str, value: Any, timeout: Timeout | None = None) -> bool | None:
        answer: bool | None = self.wrapped.set(checked_key(key), _plain(value), self._life(timeout))
        return answer

    def set_many(self, mapping: Mapping[str, Any], timeout: Timeout | None = None) -> list[str]:
        plain = {checked_key(key): _plain(value) for key, value in mapping.items()}
        set_many = self._own("set_many", above=("set",))
        return _listed(set_many(plain, self._life(timeout)), plain)

    def add(self, key: str, value: Any, timeout: Timeout | None = None) -> bool:
        add = self._own("add", above=("set",))
        return bool(add(checked_key(key), _plain(value), self._life(timeout)))

    def inc(self, key: str, delta: int = 1) -> int | None:
        total: int | None = self._own("inc", above=("get", "set"))(checked_key(key), delta)
        return total

    def dec(self, key: str, delta: int = 1) -> int | None:
        total: int | None = self._own("dec", above=("get", "set"))(checked_key(key), delta)
        return total

    def touch(self, key: str, timeout: Timeout | None = None) -> bool:
        return bool(self._optional("touch")(checked_key(key), self._life(timeout)))

    def life_left(self, key: str) -> float | None:
        ask = getattr(self.wrapped, "life_left", None)
        left: float | None = None if ask is None else ask(checked_key(key))
        return left

    def delete(self, key: str) -> bool:
        return bool(self.wrapped.delete(checked_key(key)))

    def delete_many(self, *keys: str) -> list[str]:
        delete_many = self._own("delete_many", above=("delete",))
        return _listed(delete_many(*map(checked_key, keys)), keys)

    def unlink(self, *keys: str) -> list[str]:
        unlink = self._own("unlink", above=("delete", "delete_many"))
        return _listed(unlink(*map(checked_key, keys)), keys)

    def clear(self) -> bool:
        return bool(self._optional("clear")())

    def prune(self) -> int:
        return int(self._optional("prune")())

    def close(self) -> None:
        close = getattr(self.wrapped, "close", None)
        if callable(close):
            close()

    def _own(self, operation: str, above: tuple[str, ...] = ()) -> Any:
        """Return the backend's own operation, or the one that is derived here.

        A subclass that overrides ``get`` means ``get_many`` too: where one of `above` is
        defined below the operation, the operation knows nothing of it.
        """
        method = getattr(self.wrapped, operation, None)
        if method is None or any(_is_below(type(self.wrapped), each, operation) for each in above):
            return getattr(super(), operation)
        return method

    def _optional(self, operation: str) -> Any:
        method = getattr(self.wrapped, operation, None)
        if method is None:
            raise NotSupportedError(type(self.wrapped), operation)
        return method

    def _life(self, timeout: Timeout | None) -> float | None:
        if timeout is None:
            return None
        life = checked_timeout(timeout)
        if not self._whole_seconds:
            return life
        # Away from 0, which means for ever.
        return math.ceil(life) if life > 0 else math.floor(life)


def as_written(backend: Any) -> Any:
    """Return a backend as somebody wrote it, without the `ForeignCache` around it."""
    return getattr(backend, "wrapped", backend)


def is_extended(kind: type) -> bool:
    """Return whether a class overrides what a backend that keeps entries does with them."""
    for cls in kind.__mro__:
        if "keeps_entries" in vars(cls):
            return False
        if any(operation in vars(cls) for operation in _KEEPING):
            return True
    return False


_KEEPING = ("get", "get_value", "get_many", "set", "set_many", "add", "has", "delete")


def _is_below(kind: type, operation: str, other: str) -> bool:
    """Return whether a class inherits `other` from further up than `operation`."""
    for cls in kind.__mro__:
        if other in vars(cls):
            return False
        if operation in vars(cls):
            return True
    return False


def _listed(answer: Any, keys: Iterable[str]) -> list[str]:
    """Return the keys that a backend's answer stands for; older ones answer only yes or no."""
    if isinstance(answer, bool | None):
        return list(keys) if answer else []
    return list(answer)


def _plain(value: Any) -> Any:
    if type(value) is not Entry:
        return value
    return [ENTRY_MARK, value.value, list(value.names), list(value.stamps)]


def _entry_or_value(value: Any) -> Any:
    match value:
        case [str() as mark, kept, names, stamps] if mark == ENTRY_MARK:
            return Entry(kept, tuple(names), tuple(stamps))
        case _:
            return value
