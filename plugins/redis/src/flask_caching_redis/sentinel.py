"""The cache on a master that sentinels watch over: `RedisSentinelCache`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from redis.sentinel import Sentinel

from flask_caching.serializers import Serializer
from flask_caching.typing import Timeout

from .addresses import is_written, read_addresses
from .backend import RedisCache
from .clients import Clients, ready_clients
from .master import check_master, clients_of, sentinel_at
from .operations import RedisOperations
from .server import Server
from .settings import SENTINEL_PORT, SENTINELS, KeyPrefix, RedisSettings, checked_number

if TYPE_CHECKING:
    from flask import Flask

#: What the names of options for the sentinels themselves begin with.
OF_SENTINELS = "sentinel_"


class RedisSentinelCache(RedisCache):
    """Keeps entries on whichever server the sentinels name as the master.

    :param sentinels: their addresses, as ``"h1:p1,h2:p2"`` or a list of pairs; or a ready
        ``redis.sentinel.Sentinel``, a client, or a callable that gives one in each process.
    :param master: the name by which the sentinels know the master.
    :param password: what the master and its replicas ask for.
    :param db: the number of the database.
    :param default_timeout: seconds that an entry lives where none are given; ``0``: for ever.
    :param key_prefix: keeps applications that share a server apart; a callable is asked at
        each operation.
    :param read_from_replicas: whether to read from replicas while there are some. They lag
        behind: what was just written may be a miss there, and what was deleted a hit.
    :param sentinel_kwargs: options of ``redis.Redis`` for the connections to the sentinels.
    :param serializer: an object with ``dumps`` and ``loads``; pickle where none is given.
    :param ignore_delete_many_errors: whether `delete_many` answers with no key instead of
        raising when the server fails.
    :param kwargs: options for the connections to the master and its replicas. Those named
        ``sentinel_…``, such as ``sentinel_password``, are for the sentinels instead.
    :raises ConfigError: where an option can't work, or a server refuses us.
    """

    def __init__(
        self,
        sentinels: Any = None,
        master: str = "mymaster",
        password: str | None = None,
        db: int = 0,
        default_timeout: Timeout = 300,
        key_prefix: KeyPrefix = None,
        *,
        read_from_replicas: bool = False,
        sentinel_kwargs: Mapping[str, Any] | None = None,
        serializer: Serializer | None = None,
        ignore_delete_many_errors: bool = False,
        **kwargs: Any,
    ) -> None:
        login = {"db": checked_number("CACHE_REDIS_DB", db), "password": password or None}
        of_data, of_sentinels = _sorted_options(kwargs)
        connect = _connecting(
            SENTINELS if sentinels is None else sentinels,
            master,
            {**login, **of_data},
            {**of_sentinels, **(sentinel_kwargs or {})},
            read_from_replicas,
        )
        RedisOperations.__init__(  # not RedisCache's, which connects to one server
            self,
            Server(connect),
            f"The master {master!r} of the sentinels",
            default_timeout,
            key_prefix=key_prefix,
            serializer=serializer,
            ignore_delete_many_errors=ignore_delete_many_errors,
        )

    @classmethod
    def factory(
        cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> RedisSentinelCache:
        return cls(**RedisSettings.of(config).for_sentinels(args, kwargs))


def _sorted_options(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options for the data's servers, and those for the sentinels."""
    of_data: dict[str, Any] = {}
    of_sentinels: dict[str, Any] = {}
    for name, value in given.items():
        if name.startswith(OF_SENTINELS):
            of_sentinels[name.removeprefix(OF_SENTINELS)] = value
        else:
            of_data[name] = value
    return of_data, of_sentinels


def _connecting(
    sentinels: Any,
    master: str,
    of_data: Mapping[str, Any],
    of_sentinels: Mapping[str, Any],
    from_replicas: bool,
) -> Callable[[], Clients]:
    """Return what makes the clients in each process."""
    if not is_written(sentinels):
        return partial(_of_ready, sentinels, master, from_replicas)
    addresses = read_addresses("CACHE_REDIS_SENTINELS", sentinels, SENTINEL_PORT)
    check_master(sentinel_at(addresses, of_data, of_sentinels), master)
    return lambda: clients_of(
        sentinel_at(addresses, of_data, of_sentinels), master, from_replicas, ours=True
    )


def _of_ready(given: Any, master: str, from_replicas: bool) -> Clients:
    given = given() if callable(given) else given
    if isinstance(given, Sentinel):
        return clients_of(given, master, from_replicas, ours=False)
    return ready_clients(given)
