"""What did the application configure?

`read_settings` merges the configuration, checks it once, and gives a frozen record, so that
nothing below reads ``app.config`` at run time.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Literal

from flask import Config

from .backends.base import checked_timeout
from .compression import Compression, read_compression
from .errors import ConfigError
from .notices import warn_caller
from .serializers import Serializer, read_serializer
from .signing import signing_keys
from .status_header import member
from .typing import HashMethod

#: The defaults of Flask-Caching 2.x. A backend's ``factory`` finds them in its `config`.
DEFAULTS: dict[str, Any] = {
    "CACHE_DEFAULT_TIMEOUT": 300,
    "CACHE_IGNORE_ERRORS": False,
    "CACHE_THRESHOLD": 500,
    "CACHE_KEY_PREFIX": "flask_cache_",
    "CACHE_MEMCACHED_SERVERS": None,
    "CACHE_DIR": None,
    "CACHE_FILE_HASH_METHOD": hashlib.sha256,
    "CACHE_HASH_METHOD": hashlib.sha256,
    "CACHE_OPTIONS": None,
    "CACHE_ARGS": [],
    "CACHE_TYPE": "NullCache",
    "CACHE_NO_NULL_WARNING": False,
    "CACHE_SOURCE_CHECK": False,
    "CACHE_ENABLE_SIGNALS": False,
    "CACHE_SERIALIZER": None,
    "CACHE_COMPRESSION": None,
    "CACHE_SIGNING_KEY": None,
    "CACHE_SIGNING_KEY_FALLBACKS": None,
    "CACHE_SINGLE_FLIGHT_WAIT": 10,
    "CACHE_VIEW_POLICY": "safe",
    "CACHE_FAIL_OPEN": None,
    "CACHE_BREAKER_FAILURES": 5,
    "CACHE_BREAKER_PAUSE": 5,
    "CACHE_STATUS_HEADER": None,
}

#: Keys that backends read; named here only so that a mistyped one is noticed, whether or not
#: the backend is installed.
_OPTIONS_OF = {
    "REDIS_": (
        "HOST PORT DB PASSWORD USERNAME URL CLIENT CLUSTER SENTINELS SENTINEL_MASTER "
        "SENTINEL_PASSWORD SENTINEL_USERNAME SENTINEL_MASTER_PASSWORD KEY_PREFIX"
    ),
    "MEMCACHED_": "SERVERS USERNAME PASSWORD POOL_SIZE POOL_BLOCKING SPREAD",
    "GCS_": "BUCKET KEY_PREFIX PROJECT DELETE_EXPIRED_ON_READ",
    "UWSGI_": "NAME LOCK",
}
BACKEND_KEYS = frozenset(
    f"CACHE_{store}{option}" for store, options in _OPTIONS_OF.items() for option in options.split()
)

#: How alike two keys must be, from 0 to 1 (difflib's ratio of what follows ``CACHE_``), for
#: one to count as a misspelling of the other. Below this, it is a custom backend's own key.
LIKENESS = 0.75

#: What the cache calls itself in the header ``Cache-Status``.
STATUS_NAME = "Flask-Caching"

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Settings:
    """The checked configuration of one `Cache` on one application.

    `config` is the merged configuration as backends see it; the other fields are what the
    core itself reads.
    """

    config: Mapping[str, Any] = field(repr=False)  # it holds passwords, as do the other two
    backend: Any
    default_timeout: float
    options: Mapping[str, Any] = field(repr=False)
    args: tuple[Any, ...] = field(repr=False)
    hash_method: HashMethod
    source_check: bool
    enable_signals: bool
    serializer: Serializer | None
    compression: Compression | None
    #: Seconds that a caller waits for another one's computation of the same key.
    single_flight_wait: float
    #: Whether answers that may be somebody's own are kept from others (`view_policy`).
    safe_views: bool
    #: Whether calls are answered without a store that fails; ``None``: unless the application
    #: debugs; ``"legacy"``: the same, but the proxies of `Cache` raise.
    fail_open: bool | Literal["legacy"] | None
    #: After how many failures in a row a store with a network is left alone; ``0``: never.
    breaker_failures: int
    #: Seconds for which it is.
    breaker_pause: float
    #: By which name responses of cached views tell of the cache; ``None``: they don't.
    status_header: str | None


def read_settings(*layers: Mapping[str, Any] | None) -> Settings:
    """Merge the layers of configuration, the last one wins, and check the result.

    :raises ConfigError: for a value that can't work, naming the key and the repair.
    """
    config = dict(DEFAULTS)
    given: dict[str, Any] = {}
    for layer in layers:
        config.update(layer or {})
        given.update({} if isinstance(layer, Config) else layer or {})
    for key in ("CACHE_TYPE", "CACHE_THRESHOLD"):
        if config[key] is None:  # what os.environ.get gives, and FLASK_CACHE_TYPE=null
            config[key] = DEFAULTS[key]
    warn_about_misspelled(config, given)
    options = _options(config)
    timeout = options.pop("default_timeout", config["CACHE_DEFAULT_TIMEOUT"])
    config["CACHE_DEFAULT_TIMEOUT"] = _seconds("CACHE_DEFAULT_TIMEOUT", timeout)
    config["CACHE_THRESHOLD"] = _count("CACHE_THRESHOLD", config["CACHE_THRESHOLD"])
    config["CACHE_ARGS"] = _arguments(config["CACHE_ARGS"])
    for key in ("CACHE_HASH_METHOD", "CACHE_FILE_HASH_METHOD"):
        config[key] = _hash_method(key, config[key])
    if config["CACHE_SERIALIZER"] is not None:
        config["CACHE_SERIALIZER"] = read_serializer(config["CACHE_SERIALIZER"])
    _check_prefix(config["CACHE_KEY_PREFIX"])
    signing_keys(config)  # refuses what is no key before it is needed
    for key, default in DEFAULTS.items():
        if isinstance(default, bool):
            config[key] = _switch(key, config[key])
    return Settings(
        config=config,
        backend=config["CACHE_TYPE"],
        default_timeout=config["CACHE_DEFAULT_TIMEOUT"],
        options=options,
        args=tuple(config["CACHE_ARGS"]),
        hash_method=config["CACHE_HASH_METHOD"],
        source_check=config["CACHE_SOURCE_CHECK"],
        enable_signals=config["CACHE_ENABLE_SIGNALS"],
        serializer=config["CACHE_SERIALIZER"],
        compression=read_compression(config["CACHE_COMPRESSION"]),
        single_flight_wait=_seconds(
            "CACHE_SINGLE_FLIGHT_WAIT", config["CACHE_SINGLE_FLIGHT_WAIT"], least=0
        ),
        safe_views=is_safe_policy("CACHE_VIEW_POLICY", config["CACHE_VIEW_POLICY"]),
        fail_open=_fail_open("CACHE_FAIL_OPEN", config["CACHE_FAIL_OPEN"]),
        breaker_failures=_count("CACHE_BREAKER_FAILURES", config["CACHE_BREAKER_FAILURES"]),
        breaker_pause=_seconds("CACHE_BREAKER_PAUSE", config["CACHE_BREAKER_PAUSE"], least=0),
        status_header=_status_header("CACHE_STATUS_HEADER", config["CACHE_STATUS_HEADER"]),
    )


def is_safe_policy(key: str, policy: Any) -> bool:
    """Read the name of a view policy."""
    if policy not in ("safe", "legacy"):
        raise ConfigError(key, f"must be 'safe' or 'legacy', not {policy!r}")
    return bool(policy == "safe")


def warn_about_misspelled(config: Mapping[str, Any], given: Mapping[str, Any] = _NOTHING) -> None:
    """Warn about each ``CACHE_…`` key that looks like a known one and isn't.

    :param given: what holds settings of the cache only, so that a known name without ``CACHE_``
        is meant for one.
    """
    known = sorted(DEFAULTS.keys() | BACKEND_KEYS)
    for key in config:
        if not isinstance(key, str) or key in known:
            continue
        if key.upper() in known:
            _warn_about(key, key.upper())
        elif key in given and f"CACHE_{key.upper()}" in known:
            _warn_about(key, f"CACHE_{key.upper()}")
        elif key.startswith("CACHE_"):
            names = [name.removeprefix("CACHE_") for name in known]
            near = difflib.get_close_matches(key.removeprefix("CACHE_"), names, 1, LIKENESS)
            if near:
                _warn_about(key, f"CACHE_{near[0]}")


def _warn_about(key: str, meant: str) -> None:
    warn_caller(f"{key} is not a setting and has no effect. Did you mean {meant}?")


def _options(config: Mapping[str, Any]) -> dict[str, Any]:
    options = config["CACHE_OPTIONS"]
    if not options:
        return {}
    given = type(options).__name__
    if isinstance(options, Mapping):
        wrong = [name for name in options if not isinstance(name, str)]
        if not wrong:
            return dict(options)
        given = f"dict with a key of type {type(wrong[0]).__name__}"
    raise ConfigError(
        "CACHE_OPTIONS", f"must be a dict of the backend's options by name, not {given}"
    )


def _arguments(args: Any) -> list[Any]:
    if not isinstance(args, list | tuple):
        raise ConfigError(
            "CACHE_ARGS",
            f"must be a list of the backend's positional arguments, not {type(args).__name__}",
        )
    return list(args)


def _seconds(key: str, value: Any, least: float | None = None) -> float:
    """Read a number of seconds; configuration from the environment arrives as text."""
    seconds = value
    try:
        if isinstance(value, str):
            seconds = float(value)
            seconds = int(seconds) if seconds.is_integer() else seconds
        if isinstance(seconds, timedelta):
            seconds = seconds.total_seconds()
        seconds = checked_timeout(seconds)
    except (TypeError, ValueError, OverflowError):
        for_ever = "" if least is not None else "; 0 means for ever"
        raise ConfigError(
            key, f"must be a number of seconds or a timedelta, not {value!r}{for_ever}"
        ) from None
    if least is not None and seconds < least:
        raise ConfigError(key, f"must be at least {least} seconds, not {value!r}")
    return seconds


def _count(key: str, value: Any) -> int:
    try:
        count = int(value) if isinstance(value, str) else value
    except ValueError:
        count = None
    if isinstance(count, bool) or not isinstance(count, int) or count < 0:
        raise ConfigError(key, f"must be a whole number, 0 or more, not {value!r}")
    return count


def _switch(key: str, value: Any) -> bool:
    if isinstance(value, str) and value.lower() in _TRUE | _FALSE:
        return value.lower() in _TRUE
    if value is None or isinstance(value, int):
        return bool(value)
    raise ConfigError(key, f"must be True or False, not {value!r}")


def _fail_open(key: str, value: Any) -> bool | Literal["legacy"] | None:
    if value is None or value == "":
        return None
    if value == "legacy":
        return "legacy"
    try:
        return _switch(key, value)
    except ConfigError:
        raise ConfigError(
            key, f"must be True, False, 'legacy' or None (True unless debugging), not {value!r}"
        ) from None


def _status_header(key: str, value: Any) -> str | None:
    if isinstance(value, str) and value.lower() not in _TRUE | _FALSE:
        try:
            member(value, {})
        except ValueError as error:
            raise ConfigError(key, str(error)) from None
        return value
    try:
        return STATUS_NAME if _switch(key, value) else None
    except ConfigError:
        raise ConfigError(
            key, f"must be True, False, or the name of the cache as a text, not {value!r}"
        ) from None


def _hash_method(key: str, value: Any) -> HashMethod:
    if isinstance(value, str) and value in hashlib.algorithms_available:
        return lambda data=b"": hashlib.new(value, data, usedforsecurity=False)
    if not callable(value):
        raise ConfigError(
            key,
            "must be a hash constructor such as hashlib.sha256, or its name as text, "
            f"not {value!r}",
        )
    method: HashMethod = value
    return method


def _check_prefix(value: Any) -> None:
    if not (value is None or isinstance(value, str) or callable(value)):
        raise ConfigError(
            "CACHE_KEY_PREFIX", f"must be a str or a callable that gives one, not {value!r}"
        )
