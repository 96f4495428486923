"""Which settings has this backend, and what can't work?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_caching.backends.base import by_position
from flask_caching.errors import ConfigError

from .names import LEAST_KEYSIZE, MOST_KEYSIZE

#: The constructor's parameters that can be given by position, as ``CACHE_ARGS`` does.
POSITIONS = ("default_timeout", "cache", "ignore_delete_many_errors")


@dataclass(frozen=True, slots=True)
class UWSGISettings:
    """What the configuration says; each field is a parameter of `UWSGICache`."""

    cache: Any
    lock: Any
    ignore_delete_many_errors: Any
    key_prefix: str | Callable[[], str]

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> UWSGISettings:
        return cls(
            cache=config.get("CACHE_UWSGI_NAME"),
            lock=config.get("CACHE_UWSGI_LOCK"),
            ignore_delete_many_errors=config["CACHE_IGNORE_ERRORS"],
            key_prefix=config["CACHE_KEY_PREFIX"],
        )

    def options(self, args: Sequence[Any], options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the constructor's arguments by name; the given options come first."""
        named = {name: getattr(self, name) for name in self.__slots__}
        return {**named, **by_position(POSITIONS, args), **options}


def checked_cache(cache: Any) -> str:
    """Return the name of a cache: ``""`` for the server's first, ``name@address`` for another's.

    :raises ConfigError: for anything but text, and where the address is missing.
    """
    if cache is None:  # what an environment without the setting gives
        return ""
    if not isinstance(cache, str):
        raise ConfigError(
            "CACHE_UWSGI_NAME", f"must be the name of a cache of the server, not {cache!r}"
        )
    if cache.endswith("@"):
        raise ConfigError(
            "CACHE_UWSGI_NAME",
            f"{cache!r} lacks the address of the other server, as in 'mycache@127.0.0.1:3031'",
        )
    return cache


def checked_lock(lock: Any, locks: int) -> int:
    """Return the number of a lock of the server, which has `locks`."""
    number = int(lock) if isinstance(lock, str) and lock.isdigit() else lock
    if number is None:
        return 0
    if type(number) is not int or number < 0:
        raise ConfigError(
            "CACHE_UWSGI_LOCK", f"must be the number of a lock, 0 or more, not {lock!r}"
        )
    if number >= locks:
        raise ConfigError(
            "CACHE_UWSGI_LOCK",
            f"{number} is no lock of this uWSGI server, which has those up to {locks - 1}. "
            f"Start it with: uwsgi --locks {number} …",
        )
    return number


def checked_keysize(keysize: Any) -> int:
    """Return the bytes that a key may have."""
    if type(keysize) is not int or not LEAST_KEYSIZE <= keysize <= MOST_KEYSIZE:
        raise ConfigError(
            "CACHE_OPTIONS",
            f"keysize must be what the server's cache2 option says, from {LEAST_KEYSIZE} to "
            f"{MOST_KEYSIZE} bytes, not {keysize!r}. Start the server with: uwsgi --cache2 "
            "name=mycache,items=1000,keysize=2048 …",
        )
    return keysize
