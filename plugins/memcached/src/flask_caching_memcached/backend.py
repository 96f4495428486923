"""The cache in memcached: `MemcachedCache`, the same with a login, and with large values."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from flask_caching.backends.base import Capability
from flask_caching.backends.bytestore import BytesCache
from flask_caching.errors import CacheUnavailableError, ConfigError
from flask_caching.serializers import Serializer
from flask_caching.typing import Timeout

from . import ready
from .client import ANY_KEY, Access, Error, is_client
from .items import FullError
from .lives import expiry
from .memory import Memory
from .node import Node
from .sasl import CredentialsRefusedError, Login, checked_login, connected
from .servers import read_servers
from .settings import (
    CHUNK_SIZE,
    MOST_CHUNKS,
    POOL_SIZE,
    SMALLEST_CHUNK,
    SOCKET_TIMEOUT,
    MemcachedSettings,
    checked_behaviors,
    checked_pool_size,
    checked_size,
    checked_switch,
    checked_timeout,
)
from .shelf import Reading, Shelf, Sight
from .shelves import Shelves, Spot
from .spread import SpreadShelf

if TYPE_CHECKING:
    from flask import Flask

S = TypeVar("S")
T = TypeVar("T")

#: What is read on a server that is down.
_NOTHING = Reading(None, {})


class MemcachedCache(BytesCache):
    """Keeps entries in memcached, which processes and machines share.

    Each key belongs to one of the servers. One that is down costs its share only, and has it
    again when it is back.

    :param servers: addresses, such as ``["10.0.0.1:11211", "/run/memcached.sock",
        ("10.0.0.2", 11211, 2)]`` with a weight, or a ready client of pylibmc;
        ``127.0.0.1:11211`` where none are given.
    :param default_timeout: seconds that an entry lives where none are given; ``0``: for ever.
    :param key_prefix: keeps programs that share servers apart; a callable is asked at each
        operation.
    :param pool_size: how many connections to each server a process holds at most.
    :param pool_blocking: whether a thread that finds all of them in use waits for one, for
        `socket_timeout`, or opens one more.
    :param ignore_delete_many_errors: whether `delete_many` answers with an empty list where a
        server fails, instead of raising.
    :param spread: whether a value larger than `chunksize` is spread over several items;
        ``None``: as the class does by itself.
    :param chunksize: bytes; less than the server's ``-I``.
    :param maxchunk: how many chunks a value is cut into at most.
    :param socket_timeout: seconds to wait for a connection, and for a reply.
    :param behaviors: further behaviors of pylibmc's client.
    :param serializer: an object with ``dumps`` and ``loads``; pickle where none is given.
    :param clock: gives the wall clock's time in seconds, which the processes share.
    """

    capabilities = frozenset(
        {
            Capability.SHARED,
            Capability.ATOMIC_ADD,
            Capability.ATOMIC_INC,
            Capability.BULK,
            Capability.PREFIX,
            Capability.SUBSECOND,
            Capability.TOUCH,
            Capability.NETWORK,
        }
    )
    store_errors = (Error, FullError)

    #: Whether large values are spread where nobody says.
    _spreads: ClassVar[bool] = False
    _login = Login()
    #: The constructor's parameters that can be given by position, as ``CACHE_ARGS`` does.
    _positions: ClassVar[Sequence[str]] = (
        "servers",
        "default_timeout",
        "key_prefix",
        "pool_size",
        "pool_blocking",
        "ignore_delete_many_errors",
    )

    def __init__(
        self,
        servers: Any = None,
        default_timeout: Timeout = 300,
        key_prefix: str | Callable[[], str] | None = None,
        pool_size: int = POOL_SIZE,
        pool_blocking: bool = True,
        ignore_delete_many_errors: bool = False,
        *,
        spread: bool | None = None,
        chunksize: int = CHUNK_SIZE,
        maxchunk: int = MOST_CHUNKS,
        socket_timeout: float = SOCKET_TIMEOUT,
        behaviors: Mapping[str, Any] | None = None,
        serializer: Serializer | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(
            default_timeout,
            key_prefix=key_prefix,
            serializer=serializer,
            ignore_delete_many_errors=ignore_delete_many_errors,
            clock=clock,
        )
        access = Access(
            checked_timeout(socket_timeout), checked_behaviors(behaviors), self._login.arguments
        )
        size = checked_pool_size(pool_size)
        grows = not checked_switch("CACHE_MEMCACHED_POOL_BLOCKING", pool_blocking)
        chunk = checked_size("chunksize", chunksize, SMALLEST_CHUNK)
        chunks = checked_size("maxchunk", maxchunk, 1)
        is_spread = self._spreads if spread is None else spread
        make: Callable[[Node, bytes], Shelf] = Shelf
        if checked_switch("CACHE_MEMCACHED_SPREAD", is_spread):
            make = functools.partial(SpreadShelf, chunksize=chunk, maxchunk=chunks)
        self._shelves = Shelves(_nodes(servers, access, size, grows), make)
        self._memory = Memory()
        for node in self._shelves.nodes:
            _greet(node)

    @classmethod
    def factory(
        cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> MemcachedCache:
        return cls(**MemcachedSettings.of(config).options(cls._positions, args, kwargs))

    def close(self) -> None:
        for node in self._shelves.nodes:
            node.close()

    # -- for the flow ----------------------------------------------------------------

    def note_miss(self, key: str) -> Sight | None:
        name = self.name(key)
        seen = self._memory.recall(name)
        if seen is None or seen.generation is not None:
            return seen
        with self._translated("get"):
            return seen._replace(generation=self._shelves.spot(name).shelf.establish())

    def set_computed(
        self,
        key: str,
        value: Any,
        timeout: Timeout | None = None,
        noted: Sight | None = None,
    ) -> bool | None:
        # Pickling the value may lead here again.
        told, self._memory.told = self._memory.told, noted
        try:
            return self.set(key, value, timeout)
        finally:
            self._memory.told = told

    # -- the store -------------------------------------------------------------------

    def raw_get(self, name: str) -> bytes | None:
        shelf, key = self._shelves.spot(name)
        payload, self._memory.seen = shelf.get(key, name)
        return payload

    def raw_get_many(self, names: Sequence[str]) -> list[bytes | None]:
        spots = [self._shelves.spot(name) for name in names]
        readings = _readings(spots)
        shelf, key = spots[-1]
        # What lies on a server that is down is a miss, as long as another one answers.
        last = readings.get(shelf)
        self._memory.seen = None if last is None else last.sight(key, names[-1])
        return [readings.get(shelf, _NOTHING).payloads.get(key) for shelf, key in spots]

    def raw_set(self, name: str, payload: bytes, life: float) -> bool:
        shelf, key = self._shelves.spot(name)
        try:
            shelf.write(key, payload, expiry(life), self._memory.told_of(name))
        except FullError:
            return False
        return True

    def raw_set_many(self, payloads: Mapping[str, bytes], life: float) -> list[str]:
        spots = {name: self._shelves.spot(name) for name in payloads}
        items: dict[Shelf, dict[bytes, bytes]] = {}
        for name, (shelf, key) in spots.items():
            items.setdefault(shelf, {})[key] = payloads[name]
        written, errors = _on_each(items, lambda shelf, each: shelf.write_many(each, expiry(life)))
        if errors and not written:
            raise errors[0]
        return [name for name, (shelf, key) in spots.items() if key in written.get(shelf, ())]

    def raw_swap(
        self, name: str, expected: bytes | None, payload: bytes, life: float
    ) -> bool | None:
        shelf, key = self._shelves.spot(name)
        try:
            return shelf.swap(key, expected, payload, expiry(life), self._memory.recall(name))
        except FullError:
            return None

    def raw_delete(self, name: str) -> bool:
        shelf, key = self._shelves.spot(name)
        return shelf.remove(key, self._memory.recall(name))

    def raw_delete_many(self, names: Sequence[str]) -> None:
        spots = [self._shelves.spot(name) for name in names]
        _, errors = _on_each(_by_shelf(spots), lambda shelf, keys: shelf.remove_many(keys))
        if errors:
            raise errors[0]

    def raw_clear(self, prefix: str) -> None:
        shelves = dict.fromkeys(self._shelves.of_prefix(prefix))
        _, errors = _on_each(shelves, lambda shelf, _: shelf.clear())
        if errors:
            raise errors[0]


class SASLMemcachedCache(MemcachedCache):
    """Keeps entries in memcached that asks for a user name and a password.

    :param username: the user's name.
    :param password: the user's password.
    :param kwargs: further arguments of ``pylibmc.Client``.

    The other parameters are those of `MemcachedCache`.
    """

    _positions = (
        "servers",
        "default_timeout",
        "key_prefix",
        "username",
        "password",
        "pool_size",
        "pool_blocking",
        "ignore_delete_many_errors",
    )
    #: Whether it is an error to have no user.
    _needs_login: ClassVar[bool] = True

    def __init__(
        self,
        servers: Any = None,
        default_timeout: Timeout = 300,
        key_prefix: str | Callable[[], str] | None = None,
        username: str | None = None,
        password: str | None = None,
        pool_size: int = POOL_SIZE,
        pool_blocking: bool = True,
        ignore_delete_many_errors: bool = False,
        *,
        spread: bool | None = None,
        chunksize: int = CHUNK_SIZE,
        maxchunk: int = MOST_CHUNKS,
        socket_timeout: float = SOCKET_TIMEOUT,
        behaviors: Mapping[str, Any] | None = None,
        serializer: Serializer | None = None,
        clock: Callable[[], float] = time.time,
        **kwargs: Any,
    ) -> None:
        is_required = self._needs_login and not is_client(servers)
        login = checked_login(username, password, is_required=is_required)
        self._login = Login({**login.arguments, **kwargs})
        super().__init__(
            servers,
            default_timeout,
            key_prefix,
            pool_size,
            pool_blocking,
            ignore_delete_many_errors,
            spread=spread,
            chunksize=chunksize,
            maxchunk=maxchunk,
            socket_timeout=socket_timeout,
            behaviors=behaviors,
            serializer=serializer,
            clock=clock,
        )


class SpreadSASLMemcachedCache(SASLMemcachedCache):
    """Keeps entries in memcached, with a login where one is given, and spreads large values."""

    _spreads = True
    _needs_login = False


def _nodes(
    servers: Any, access: Access, pool_size: int, pool_grows: bool
) -> list[tuple[Node, str, int]]:
    if is_client(servers):
        return [(ready.node_of(servers, pool_size, pool_grows, access.socket_timeout), "", 1)]
    return [
        (
            Node(
                server.address,
                functools.partial(connected, access, server.address),
                pool_size=pool_size,
                pool_grows=pool_grows,
                patience=access.socket_timeout,
            ),
            server.address,
            server.weight,
        )
        for server in read_servers(servers)
    ]


def _greet(node: Node) -> None:
    """Look whether a server is there and lets us in; that it isn't there is in the log then.

    :raises ConfigError: where it does not let us in.
    """
    try:
        node.call(lambda client: client.get(ANY_KEY))
    except CredentialsRefusedError as error:
        raise ConfigError("CACHE_MEMCACHED_PASSWORD", str(error)) from error
    except (Error, CacheUnavailableError):
        return
    # What forks from here on has a connection of its own.
    node.close()


def _readings(spots: Sequence[Spot]) -> dict[Shelf, Reading]:
    """Read what lies at some spots, as far as their servers answer.

    :raises Error: where none does.
    """
    shelf = spots[0].shelf
    keys = {spot.key: None for spot in spots if spot.shelf is shelf}
    if len(keys) == len(spots):  # nearly always, where there is one server
        return {shelf: shelf.read(list(keys))}
    readings, errors = _on_each(_by_shelf(spots), lambda shelf, keys: shelf.read(keys))
    if errors and not readings:
        raise errors[0]
    return readings


def _by_shelf(spots: Iterable[Spot]) -> dict[Shelf, list[bytes]]:
    """Return the keys of each shelf, each once."""
    keys: dict[Shelf, dict[bytes, None]] = {}
    for shelf, key in spots:
        keys.setdefault(shelf, {})[key] = None
    return {shelf: list(each) for shelf, each in keys.items()}


def _on_each(
    shelves: Mapping[Shelf, S], operation: Callable[[Shelf, S], T]
) -> tuple[dict[Shelf, T], list[Exception]]:
    """Do something on each shelf, and go on to the next one where a server fails."""
    done: dict[Shelf, T] = {}
    errors: list[Exception] = []
    for shelf, argument in shelves.items():
        try:
            done[shelf] = operation(shelf, argument)
        except (Error, CacheUnavailableError) as error:
            errors.append(error)
    return done, errors
