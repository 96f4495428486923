"""How do settings become clients of redis-py?"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from flask_caching.errors import ConfigError

from .addresses import Address
from .driver import Client
from .settings import HOST, PORT, no_client

#: Seconds to wait for a connection, and for a reply, where the options say nothing else.
PATIENCE = 1.0
#: Connections of a process to a server, at most: one for each thread or greenlet that waits for
#: an answer. A server takes 10,000 clients by default.
MOST_CONNECTIONS = 1_000

#: What a URL begins with where TLS is used.
TLS_URL = "rediss:"
#: Options for copies in the process, and what is wrong with them.
_NO_COPIES = "a copy in the process would hide what other processes write and delete"
_LOCAL_COPIES = ("cache", "cache_config")
_TIME_OUTS = ("socket_timeout", "socket_connect_timeout")
#: Options that name a file or a folder.
_FILES = ("ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile")


@dataclass(frozen=True, slots=True)
class Clients:
    """What a process talks to a server with.

    :param reading: where reads go; another one than writes only where replicas are to be read.
    :param owned: the clients whose connections are ours to close.
    """

    writing: Client
    reading: Client
    owned: tuple[Client, ...]

    def close(self) -> None:
        for client in self.owned:
            client.connection_pool.disconnect()


def host_client(host: str, port: int, options: Mapping[str, Any]) -> Redis:
    """Return a client of a server at a host, or at the option ``unix_socket_path``."""
    useless = sorted(name for name in options if name.startswith("ssl_"))
    if useless and not options.get("ssl"):
        raise ConfigError(
            "CACHE_OPTIONS",
            f"{useless[0]!r} has no effect without 'ssl': True: nothing is encrypted",
        )
    return checked_client(accepted(Redis, host=host, port=port, **completed(options)))


def url_client(url: Any, options: Mapping[str, Any]) -> Redis:
    """Return a client of a URL; what stands in the URL comes before the options."""
    try:
        _check_database(url)
        client: Redis = accepted(
            Redis.from_url, url, **completed(options, tls=url.startswith(TLS_URL))
        )
    except (ValueError, AttributeError) as error:
        if isinstance(error, ConfigError):
            raise
        raise unreadable_url() from None
    return checked_client(client)


def _check_database(url: str) -> None:
    """Refuse a URL that ends with no number: the driver would take database 0.

    :raises ValueError: for that.
    """
    parts = urlsplit(url)
    if parts.scheme != "unix" and parts.path.strip("/"):
        int(unquote(parts.path).strip("/"))


def unreadable_url() -> ConfigError:
    """Return the error, without the URL and without its cause, which show pieces of a password."""
    return ConfigError(
        "CACHE_REDIS_URL",
        "can't be read. Give redis://user:password@host:6379/0, rediss:// for TLS, or "
        "unix:///path/of/socket; in a password, percent-encode all but letters and digits.",
    )


def ready_clients(given: Any) -> Clients:
    """Return what an application's own client is used through.

    :param given: the client, a pool, or a callable that gives one of them.
    :raises ConfigError: for anything else, and for a client that decodes what it reads.
    """
    given = given() if callable(given) else given
    if isinstance(given, ConnectionPool):
        given = Redis(connection_pool=given)
    if not isinstance(given, Redis):
        raise no_client(given)
    check_ready(given)
    return Clients(given, given, owned=())


def check_ready(client: Any) -> None:
    """Refuse a client that decodes what it reads, or keeps copies."""
    if client.get_encoder().decode_responses:
        raise ConfigError(
            "CACHE_REDIS_CLIENT",
            "has decode_responses=True, and would read text where bytes are cached. Give a "
            "client without it.",
        )
    if callable(getattr(client, "get_cache", None)) and client.get_cache() is not None:
        raise ConfigError("CACHE_REDIS_CLIENT", f"has a cache of its own; {_NO_COPIES}")


def completed(
    options: Mapping[str, Any], *, patience: float = PATIENCE, tls: bool = False
) -> dict[str, Any]:
    """Return a client's options with ours where they say nothing.

    The driver alone would wait 5 seconds, up to eleven times, and begin each connection with
    three more trips: for the newer protocol, which brings nothing here, and to introduce
    itself. What is to be sent again is decided in `server` and `nodes`.

    :param patience: seconds to wait for a connection and for a reply.
    :param tls: whether a URL says that the connection is encrypted; the option ``ssl`` may, too.
    :raises ConfigError: for an option with which a cache can't work.
    """
    if options.get("decode_responses"):
        raise ConfigError(
            "CACHE_OPTIONS", "'decode_responses' can't be used: what is cached is bytes, not text"
        )
    copies = [name for name in _LOCAL_COPIES if options.get(name)]
    if copies:
        raise ConfigError("CACHE_OPTIONS", f"{copies[0]!r} can't be used: {_NO_COPIES}")
    for name in _TIME_OUTS:
        _check_seconds(name, options.get(name))
    return {
        "socket_timeout": patience,
        "socket_connect_timeout": patience,
        "max_connections": MOST_CONNECTIONS,
        "protocol": 2,
        # Where errors are named to repeat after, the driver does, once, as it would by itself.
        "retry": Retry(NoBackoff(), 1 if options.get("retry_on_error") else 0),
        **({} if tls or options.get("ssl") else _SILENT),
        **options,
    }


def _check_seconds(name: str, given: Any) -> None:
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if given is not None and not (is_number and given > 0):
        raise ConfigError(
            "CACHE_OPTIONS", f"{name!r} must be a positive number of seconds, not {given!r}"
        )


#: redis-py introduces itself to the server since 7.2 unless it is told not to in this way. Over TLS
#: it must: with the first answers it reads the tickets that a server sends after the handshake,
#: and it takes a new connection for a broken one where they lie about.
_SILENT = {"driver_info": None} if "driver_info" in inspect.signature(Redis).parameters else {}


def accepted(make: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Call something of the driver's; what it refuses is an error of the settings."""
    try:
        return make(*args, **options)
    except (TypeError, RedisError) as error:
        raise ConfigError("CACHE_OPTIONS", f"redis-py refuses them: {error}") from error


def checked_client(client: Redis) -> Redis:
    """Return a client of ours.

    :raises ConfigError: for what the driver would refuse when it connects for the first time.
    """
    pool = client.connection_pool
    accepted(pool.connection_class, **pool.connection_kwargs)
    for name in _FILES:
        path = pool.connection_kwargs.get(name)
        if path and not Path(path).exists():
            raise ConfigError("CACHE_OPTIONS", f"{name!r} must name a file; there is no {path!r}")
    abandonable(client)
    return client


def abandonable(client: Any) -> Any:
    """Let a client be forgotten without closing its pool; the connections close themselves.

    Closing takes the pool's lock, and a thread may have held that when this process was forked.
    """
    client.auto_close_connection_pool = False
    return client


def place_of(client: Any) -> str:
    """Return what messages call the server of a client, the application's own perhaps."""
    options = client.get_connection_kwargs()
    of_sentinels = getattr(client.connection_pool, "service_name", None)
    if of_sentinels is not None:
        return f"The master {of_sentinels!r} of the sentinels"
    address = Address(options.get("host", HOST), options.get("port", PORT))
    return f"Redis at {options.get('path') or address}"
