"""Was a decorator given what it takes? All of this is looked at once, where it decorates.

An application with which 2.x starts and answers is only warned: there, too, such an argument
has no effect, or nothing is stored. What is new here, and what fails there, is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Literal, TypeAlias

from flask import Flask

from .backends.base import checked_timeout
from .errors import ConfigError
from .keys.source import namespace_of
from .notices import warn_caller, warn_once
from .typing import Timeout

Decorator: TypeAlias = Literal["cached", "memoize"]


def check_timeout(option: Any) -> None:
    """Refuse a text that is no number of seconds, and warn of anything else that is no time."""
    if option is None or callable(option):
        return
    try:
        seconds = checked_timeout(float(option) if isinstance(option, str) else option)
    except (TypeError, ValueError):
        if isinstance(option, str):
            raise wrong_timeout(option) from None
        warn_caller(f"{wrong_timeout(option)}. Nothing is stored.")
        return
    if seconds < 0:
        warn_caller(
            f"timeout=…: with {option!r} what is stored has expired already, so nothing is cached. "
            "0 means for ever."
        )


def wrong_timeout(option: Any) -> ConfigError:
    """Return the error for a decorator's timeout that is none."""
    return ConfigError(
        "timeout=…",
        "is a number of seconds, a timedelta, or a callable that gives one of them, "
        f"not {option!r}; 0 means for ever, None CACHE_DEFAULT_TIMEOUT",
    )


def stale_seconds(stale: Timeout | None) -> float:
    """Return the seconds for which a stale value is kept; ``0`` for none.

    :raises ConfigError: for what is no such time.
    """
    if stale is None:
        return 0.0
    try:
        seconds = checked_timeout(stale)
    except (TypeError, ValueError):
        seconds = -1
    if seconds <= 0:
        raise ConfigError(
            "stale=…", f"is a number of seconds above 0, a timedelta, or None, not {stale!r}"
        )
    return seconds


def check_jitter(jitter: Any) -> None:
    """Raise `ConfigError` for what is no share of a life."""
    if isinstance(jitter, bool) or not isinstance(jitter, int | float) or not 0 <= jitter < 1:
        raise ConfigError(
            "jitter=…",
            f"is the share of its life by which an entry may expire early, such as 0.1 for a "
            f"tenth, not {jitter!r}",
        )


def check_hash_method(method: Any) -> None:
    """Warn of what makes no hashes."""
    if method is not None and not callable(method):
        warn_caller(f"hash_method=…: is a hash constructor such as hashlib.sha256, not {method!r}.")


def check_key_prefix(prefix: Any) -> None:
    """Warn of what makes no key."""
    if callable(prefix):
        return
    if not isinstance(prefix, str):
        warn_caller(
            f"key_prefix=…: is a text, or a callable that gives the key, not {prefix!r}. "
            "Nothing is stored."
        )
        return
    if "%s" not in prefix:
        return
    try:
        _ = prefix % "/"
    except (TypeError, ValueError) as error:
        warn_caller(
            "key_prefix=…: has one %s, for the request's path, and any other percent sign twice, "
            f"not {prefix!r} ({error}). Nothing is stored."
        )


def header_names(given: Any) -> tuple[str, ...]:
    """Return the names of the headers in `vary_on`, in lower case and in order."""
    named = (given,) if isinstance(given, str) else given
    names = list(named) if isinstance(named, Iterable) else [named]
    if not all(isinstance(name, str) for name in names):
        raise ConfigError(
            "vary_on=…", f"names request headers, as in ['Accept-Language'], not {given!r}"
        )
    return tuple(sorted({name.lower() for name in names}))


def status_codes(given: Any) -> frozenset[int] | None:
    """Return the statuses in `cache_statuses`; ``None`` where none are given."""
    if given is None:
        return None
    if not isinstance(given, Collection) or not all(isinstance(each, int) for each in given):
        raise ConfigError(
            "cached(cache_statuses=…)",
            f"must be a list of statuses such as [200, 404], not {given!r}",
        )
    return frozenset(given)


def parameter_names(given: Any) -> tuple[str, ...]:
    """Return the names in `args_to_ignore`."""
    if not given:
        return ()
    if not isinstance(given, Iterable):
        raise ConfigError(
            "args_to_ignore=…", f"names parameters, as in ['connection'], not {given!r}"
        )
    return (given,) if isinstance(given, str) else tuple(given)


def warn_of_no_effect(**callables: Any) -> None:
    """Warn of each argument that is to be called and can't be."""
    for name, given in callables.items():
        if given and not callable(given):
            warn_caller(
                f"{name}=…: is a callable, as in {name}=lambda: …; {given!r} has no effect."
            )


def served_undecorated(function: Any, decorator: Decorator) -> str:
    """Say that the application serves a function as it was before it was decorated."""
    return (
        f"{namespace_of(function)} is served as it was before it was decorated, so its answers "
        f"are not cached. Put @cache.{decorator}() below @app.route(…), right above the function."
    )


def warn_of_order(app: Flask, function: Any, decorator: Decorator) -> None:
    """Warn where the application serves already what is being decorated."""
    if any(view is function for view in app.view_functions.values()):
        warn_once(("order", namespace_of(function)), served_undecorated(function, decorator))


def no_function(decorator: Decorator, timeout: Any, given: tuple[Any, ...]) -> TypeError:
    """Return the error for a decorator that is given something else than a function.

    :param timeout: what the decorator itself was given first: ``@cache.cached`` without
        parentheses takes the function for that.
    """
    if callable(timeout):
        return TypeError(
            f"{namespace_of(timeout)} was decorated without parentheses. "
            f"Write @cache.{decorator}() above it."
        )
    kinds = ", ".join(type(each).__name__ for each in given) or "nothing"
    return TypeError(
        f"@cache.{decorator}(…) decorates a function, not {kinds}. "
        "It stands below @property and @app.route(…), right above the function."
    )
