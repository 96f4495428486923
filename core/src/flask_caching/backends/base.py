"""What does every backend promise, and what does it get for free?

`BaseCache` is the base of object-level backends: a subclass writes ``get``, ``set``,
``delete``, ``has`` and ``clear``, and inherits the rest. For a store of bytes take
`flask_caching.backends.bytestore.BytesCache` instead.
"""

from __future__ import annotations

import enum
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import CacheError, ConfigError, NotSupportedError
from ..typing import MISSING, Timeout

if TYPE_CHECKING:
    from flask import Flask

#: Counters are signed 64-bit numbers, as in Redis's INCRBY.
COUNTER_MIN, COUNTER_MAX = -(2**63), 2**63 - 1
#: Seconds, 2.7 million years: what a ``timedelta`` can say. Longer lives count as this long.
LONGEST_LIFE = timedelta.max // timedelta(seconds=1)


class Capability(enum.Enum):
    """What a backend can do beyond the core of the contract."""

    SHARED = "seen by other processes"
    PERSISTENT = "survives a restart"
    ATOMIC_ADD = "of several racing add() one wins"
    ATOMIC_INC = "racing inc() all count"
    BULK = "many keys take a constant number of trips"
    PREFIX = "clear() keeps to its prefix"
    BOUNDED = "holds a limited number of entries"
    SUBSECOND = "lives shorter than a second"
    TOUCH = "touch() gives an entry a new life"
    PRUNE = "prune() removes what has expired"
    NETWORK = "can be down, slow or cut off"


class BaseCache:
    """Base class of all backends.

    :param default_timeout: seconds (or a ``timedelta``) that an entry lives where none are
        given; ``0`` means for ever.
    :param ignore_delete_many_errors: whether `delete_many` leaves out a key whose deletion
        fails instead of raising.
    """

    #: What this backend can do; the conformance kit checks it in both directions. An instance
    #: may have fewer than its class, where that depends on its store.
    capabilities: frozenset[Capability] = frozenset()
    #: Seconds for which an entry may outlive its life at most, where the store's clock is coarse.
    resolution: float = 0.0
    #: ``False`` where nothing that is written can ever be read (`NullCache`).
    remembers: bool = True
    #: ``True`` where `set` takes a `flask_caching.payload.Entry` and reading gives it back;
    #: other backends only ever see plain values (`flask_caching.backends.foreign`), and so do
    #: subclasses that override ``get`` or ``set`` without saying it again.
    keeps_entries: ClassVar[bool] = False

    # Class attributes, because older backends don't call ``super().__init__``.
    default_timeout: Timeout = 300
    ignore_delete_many_errors: bool = False
    key_prefix: str | Callable[[], str] | None = None

    def __init__(
        self, default_timeout: Timeout = 300, ignore_delete_many_errors: bool = False
    ) -> None:
        self.default_timeout = checked_timeout(default_timeout)
        self.ignore_delete_many_errors = ignore_delete_many_errors

    @classmethod
    def factory(
        cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> BaseCache:
        """Make the backend of an application; the hook that the registry calls.

        :param config: the application's configuration with the cache's defaults filled in;
            not to be changed.
        :param args: ``CACHE_ARGS``, a copy.
        :param kwargs: ``default_timeout`` and what ``CACHE_OPTIONS`` names, a copy.
        """
        return cls(*args, **without_unknown_default(cls, kwargs))

    # -- reading ---------------------------------------------------------------------

    def get(self, key: str) -> Any:
        """Return the value, or ``None``."""
        return None

    def get_value(self, key: str, default: Any = None) -> Any:
        """Return the value, a stored ``None`` too, or `default`."""
        value = self.get(key)
        if value is None and self.has(key):
            return self.get(key)  # a stored None, or what was stored since the first look
        return default if value is None else value

    def get_many(self, *keys: str) -> list[Any]:
        """Return the values in the order of the keys, ``None`` for the missing ones."""
        return [self.get(key) for key in keys]

    def get_dict(self, *keys: str) -> dict[str, Any]:
        """Return a dict with every key asked."""
        return dict(zip(keys, self.get_many(*keys), strict=True))

    def has(self, key: str) -> bool:
        """Return whether a live entry is there.

        This default can't tell a stored ``None`` from a missing entry.
        """
        return self.get(key) is not None

    # -- writing ---------------------------------------------------------------------

    def set(self, key: str, value: Any, timeout: Timeout | None = None) -> bool | None:
        """Store a value; ``True`` when it is stored, ``False`` when the store refused it."""
        return True

    def set_many(self, mapping: Mapping[str, Any], timeout: Timeout | None = None) -> list[str]:
        """Store several values; return the keys stored, in the mapping's order."""
        return [key for key, value in mapping.items() if self.set(key, value, timeout) is not False]

    def add(self, key: str, value: Any, timeout: Timeout | None = None) -> bool:
        """Store a value where there is none; this default is not atomic."""
        return not self.has(key) and self.set(key, value, timeout) is not False

    def inc(self, key: str, delta: int = 1) -> int | None:
        """Add to a counter and return it; absent, it starts at `delta`.

        This default is not atomic, and gives the counter the default life again.
        """
        total = counter_sum(key, self.get_value(key, MISSING), delta)
        self.set(key, total)
        return total

    def dec(self, key: str, delta: int = 1) -> int | None:
        """Subtract from a counter and return it; absent, it starts at ``-delta``."""
        return self.inc(key, -checked_delta(delta))

    def touch(self, key: str, timeout: Timeout | None = None) -> bool:
        """Give a live entry a new life; ``True`` when there was one."""
        raise NotSupportedError(type(self), "touch")

    def life_left(self, key: str) -> float | None:
        """Return the seconds that an entry has left, ``0`` for one that lives for ever.

        ``None``: there is none, or the store can't tell. To be looked at by people, not by code.
        """
        checked_key(key)
        return None

    # -- for the flow ----------------------------------------------------------------

    def note_miss(self, key: str) -> Any:
        """Return what `set_computed` has to know of the miss of `key` that was just read.

        The flow asks on the thread that read, after a miss only and before it computes. A store
        whose `clear` outdates entries instead of removing them notes here what is current, so
        that a `clear` by another process outdates what is computed meanwhile as well. ``None``:
        nothing to know.
        """
        return None

    def set_computed(
        self, key: str, value: Any, timeout: Timeout | None = None, noted: Any = None
    ) -> bool | None:
        """Store, as `set` does, what was computed after a miss of which `noted` was noted."""
        return self.set(key, value, timeout)

    # -- removing --------------------------------------------------------------------

    def delete(self, key: str) -> bool:
        """Remove an entry; ``True`` only when a live one was there."""
        return True

    def delete_many(self, *keys: str) -> list[str]:
        """Remove several entries; return the keys under which nothing is left now."""
        gone: list[str] = []
        for key in dict.fromkeys(keys):
            try:
                if self.delete(key) or not self.has(key):
                    gone.append(key)
            except CacheError:
                if not self.ignore_delete_many_errors:
                    raise
        return gone

    def unlink(self, *keys: str) -> list[str]:
        """Remove several entries, in the background where the store can."""
        return self.delete_many(*keys)

    def clear(self) -> bool:
        """Remove every entry of this cache's prefix, and nothing else."""
        return True

    def prune(self) -> int:
        """Remove what has expired; return how many entries that were."""
        raise NotSupportedError(type(self), "prune")

    def close(self) -> None:
        """Give back connections and files; may be called twice."""

    # -- for subclasses --------------------------------------------------------------

    def life(self, timeout: Timeout | None) -> float:
        """Return the seconds to live: ``0`` for ever, a negative number already expired."""
        return checked_timeout(self.default_timeout if timeout is None else timeout)

    def _normalize_timeout(self, timeout: Timeout | None) -> float:
        """What backends written for Flask-Caching 2.x call `life`."""
        return self.life(timeout)


def checked_key(key: Any) -> str:
    """Return `key` where it is one, as a ``str`` and not of a subclass.

    :raises TypeError: for anything but a ``str``.
    :raises ValueError: for a lone surrogate, which no store can hold.
    """
    if not isinstance(key, str):
        raise TypeError(f"A cache key is a str, not {type(key).__name__}: {key!r}")
    if not key.isascii():
        try:
            key.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"A cache key must be encodable as UTF-8: {key!r}") from error
    # Those of a subclass are put together in its own way: markup escapes what stands before it.
    return key if type(key) is str else str.__str__(key)


