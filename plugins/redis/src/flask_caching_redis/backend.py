"""The cache on a Redis server: `RedisCache`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from flask_caching.errors import ConfigError
from flask_caching.serializers import Serializer
from flask_caching.typing import Timeout

from .addresses import checked_port, is_written
from .clients import Clients, host_client, place_of, ready_clients, url_client
from .operations import RedisOperations
from .server import Server
from .settings import HOST, PORT, KeyPrefix, RedisSettings, checked_number

if TYPE_CHECKING:
    from flask import Flask
    from redis import Redis


class RedisCache(RedisOperations):
    """Keeps entries in Redis, which all processes and machines share.

    :param host: the server's name or address; or a client, a pool, or a callable that gives
        one of them in each process. Such a client stays the application's own.
    :param port: the server's port.
    :param password: what the server asks for.
    :param db: the number of the database.
    :param default_timeout: seconds that an entry lives where none are given; ``0``: for ever.
    :param key_prefix: keeps applications that share a server apart; a callable is asked at
        each operation.
    :param redis_url: instead of a host: ``redis://…``, ``rediss://…`` (TLS), ``unix://…``.
    :param serializer: an object with ``dumps`` and ``loads``; pickle where none is given.
    :param ignore_delete_many_errors: whether `delete_many` answers with no key instead of
        raising when the server fails.
    :param kwargs: options of ``redis.Redis``. Where they say nothing, a connection and a reply
        are waited for one second each.
    :raises ConfigError: where an option can't work, or the server refuses us.
    """

    def __init__(
        self,
        host: Any = HOST,
        port: int = PORT,
        password: str | None = None,
        db: int = 0,
        default_timeout: Timeout = 300,
        key_prefix: KeyPrefix = None,
        *,
        redis_url: str | None = None,
        serializer: Serializer | None = None,
        ignore_delete_many_errors: bool = False,
        **kwargs: Any,
    ) -> None:
        login = {"db": checked_number("CACHE_REDIS_DB", db), "password": password or None}
        server = Server(_connecting(host, port, redis_url, {**login, **kwargs}))
        super().__init__(
            server,
            place_of(server.writing),
            default_timeout,
            key_prefix=key_prefix,
            serializer=serializer,
            ignore_delete_many_errors=ignore_delete_many_errors,
        )

    @classmethod
    def factory(
        cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> RedisCache:
        return cls(**RedisSettings.of(config).for_server(args, kwargs))


def _connecting(
    host: Any, port: Any, redis_url: Any, options: Mapping[str, Any]
) -> Callable[[], Clients]:
    """Return what makes the clients in each process."""
    if not is_written(host):
        return partial(ready_clients, host)
    if redis_url:
        return lambda: _own(url_client(redis_url, options))
    if not host or not isinstance(host, str) or "://" in host:
        raise ConfigError("CACHE_REDIS_HOST", _no_host(host))
    checked = checked_port("CACHE_REDIS_PORT", port)
    return lambda: _own(host_client(host, checked, options))


def _no_host(host: Any) -> str:
    if isinstance(host, list | tuple) and host:
        return (
            "is a list; CACHE_TYPE 'rediscluster' takes several nodes. Give 'redis' one name, "
            "such as 'localhost'."
        )
    if isinstance(host, str) and "://" in host:
        return (
            "is a URL, and takes only the server's name or address. Give a URL as CACHE_REDIS_URL."
        )
    if host:
        return f"must be the server's name or address, such as 'localhost', not {host!r}"
    return "is not set. Set it to the server's name or address, such as 'localhost'."


def _own(client: Redis) -> Clients:
    return Clients(client, client, owned=(client,))
