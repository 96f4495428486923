"""How is the master found that sentinels watch over, and its replicas?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from redis.exceptions import RedisError, ResponseError
from redis.sentinel import (
    MasterNotFoundError,
    Sentinel,
    SentinelManagedConnection,
    SentinelManagedSSLConnection,
)

from flask_caching.errors import ConfigError

from .addresses import Address
from .clients import (
    PATIENCE,
    Clients,
    abandonable,
    accepted,
    check_ready,
    checked_client,
    completed,
    place_of,
)
from .greeting import refused
from .refusals import CREDENTIALS_REFUSED


def sentinel_at(
    addresses: Sequence[Address], of_data: Mapping[str, Any], of_sentinels: Mapping[str, Any]
) -> Sentinel:
    """Return the driver's view of the sentinels; nothing is connected yet.

    :param of_data: options for the connections to the master and its replicas.
    :param of_sentinels: options for the connections to the sentinels. One time-out is shared
        by all of them, which are asked in turn.
    """
    options = completed(of_data)
    patience = (options["socket_timeout"] or PATIENCE) / len(addresses)
    sentinel: Sentinel = accepted(
        _Sentinel,
        addresses,
        sentinel_kwargs=completed(of_sentinels, patience=patience),
        **options,
    )
    for client in sentinel.sentinels:
        abandonable(client)
    return sentinel


def check_master(sentinel: Sentinel, master: str) -> None:
    """Ask the first sentinel that answers for the master.

    :raises ConfigError: where it does not let us in, or knows no master of that name.
    """
    for client in sentinel.sentinels:
        try:
            known = client.sentinel_masters()
        except CREDENTIALS_REFUSED as error:
            raise refused(error, "A sentinel", "CACHE_REDIS_SENTINEL") from error
        except RedisError as error:
            if isinstance(error, ResponseError) and "unknown command" in str(error):
                raise _no_sentinel(client) from error
            continue
        if master not in known:
            names = ", ".join(map(repr, known)) or "none"
            raise ConfigError(
                "CACHE_REDIS_SENTINEL_MASTER",
                f"{master!r} is no master that the sentinels watch; they know {names}",
            )
        return


def _no_sentinel(client: Any) -> ConfigError:
    return ConfigError(
        "CACHE_REDIS_SENTINELS",
        f"{place_of(client)} is no sentinel; 'redis' is the backend for a single server",
    )


def clients_of(sentinel: Sentinel, master: str, from_replicas: bool, ours: bool) -> Clients:
    """Return clients that find the master, or a replica, whenever they connect.

    :param ours: whether the connections to the sentinels are ours to close.
    """
    driver: Any = sentinel  # its methods have no annotations
    kind = _TLSConnection if sentinel.connection_kwargs.get("ssl") else _Connection
    writing = checked_client(driver.master_for(master, connection_class=kind))
    check_ready(writing)
    reading = writing
    if from_replicas:
        reading = checked_client(driver.slave_for(master, connection_class=kind))
    return Clients(writing, reading, (writing, reading, *(sentinel.sentinels if ours else ())))


class _Sentinel(Sentinel):
    """The sentinels, of which nothing is said but their addresses.

    The driver's error for a master that is not found shows all options of theirs, before
    redis-py 7.4 their password as well.
    """

    def discover_master(self, service_name: str) -> Any:
        with suppress(MasterNotFoundError):
            return super().discover_master(service_name)  # type: ignore[no-untyped-call]
        asked = ", ".join(map(place_of, self.sentinels))
        raise MasterNotFoundError(f"no sentinel names a master {service_name!r}; asked: {asked}")


class _Connection(SentinelManagedConnection):
    """A connection that is closed when reading an answer was broken off.

    The driver's own connections are, but for those that sentinels manage: the next command
    would read the answer to this one.
    """

    def read_response(self, *args: Any, **kwargs: Any) -> Any:
        return super().read_response(*args, **{"disconnect_on_error": True, **kwargs})


class _TLSConnection(_Connection, SentinelManagedSSLConnection):
    """The same, encrypted."""
