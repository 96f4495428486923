"""Which servers are there, and which of them keeps a key?"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Generic, TypeVar

from flask_caching.errors import ConfigError

KEY = "CACHE_MEMCACHED_SERVERS"
DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 11211

_HOST_AND_PORT = re.compile(
    r"""(?P<host> \[ [0-9a-fA-F:.]+ (?:%\w+)? \] | [^\s:,/\[\]]+ )
        (?: : (?P<port> [0-9]+ ) (?: : (?P<weight> [0-9]+ ) )? )?""",
    re.VERBOSE,
)
_FORMS = (
    "'cache1', 'cache1:11211', '[::1]:11211', '/run/memcached.sock', "
    "('cache1', 11211) or ('cache1', 11211, 2), where 2 is a weight"
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Server:
    """A server's address, as pylibmc takes it, and its share beside the others'."""

    address: str
    weight: int = 1


def read_servers(given: Any) -> list[Server]:
    """Return the servers that ``CACHE_MEMCACHED_SERVERS`` names.

    A server that is named twice has both weights. Where none is named, it is memcached's
    default port on this machine.

    :raises ConfigError: for what is no address.
    """
    if isinstance(given, str):
        given = [part for part in re.split(r"[,\s]+", given) if part]
    if given is not None and not isinstance(given, list | tuple | set | frozenset):
        raise ConfigError(
            KEY,
            f"must be a list of servers, or a client such as pylibmc.Client, not {given!r}. "
            f"Write a server as {_FORMS}",
        )
    weights: dict[str, int] = {}
    for each in given or [f"{DEFAULT_HOST}:{DEFAULT_PORT}"]:
        server = _read_server(each)
        weights[server.address] = weights.get(server.address, 0) + server.weight
    return [Server(address, weight) for address, weight in weights.items()]


def _read_server(given: Any) -> Server:
    match given:
        case str():
            return _parsed(given)
        case (str() as host,):
            return _parsed(host)
        case (str() as host, int() as port):
            return _tcp_or_path(given, host, port)
        case (str() as host, int() as port, int() as weight):
            return _tcp_or_path(given, host, port, weight)
        case _:
            raise _wrong(given)


def _parsed(text: str) -> Server:
    path = text.removeprefix("unix:")
    if path.startswith("/"):
        return Server(path)
    found = _HOST_AND_PORT.fullmatch(text)
    if found is None:
        raise _wrong(text)
    port, weight = found["port"] or DEFAULT_PORT, found["weight"] or 1
    return _tcp(text, found["host"], int(port), int(weight))


def _tcp_or_path(given: Any, host: str, port: int, weight: int = 1) -> Server:
    """Read a tuple; the port of a path is a number without a meaning."""
    if host.startswith("/"):
        return Server(host, _checked_weight(given, weight))
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"
    if _HOST_AND_PORT.fullmatch(host) is None:
        raise _wrong(given)
    return _tcp(given, host, port, weight)


def _tcp(given: Any, host: str, port: int, weight: int) -> Server:
    if isinstance(port, bool) or not 0 < port < 2**16:
        raise ConfigError(KEY, f"{port!r} is no port, in {given!r}")
    return Server(f"{host}:{port}", _checked_weight(given, weight))


def _checked_weight(given: Any, weight: int) -> int:
    if isinstance(weight, bool) or weight < 1:
        raise ConfigError(KEY, f"a weight is 1 or more, not {weight!r}, in {given!r}")
    return weight


def _wrong(given: Any) -> ConfigError:
    return ConfigError(KEY, f"{given!r} is no server. Write one as {_FORMS}")


class Choice(Generic[T]):
    """Chooses one of several things for each key, always the same one.

    By rendezvous hashing (Thaler and Ravishankar, "A name-based mapping scheme for
    rendezvous", 1996), with weights after Schindelhauer and Schomaker ("Weighted distributed
    hash tables", 2005): what is added or taken away moves its own share of the keys only.

    :param things: a thing with its name, by which all processes choose alike, and its weight.
    """

    def __init__(self, things: Iterable[tuple[T, str, int]]) -> None:
        self._things: Sequence[tuple[T, bytes, int]] = [
            (thing, blake2b(name.encode(), digest_size=32).digest(), weight)
            for thing, name, weight in things
        ]

    def of(self, key: bytes) -> T:
        if len(self._things) == 1:
            return self._things[0][0]
        return max(self._things, key=lambda each: _score(key, each[1], each[2]))[0]


def _score(key: bytes, seed: bytes, weight: int) -> float:
    number = int.from_bytes(blake2b(key, key=seed, digest_size=7).digest(), "big")
    return -weight / math.log((number + 0.5) / 2**56)
