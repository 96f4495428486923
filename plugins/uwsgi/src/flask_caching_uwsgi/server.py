"""Which uWSGI server does this process belong to, and what can it be asked?

The module `uwsgi` is no file: the server makes it in the interpreters that it starts, and
nowhere else. So it is imported when a cache is made, and described here for type checkers.
"""

from __future__ import annotations

import importlib
import math
import platform
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Protocol, cast

from flask_caching.errors import ConfigError

from .names import DEFAULT_KEYSIZE

EXAMPLE = "uwsgi --cache2 name=mycache,items=1000 …"
OTHERWISE = "Where it runs without the server, set CACHE_TYPE to another backend, such as 'simple'."
#: Seconds, some thousand years. What lives longer lives for ever: the server adds the time of day,
#: and begins again at 0 above 64 bits.
LONGEST_LIFE = 1 << 37


class Server(Protocol):
    """The functions of the module `uwsgi` that this package uses.

    Nothing tells a refusal, a missing entry and an unreachable server apart: each is ``None``.
    ``cache_set`` creates only, ``cache_update`` creates or overwrites. ``connect`` gives a file
    descriptor, or a negative number.
    """

    #: The options that the server was started with. Of an option that is given several times
    #: it holds the last one only (uWSGI 2.0.30 under Python 3).
    opt: Mapping[str, Any]

    def cache_get(self, key: str | bytes, cache: str, /) -> bytes | None: ...

    def cache_set(
        self, key: str, value: bytes, expires: int, cache: str, /
    ) -> Literal[True] | None: ...

    def cache_update(
        self, key: str, value: bytes, expires: int, cache: str, /
    ) -> Literal[True] | None: ...

    def cache_del(self, key: str | bytes, cache: str, /) -> Literal[True] | None: ...

    def cache_keys(self, cache: str, /) -> list[bytes]: ...

    def lock(self, number: int, /) -> None: ...

    def unlock(self, number: int, /) -> None: ...

    def i_am_the_spooler(self) -> Literal[True] | None: ...

    def connect(self, address: str, timeout: int, /) -> int: ...

    def close(self, descriptor: int, /) -> None: ...


class OutsideServerError(ConfigError, RuntimeError):
    """There is no uWSGI server around this process; 2.x raises a ``RuntimeError`` then."""


def running_server(implementation: str = platform.python_implementation()) -> Server:
    """Return the server's module.

    :raises ConfigError: under PyPy, and outside the server.
    """
    if implementation == "PyPy":
        raise ConfigError(
            "CACHE_TYPE",
            "'uwsgi' does not work under PyPy, for which uWSGI has no functions for its cache. "
            "Run the application under CPython, or set CACHE_TYPE to another backend.",
        )
    try:
        module = importlib.import_module("uwsgi")
    except ImportError as error:
        raise OutsideServerError(
            "CACHE_TYPE",
            "'uwsgi' works in the processes of a uWSGI server only, and this is none of them. "
            f"Start the application with: {EXAMPLE} {OTHERWISE}",
        ) from error
    if not hasattr(module, "cache_update"):
        where = getattr(module, "__file__", None) or "of another origin"
        raise OutsideServerError(
            "CACHE_TYPE",
            "'uwsgi' works in the processes of a uWSGI server only, and the module uwsgi that is "
            f"imported here ({where}) is not the server's. Start the application with: {EXAMPLE} "
            f"{OTHERWISE}",
        )
    return cast("Server", module)


def check_cache(server: Server, cache: str) -> None:
    """Check that the server has a cache of this name; ``""`` is its first one.

    Asked for another one, uWSGI would store nothing and find nothing, without a word.

    :raises ConfigError: where it has none; names the caches that it shows.
    """
    if _exists(server, cache):
        return
    if not _exists(server, ""):
        raise ConfigError(
            "CACHE_TYPE",
            "'uwsgi' needs a cache in the uWSGI server, and this one was started without any. "
            f"Start it with: {EXAMPLE}",
        )
    shown = ", ".join(repr(each["name"]) for each in definitions(server) if "name" in each)
    raise ConfigError(
        "CACHE_UWSGI_NAME",
        f"{cache!r} is the name of no cache of this uWSGI server. It shows "
        f"{shown or 'none of its names'} (of several cache2 options only the last one). "
        f"Start it with: uwsgi --cache2 name={cache},items=1000 …",
    )


def definitions(server: Server) -> Iterator[dict[str, str]]:
    """Give the options of the caches that the server shows, by name."""
    shown = server.opt.get("cache2", [])
    for definition in shown if isinstance(shown, list) else [shown]:
        if isinstance(definition, bytes):
            pairs = (
                option.partition("=") for option in definition.decode(errors="replace").split(",")
            )
            yield {name.strip(): value for name, _, value in pairs}


def keysize_of(server: Server, cache: str) -> int:
    """Return the bytes that a cache takes for a key, as far as the server tells, or fewer."""
    sizes = [DEFAULT_KEYSIZE]
    for definition in definitions(server):
        given = definition.get("keysize") or definition.get("key_size") or ""
        if given.isdigit() and cache in ("", definition.get("name")):
            sizes.append(int(given))
    return min(sizes)


def number_of_locks(server: Server) -> int:
    """Return how many locks the server has for applications: one, and those of ``--locks``."""
    given = server.opt.get("locks", b"0")
    return 1 + int(given) if isinstance(given, bytes) and given.isdigit() else 1


def whole_seconds(life: float) -> int:
    """Return after how many seconds the server may remove an entry; ``0``: never.

    It counts whole seconds of the wall clock, so one is added to what is rounded up.
    """
    return math.ceil(life) + 1 if 0 < life < LONGEST_LIFE else 0


def _exists(server: Server, cache: str) -> bool:
    try:
        server.cache_keys(cache)
    except ValueError:
        return False
    return True
