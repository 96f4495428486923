"""At which hosts and ports are the nodes of a cluster, or the sentinels?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from flask_caching.errors import ConfigError

#: TCP ports.
FIRST_PORT, LAST_PORT = 1, 65_535


class Address(NamedTuple):
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def is_written(given: Any) -> bool:
    """Tell what is to be an address, rightly or wrongly, from a client or what gives one."""
    return isinstance(given, str | bytes | float | list | tuple | Mapping | int | None)


def read_addresses(key: str, given: Any, default_port: int) -> tuple[Address, ...]:
    """Read a list of addresses: text such as ``"h1:p1,h2:p2"``, pairs, or dicts.

    :param key: the setting, which an error names.
    :param default_port: where only a host is given.
    :raises ConfigError: for anything else, and where there is none.
    """
    if isinstance(given, str):
        parts: Iterable[Any] = [part.strip() for part in given.split(",") if part.strip()]
    elif isinstance(given, list | tuple):
        parts = [given] if _is_pair(given) else given
    else:
        raise _unreadable(key, given)
    addresses = tuple(_address(key, part, default_port) for part in parts)
    if not addresses:
        raise ConfigError(
            key, "is not set. Set it to the addresses, for example 'host1:6379,host2:6379'."
        )
    return addresses


def checked_port(key: str, port: Any) -> int:
    """Return the number of a port; configuration from the environment arrives as text."""
    try:
        number = int(port) if isinstance(port, str) else port
    except ValueError:
        number = None
    if type(number) is not int or not FIRST_PORT <= number <= LAST_PORT:
        raise ConfigError(key, f"must be the number of a port, such as 6379, not {port!r}")
    return number


def _is_pair(given: list[Any] | tuple[Any, ...]) -> bool:
    """Tell one address, as a pair, from a list of two hosts."""
    return len(given) == 2 and isinstance(given[0], str) and isinstance(given[1], int)  # noqa: PLR2004


def _address(key: str, given: Any, default_port: int) -> Address:
    host, port = _parts(given, default_port)
    if not isinstance(host, str) or not host:
        raise _unreadable(key, given)
    return Address(host, checked_port(key, port))


def _parts(given: Any, default_port: int) -> tuple[Any, Any]:
    match given:
        case str():
            return _split(given, default_port)
        case [host, port]:
            return host, port
        case {"host": host, **others} if not others.keys() - {"port"}:
            return host, others.get("port", default_port)
        case _:
            return None, None


def _split(text: str, default_port: int) -> tuple[str, str | int]:
    """Split ``host:port``; a host that is an IPv6 address stands in brackets."""
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]") or (":" in host and not host.startswith("[")):
        host, port = text, ""
    return host.strip("[] "), port.strip() or default_port


def _unreadable(key: str, given: Any) -> ConfigError:
    shown = given if isinstance(given, str | int | float | None) else type(given).__name__
    if isinstance(given, Mapping):
        shown = f"a dict with the keys {sorted(map(str, given))}"
    return ConfigError(
        key,
        "must be addresses such as 'host1:6379,host2:6379', a list of (host, port) or a list of "
        f"{{'host': …, 'port': …}}, not {shown!r}",
    )
