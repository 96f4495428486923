"""Which settings have these backends, and what can't work?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_caching.backends.base import by_position
from flask_caching.errors import ConfigError

#: Connections to each server, of each process. Opened only when that many are in use at once.
POOL_SIZE = 16
#: Bytes: with its key, a little less than the 1 MB that memcached takes by default.
CHUNK_SIZE = 1048448
#: Bytes; below, chunks would hold little but their own headers.
SMALLEST_CHUNK = 64
MOST_CHUNKS = 32
#: Seconds to wait for a connection, and for a reply.
SOCKET_TIMEOUT = 1.0

_SWITCH = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off", ""), False),
}


@dataclass(frozen=True, slots=True)
class MemcachedSettings:
    """What the configuration says, ``None`` where it says nothing; a field is a parameter."""

    servers: Any
    pool_size: Any
    pool_blocking: Any
    spread: Any
    key_prefix: str | Callable[[], str]
    username: Any
    password: Any = field(repr=False)

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> MemcachedSettings:
        return cls(
            servers=config["CACHE_MEMCACHED_SERVERS"],
            pool_size=config.get("CACHE_MEMCACHED_POOL_SIZE"),
            pool_blocking=config.get("CACHE_MEMCACHED_POOL_BLOCKING"),
            spread=config.get("CACHE_MEMCACHED_SPREAD"),
            key_prefix=config["CACHE_KEY_PREFIX"],
            username=config.get("CACHE_MEMCACHED_USERNAME"),
            password=config.get("CACHE_MEMCACHED_PASSWORD"),
        )

    def options(
        self, parameters: Sequence[str], args: Sequence[Any], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the constructor's arguments by name; the given options come first.

        :param parameters: the names of those that have a position, in their order.
        :param args: arguments by position, from the second on: the servers are the first.
        """
        fields = [name for name in self.__slots__ if name == "spread" or name in parameters]
        said = {name: getattr(self, name) for name in fields}
        named = {name: value for name, value in said.items() if value is not None}
        return {**named, **by_position(parameters[1:], args), **options}


def checked_pool_size(size: Any) -> int:
    """Return the number of connections to each server."""
    count = int(size) if isinstance(size, str) and size.isdecimal() else size
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ConfigError(
            "CACHE_MEMCACHED_POOL_SIZE", f"must be a number of connections, 1 or more, not {size!r}"
        )
    return count


def checked_switch(key: str, value: Any) -> bool:
    """Return whether something is switched on; the environment gives text."""
    if isinstance(value, str):
        value = _SWITCH.get(value.lower(), value)
    if not isinstance(value, bool | int):
        raise ConfigError(key, f"must be True or False, not {value!r}")
    return bool(value)


def checked_size(name: str, size: Any, least: int) -> int:
    """Return an option that is a number; `least` is the smallest that makes sense."""
    if isinstance(size, bool) or not isinstance(size, int) or size < least:
        raise ConfigError(
            "CACHE_OPTIONS", f"{name} must be a number, {least} or more, not {size!r}"
        )
    return size


def checked_timeout(seconds: Any) -> float:
    """Return how long to wait for a server."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise _wrong_timeout(seconds)
    if not (seconds > 0 and math.isfinite(seconds)):
        raise _wrong_timeout(seconds)
    return seconds


def checked_behaviors(behaviors: Any) -> Mapping[str, Any]:
    """Return further behaviors of pylibmc's client."""
    if behaviors is None:
        return {}
    if not isinstance(behaviors, Mapping):
        raise ConfigError(
            "CACHE_OPTIONS",
            f"behaviors must be a dict such as {{'tcp_keepalive': True}}, not {behaviors!r}",
        )
    return behaviors


def _wrong_timeout(seconds: Any) -> ConfigError:
    return ConfigError(
        "CACHE_OPTIONS", f"socket_timeout must be a number of seconds, not {seconds!r}"
    )
