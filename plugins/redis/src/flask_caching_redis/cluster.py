"""The cache on a Redis Cluster: `RedisClusterCache`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from redis import RedisCluster
from redis.cluster import REDIS_ALLOWED_KEYS, LoadBalancingStrategy

from flask_caching.errors import ConfigError
from flask_caching.serializers import Serializer
from flask_caching.typing import Timeout

from .addresses import Address, is_written, read_addresses
from .backend import RedisCache
from .clients import TLS_URL, check_ready, completed, unreadable_url
from .nodes import Nodes
from .operations import RedisOperations
from .settings import PORT, KeyPrefix, RedisSettings
from .topology import Make, OwnTopology, ReadyTopology, Topology

if TYPE_CHECKING:
    from flask import Flask


class RedisClusterCache(RedisCache):
    """Keeps entries on the nodes of a cluster.

    :param cluster: addresses of some nodes, as ``"h1:p1,h2:p2"``, or a list of pairs or of
        dicts with ``host`` and ``port``; or a ready ``redis.RedisCluster``, or a callable that
        gives one in each process. Such a client stays the application's own.
    :param password: what the nodes ask for.
    :param default_timeout: seconds that an entry lives where none are given; ``0``: for ever.
    :param key_prefix: keeps applications that share a cluster apart; a callable is asked at
        each operation.
    :param redis_url: of one node, instead of addresses: ``redis://…``, ``rediss://…`` (TLS).
    :param read_from_replicas: whether to read from replicas while there are some. They lag
        behind: what was just written may be a miss there, and what was deleted a hit.
    :param serializer: an object with ``dumps`` and ``loads``; pickle where none is given.
    :param ignore_delete_many_errors: whether `delete_many` answers with no key instead of
        raising when a node fails.
    :param kwargs: options of ``redis.RedisCluster``. Where they say nothing, a connection and a
        reply are waited for one second each.
    :raises ConfigError: where an option can't work, or the cluster refuses us.
    """

    def __init__(
        self,
        cluster: Any = "",
        password: str | None = "",
        default_timeout: Timeout = 300,
        key_prefix: KeyPrefix = "",
        *,
        redis_url: str | None = None,
        read_from_replicas: bool = False,
        serializer: Serializer | None = None,
        ignore_delete_many_errors: bool = False,
        **kwargs: Any,
    ) -> None:
        options = {"password": password or None, **kwargs}
        if read_from_replicas:
            # The driver then makes each connection able to read from a replica.
            options.setdefault("load_balancing_strategy", LoadBalancingStrategy.ROUND_ROBIN)
        make_topology, where = _topology(cluster, redis_url, options)
        RedisOperations.__init__(  # not RedisCache's, which connects to one server
            self,
            Nodes(make_topology, read_from_replicas),
            where,
            default_timeout,
            key_prefix=key_prefix,
            serializer=serializer,
            ignore_delete_many_errors=ignore_delete_many_errors,
        )

    @classmethod
    def factory(
        cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> RedisClusterCache:
        return cls(**RedisSettings.of(config).for_cluster(args, kwargs))


def _topology(
    cluster: Any, redis_url: Any, options: Mapping[str, Any]
) -> tuple[Callable[[], Topology], str]:
    """Return what makes the map of the cluster in each process, and the cluster's name."""
    if not is_written(cluster):
        return partial(_ready, cluster), "The cluster"
    options = _cluster_options(options, tls=str(redis_url).startswith(TLS_URL))
    if redis_url:
        first, make = _at_url(redis_url, options)
    else:
        first = read_addresses("CACHE_REDIS_CLUSTER", cluster, PORT)
        make = partial(_at_address, options=options)
    return partial(OwnTopology, make, first), f"The cluster at {', '.join(map(str, first))}"


def _ready(given: Any) -> ReadyTopology:
    given = given() if callable(given) else given
    if not isinstance(given, RedisCluster):
        raise ConfigError(
            "CACHE_REDIS_CLIENT",
            "must be a cluster's client (redis.RedisCluster) or a callable that gives one, not "
            f"{type(given).__name__}",
        )
    check_ready(given)
    return ReadyTopology(given)


def _cluster_options(options: Mapping[str, Any], tls: bool) -> dict[str, Any]:
    """Return the options of a cluster's client.

    :raises ConfigError: for those that it would silently leave out.
    """
    given = dict(options)
    # An option of older clients, which 2.x set. While some names have no node, the others work.
    given.setdefault("require_full_coverage", not given.pop("skip_full_coverage_check", True))
    known = {*inspect.signature(RedisCluster).parameters, *REDIS_ALLOWED_KEYS}
    for name in given:
        if name not in known:
            raise ConfigError("CACHE_OPTIONS", f"{name!r} is not an option of redis.RedisCluster")
    return completed(given, tls=tls)


def _at_address(address: Address, options: Mapping[str, Any]) -> RedisCluster:
    return RedisCluster(address.host, address.port, **options)


def _at_url(redis_url: Any, options: Mapping[str, Any]) -> tuple[tuple[Address, ...], Make]:
    try:
        parts = urlsplit(str(redis_url))
        first = Address(parts.hostname or "", parts.port or PORT)
    except (ValueError, AttributeError, TypeError):
        raise unreadable_url() from None
    if parts.scheme not in ("redis", "rediss") or not first.host:
        raise unreadable_url()
    login = f"{parts.netloc.rpartition('@')[0]}@"

    def make(address: Address) -> RedisCluster:
        url = parts._replace(netloc=f"{login}{address}").geturl()
        return RedisCluster.from_url(url, **options)

    return (first,), make
