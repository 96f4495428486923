"""Which settings has this backend, and what can't work?"""

from __future__ import annotations

import functools
import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_caching.backends.base import by_position
from flask_caching.errors import ConfigError

#: The constructor's parameters that can be given by position, as ``CACHE_ARGS`` does.
POSITIONS = ("cache_dir", "threshold", "default_timeout", "mode", "hash_method", "ignore_errors")

#: Permissions: the owner reads and writes; everybody does everything.
_OWNER, _ALL = 0o600, 0o777
_DIGITS = re.compile("[0-9a-f]{2,200}")


@dataclass(frozen=True, slots=True)
class FileSystemSettings:
    """What the configuration says; each field is a parameter of `FileSystemCache`."""

    cache_dir: Any
    threshold: Any
    hash_method: Any
    ignore_errors: Any
    key_prefix: str | Callable[[], str]

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> FileSystemSettings:
        return cls(
            cache_dir=config["CACHE_DIR"],
            threshold=config["CACHE_THRESHOLD"],
            hash_method=config["CACHE_FILE_HASH_METHOD"],
            ignore_errors=config["CACHE_IGNORE_ERRORS"],
            key_prefix=config["CACHE_KEY_PREFIX"],
        )

    def options(self, args: Sequence[Any], options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the constructor's arguments by name; the given options come first.

        :param args: arguments by position, from the second on: ``CACHE_DIR`` is the first.
        """
        named = {name: getattr(self, name) for name in self.__slots__}
        return {**named, **by_position(POSITIONS[1:], args), **options}


def checked_folder(cache_dir: Any) -> str:
    """Return the absolute path of the folder.

    :raises ConfigError: where none is given, or something else than a path.
    """
    if cache_dir is None or cache_dir == "":
        raise ConfigError(
            "CACHE_DIR",
            "is not set. Set it to the folder in which the cache is to keep its files, for "
            "example '/var/cache/myapp'; it is created where it is missing.",
        )
    if not isinstance(cache_dir, str | os.PathLike) or "\0" in os.fsdecode(cache_dir):
        raise ConfigError("CACHE_DIR", f"must be the path of a folder, not {cache_dir!r}")
    return os.path.abspath(os.fsdecode(cache_dir))


def checked_threshold(threshold: Any) -> int:
    """Return the number of entries to keep, ``0`` for no limit."""
    if isinstance(threshold, bool) or not isinstance(threshold, int) or threshold < 0:
        raise ConfigError(
            "CACHE_THRESHOLD",
            f"must be a number of entries, 0 or more (0 means no limit), not {threshold!r}",
        )
    return threshold


def checked_mode(mode: Any) -> int:
    """Return the permissions of files."""
    if type(mode) is not int or mode & _OWNER != _OWNER or mode & ~_ALL:
        shown = oct(mode) if type(mode) is int else repr(mode)
        raise ConfigError(
            "CACHE_OPTIONS",
            f"mode must let the owner read and write, as 0o600 does, not {shown}",
        )
    return mode


def checked_hash(hash_method: Any) -> Callable[[bytes], Any]:
    """Return a hash constructor that works here.

    A system under FIPS refuses md5, unless it hears that no security depends on it.
    """
    for options in ({}, {"usedforsecurity": False}):
        try:
            method = functools.partial(hash_method, **options) if options else hash_method
            digits = method(b"").hexdigest()
        except (ValueError, TypeError, AttributeError):
            continue
        if isinstance(digits, str) and _DIGITS.fullmatch(digits):
            checked: Callable[[bytes], Any] = method
            return checked
    raise ConfigError(
        "CACHE_FILE_HASH_METHOD",
        f"must be a hash constructor that works here, such as {hashlib.sha256!r}, "
        f"not {hash_method!r}",
    )
