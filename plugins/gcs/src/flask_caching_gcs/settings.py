"""Which settings has this backend, and what can't work?"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from flask_caching.backends.base import by_position
from flask_caching.display import displayed
from flask_caching.errors import ConfigError

#: The constructor's parameters that can be given by position, as ``CACHE_ARGS`` does.
POSITIONS = (
    "bucket",
    "key_prefix",
    "default_timeout",
    "delete_expired_objects_on_read",
    "anonymous",
)

#: The client refuses what begins or ends otherwise; the service knows the other rules.
_BUCKET = re.compile(r"[^\W_]([^/]*[^\W_])?")

_SWITCHES = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off", ""), False),
}


@dataclass(frozen=True, slots=True)
class GoogleCloudStorageSettings:
    """What the configuration says; each field is a parameter of `GoogleCloudStorageCache`."""

    bucket: Any
    key_prefix: str | Callable[[], str]
    delete_expired_objects_on_read: Any
    project: Any
    ignore_delete_many_errors: Any

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> GoogleCloudStorageSettings:
        prefix = config.get("CACHE_GCS_KEY_PREFIX")
        return cls(
            bucket=config.get("CACHE_GCS_BUCKET"),
            key_prefix=config["CACHE_KEY_PREFIX"] if prefix is None else prefix,
            delete_expired_objects_on_read=config.get("CACHE_GCS_DELETE_EXPIRED_ON_READ", False),
            project=config.get("CACHE_GCS_PROJECT"),
            ignore_delete_many_errors=config["CACHE_IGNORE_ERRORS"],
        )

    def options(self, args: Sequence[Any], options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the constructor's arguments by name; the given options come first.

        :param args: arguments by position, from the second on: ``CACHE_GCS_BUCKET`` is the first.
        """
        named = {name: getattr(self, name) for name in self.__slots__}
        return {**named, **by_position(POSITIONS[1:], args), **options}


def checked_name(bucket: Any) -> str:
    """Return the name of the bucket.

    :raises ConfigError: where none is given, or something else than a name.
    """
    if bucket is None or bucket == "":
        raise ConfigError(
            "CACHE_GCS_BUCKET",
            "is not set. Set it to the name of the bucket that is to hold the cache; it must "
            "exist already.",
        )
    if not isinstance(bucket, str) or not _BUCKET.fullmatch(bucket):
        raise ConfigError(
            "CACHE_GCS_BUCKET",
            "must be the name of a bucket, without 'gs://' and folders, or a "
            f"google.cloud.storage.Bucket, not {_shown(bucket)}",
        )
    return bucket


def checked_prefix(prefix: Any) -> str | Callable[[], str]:
    """Return the prefix, or the callable that gives one."""
    if prefix is None:
        return ""
    if not isinstance(prefix, str) and not callable(prefix):
        raise ConfigError(
            "CACHE_GCS_KEY_PREFIX",
            f"must be a str or a callable that gives one, not {_shown(prefix)}",
        )
    return cast("str | Callable[[], str]", prefix)


def checked_switch(key: str, value: Any, option: str = "") -> bool:
    """Return whether something is switched on; from the environment it comes as text."""
    if isinstance(value, str) and value.lower() in _SWITCHES:
        return _SWITCHES[value.lower()]
    if value is None or isinstance(value, bool | int):
        return bool(value)
    raise ConfigError(key, f"{option} must be True or False, not {_shown(value)}".lstrip())


def checked_seconds(name: str, value: Any) -> float:
    """Return a number of seconds to wait."""
    try:
        seconds = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise ConfigError(
            "CACHE_OPTIONS", f"{name} must be a number of seconds above 0, not {_shown(value)}"
        )
    return seconds


def checked_count(name: str, value: Any) -> int:
    """Return how many of something there may be."""
    try:
        count = -1 if isinstance(value, bool | float) else int(value)
    except (TypeError, ValueError):
        count = -1
    if count < 0:
        raise ConfigError(
            "CACHE_OPTIONS", f"{name} must be a whole number, 0 or more, not {_shown(value)}"
        )
    return count


def _shown(value: Any) -> str:
    return displayed("", value)
