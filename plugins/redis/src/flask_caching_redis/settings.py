"""Which settings have these backends, and what can't work?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from flask_caching.backends.base import by_position
from flask_caching.errors import ConfigError
from flask_caching.typing import MISSING

from .addresses import is_written, read_addresses

HOST = "localhost"
PORT, SENTINEL_PORT = 6379, 26379
#: The sentinel that is asked where none is named, as in 2.x.
SENTINELS = (("127.0.0.1", SENTINEL_PORT),)

#: The constructors' parameters that can be given by position, as ``CACHE_ARGS`` does.
SERVER_POSITIONS = ("host", "port", "password", "db", "default_timeout", "key_prefix")
CLUSTER_POSITIONS = ("cluster", "password", "default_timeout", "key_prefix")
SENTINEL_POSITIONS = ("sentinels", "master", "password", "db", "default_timeout", "key_prefix")

KeyPrefix: TypeAlias = str | Callable[[], str] | None


@dataclass(frozen=True, slots=True, repr=False)
class RedisSettings:
    """What the configuration says, for each of the three backends."""

    host: Any
    port: Any
    db: Any
    username: str | None
    password: str | None
    redis_url: str | None
    client: Any
    cluster: Any
    sentinels: Any
    master: str
    master_password: str | None
    sentinel_username: str | None
    sentinel_password: str | None
    key_prefix: KeyPrefix
    ignore_delete_many_errors: bool

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> RedisSettings:
        def given(name: str, default: Any = None) -> Any:
            value = config.get(f"CACHE_REDIS_{name}")
            return default if value is None or value == "" else value

        return cls(
            host=config.get("CACHE_REDIS_HOST", MISSING),
            port=given("PORT", PORT),
            db=given("DB", 0),
            username=given("USERNAME"),
            password=given("PASSWORD"),
            redis_url=given("URL"),
            client=_checked_client(given("CLIENT")),
            cluster=given("CLUSTER"),
            sentinels=given("SENTINELS", SENTINELS),
            master=given("SENTINEL_MASTER", "mymaster"),
            master_password=given("SENTINEL_MASTER_PASSWORD"),
            sentinel_username=given("SENTINEL_USERNAME"),
            sentinel_password=given("SENTINEL_PASSWORD"),
            key_prefix=_checked_prefix(given("KEY_PREFIX", config["CACHE_KEY_PREFIX"])),
            ignore_delete_many_errors=config["CACHE_IGNORE_ERRORS"],
        )

    def for_server(self, args: Sequence[Any], options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of `RedisCache` by name; the given options come first."""
        host = HOST if self.host is MISSING else self.host
        own = {
            "host": host if self.client is None else self.client,
            "port": self.port,
            "db": self.db,
            "redis_url": self.redis_url,
        }
        return {**self._common(), **own, **by_position(SERVER_POSITIONS, args), **options}

    def for_cluster(self, args: Sequence[Any], options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of `RedisClusterCache` by name; the given options come first."""
        if checked_number("CACHE_REDIS_DB", self.db):
            raise ConfigError("CACHE_REDIS_DB", "must be 0: a cluster has no other database")
        own = {"cluster": self._nodes(), "redis_url": self.redis_url}
        return {**self._common(), **own, **by_position(CLUSTER_POSITIONS, args), **options}

    def for_sentinels(self, args: Sequence[Any], options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of `RedisSentinelCache` by name; the given options come first."""
        own = {
            "sentinels": self.sentinels if self.client is None else self.client,
            "master": self.master,
            "db": self.db,
            **_present(
                sentinel_username=self.sentinel_username, sentinel_password=self.sentinel_password
            ),
        }
        if self.master_password is not None:
            own["password"] = self.master_password
        return {**self._common(), **own, **by_position(SENTINEL_POSITIONS, args), **options}

    def _common(self) -> dict[str, Any]:
        return {
            "password": self.password,
            "key_prefix": self.key_prefix,
            "ignore_delete_many_errors": self.ignore_delete_many_errors,
            **_present(username=self.username),
        }

    def _nodes(self) -> Any:
        """Return the addresses of a cluster, or what is to be used instead of them."""
        if self.client is not None:
            return self.client
        if self.cluster is not None:
            return _addresses("CACHE_REDIS_CLUSTER", self.cluster, self.port)
        if self.host is MISSING or self.host is None:
            return ""
        return _addresses("CACHE_REDIS_HOST", self.host, self.port)


def checked_number(key: str, number: Any) -> int:
    """Return a whole number, 0 or more; configuration from the environment arrives as text."""
    try:
        checked = int(number) if isinstance(number, str) else number
    except ValueError:
        checked = None
    if type(checked) is not int or checked < 0:
        raise ConfigError(key, f"must be a whole number, 0 or more, not {number!r}")
    return checked


def no_client(given: Any) -> ConfigError:
    """Return the error for what is no client, and gives none."""
    return ConfigError(
        "CACHE_REDIS_CLIENT",
        "must be a client (redis.Redis), a pool (redis.ConnectionPool) or a callable that gives "
        f"one, not {type(given).__name__}",
    )


def _checked_client(given: Any) -> Any:
    if given is not None and is_written(given):
        raise no_client(given)
    return given


def _checked_prefix(given: Any) -> KeyPrefix:
    if not (given is None or isinstance(given, str) or callable(given)):
        raise ConfigError(
            "CACHE_REDIS_KEY_PREFIX",
            f"must be a str or a callable that gives one, not {given!r}",
        )
    return cast("KeyPrefix", given)


def _addresses(key: str, given: Any, port: Any) -> Any:
    if not is_written(given):
        return given  # a client, or what gives one
    return read_addresses(key, given, checked_number("CACHE_REDIS_PORT", port))


def _present(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}