def checked_timeout(timeout: Any) -> float:
    """Return a timeout in seconds.

    :raises TypeError: for anything but an ``int``, a ``float`` or a ``timedelta``.
    :raises ValueError: for NaN and infinity.
    """
    if type(timeout) is int and -LONGEST_LIFE <= timeout <= LONGEST_LIFE:
        return timeout  # nearly always
    if isinstance(timeout, timedelta):
        return timeout.total_seconds()
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise TypeError(
            f"A timeout is a number of seconds or a timedelta, not {timeout!r} "
            f"({type(timeout).__name__}). 0 means for ever, None the default."
        )
    if -LONGEST_LIFE <= timeout <= LONGEST_LIFE:
        return timeout
    if isinstance(timeout, float) and not math.isfinite(timeout):
        raise ValueError(f"A timeout must be finite, not {timeout!r}. 0 means for ever.")
    return LONGEST_LIFE if timeout > 0 else -LONGEST_LIFE


def checked_delta(delta: Any) -> int:
    """Return the step of a counter; ``TypeError`` for anything but an ``int``."""
    if isinstance(delta, bool) or not isinstance(delta, int):
        raise TypeError(f"delta is an int, not {delta!r} ({type(delta).__name__})")
    return delta


def counter_sum(key: str, value: Any, delta: int) -> int:
    """Return what a counter becomes; `value` is ``MISSING`` where there is none yet.

    :raises TypeError: where something else than an ``int`` lies there.
    :raises OverflowError: beyond a signed 64-bit number.
    """
    if value is MISSING:
        value = 0
    elif type(value) is not int:
        raise TypeError(f"{key!r} does not hold a counter, which is an int")
    total: int = value + checked_delta(delta)
    if not COUNTER_MIN <= total <= COUNTER_MAX:
        raise OverflowError(f"The counter {key!r} would leave the range of 64 bits")
    return total


def by_position(parameters: Sequence[str], args: Sequence[Any]) -> dict[str, Any]:
    """Return ``CACHE_ARGS`` by the names of the parameters that they are for.

    For a `factory` that also has values by name from elsewhere, where those would collide.

    :param parameters: the names of those that are left to be given by position, in their order.
    :raises ConfigError: where there are more arguments than that.
    """
    if len(args) > len(parameters):
        raise ConfigError(
            "CACHE_ARGS", f"are {len(args)}, and at most these are taken: {', '.join(parameters)}"
        )
    return dict(zip(parameters, args, strict=False))


def without_unknown_default(target: Callable[..., Any], options: dict[str, Any]) -> dict[str, Any]:
    """Return `options` without a ``default_timeout`` that `target` does not take.

    The core adds it unasked; a backend whose constructor has no use for it must still work.
    """
    try:
        parameters = inspect.signature(target).parameters.values()
    except ValueError:  # a class implemented in C may show no signature
        return options
    if any(p.name == "default_timeout" or p.kind is p.VAR_KEYWORD for p in parameters):
        return options
    return {name: value for name, value in options.items() if name != "default_timeout"}
