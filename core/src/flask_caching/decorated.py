"""What do `cached` and `memoize` have in common?

A `Decorated` is a function under one of the two decorators, on whichever application it is
called. It looks its call up and, after a miss, hands it to the flow. The subclasses say what
the keys are and what may be stored.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from .context import running_loop
from .keys.source import takes_arguments
from .lookup import Call, Lookup, Miss
from .notices import warn_once
from .typing import HashMethod, Timeout, TimeoutOption


@dataclass(frozen=True, slots=True)
class Options:
    """The parameters that `Cache.cached` and `Cache.memoize` share."""

    timeout: TimeoutOption = None
    unless: Callable[..., Any] | None = None
    forced_update: Callable[..., Any] | None = None
    is_stale: Callable[..., Any] | None = None
    response_filter: Callable[..., Any] | None = None
    hash_method: HashMethod | None = None
    cache_none: bool = False
    source_check: bool | None = None


class Condition:
    """A question to the application, answered by exactly ``True``.

    It is given the call's arguments where it takes more than `own` of them.
    """

    __slots__ = ("_ask", "_own", "_wants")

    def __init__(self, ask: Callable[..., Any], own: int = 0) -> None:
        self._ask = ask
        self._own = own
        self._wants: bool | None = None

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any], *own: Any) -> bool:
        # Looked at when first asked, not when decorating: the callable may not be ready then.
        if self._wants is None:
            self._wants = takes_arguments(self._ask, more_than=self._own)
        if self._wants:
            return self._ask(*own, *args, **kwargs) is True
        return self._ask(*own[: self._own]) is True


def _condition(ask: Any, own: int = 0) -> Condition | None:
    return Condition(ask, own) if callable(ask) else None


class Pending(NamedTuple):
    """A call that was not answered from the store. Without a miss, the cache is bypassed."""

    miss: Miss | None = None
    keys: tuple[str, ...] = ()
    forced: bool = False


_BYPASS = Pending()


class WrongCallError(Exception):
    """The function does not take these arguments; its own error says so best."""


class Decorated:
    """A function under a decorator.

    :param find_lookup: gives the flow of the application that is active.
    """

    def __init__(
        self, find_lookup: Callable[[], Lookup], function: Callable[..., Any], options: Options
    ) -> None:
        self.function = function
        self.options = options
        self._find_lookup = find_lookup
        self._unless = _condition(options.unless)
        self._forced_update = _condition(options.forced_update)
        self._is_stale = _condition(options.is_stale, own=1)
        self._is_async = inspect.iscoroutinefunction(function)
        self.wrapper = self._wrapped()

    # -- for the subclasses ----------------------------------------------------------

    def keys(
        self, lookup: Lookup, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[str, ...]:
        """Return the names of the versions that the call depends on and, last, its key."""
        raise NotImplementedError

    def storable(self, value: Any) -> bool:
        """Return whether the application wants a computed value to be stored."""
        response_filter = self.options.response_filter
        return response_filter is None or bool(response_filter(value))

    def timeout(self, value: Any) -> Timeout | None:
        """Return how long a computed value lives; ``None`` for the backend's default."""
        return resolved_timeout(self.wrapper.cache_timeout, value)

    def shares(self, error: Exception) -> bool:
        """Return whether callers that waited may have a copy of what was raised."""
        return False

    def announce(
        self, lookup: Lookup, hit: bool, key: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Tell the application whether the call was a hit."""

    def computed(self, result: Any) -> Any:
        """Return what is to be stored of what the function returned."""
        return join_generator(result) if inspect.isgenerator(result) else result

    def given(self, value: Any) -> Any:
        """Return what the caller gets of a stored or computed value."""
        return value

    # -- a call ----------------------------------------------------------------------

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        lookup = self._find_lookup()
        if self._is_async and running_loop() is not None:
            return self._call_async(lookup, args, kwargs)
        found = self._look(lookup, args, kwargs)
        if type(found) is Pending:
            if found.miss is None:
                return self._run(lookup, args, kwargs)
            compute = functools.partial(self._compute, lookup, args, kwargs)
            found = lookup.answer(self._call(lookup, found, args, kwargs, compute), found.miss)
        return self.given(found)

    async def _call_async(
        self, lookup: Lookup, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        found = self._look(lookup, args, kwargs)
        if type(found) is Pending:
            if found.miss is None:
                return await self.wrapper.uncached(*args, **kwargs)
            compute = functools.partial(self._compute_async, args, kwargs)
            call = self._call(lookup, found, args, kwargs, compute)
            found = await lookup.answer_async(call, found.miss)
        return self.given(found)

    def _look(self, lookup: Lookup, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the stored value, or a `Pending` where the function has to be called."""
        if self._unless is not None and self._unless(args, kwargs, self.function):
            return _BYPASS
        try:
            keys = self.keys(lookup, args, kwargs)
            forced = self._forced_update is not None and self._forced_update(args, kwargs)
            found = Miss(0) if forced else lookup.read(keys, self.options.cache_none)
            if (
                self._is_stale is not None
                and type(found) is not Miss
                and self._is_stale(args, kwargs, found)
            ):
                found = Miss(lookup.flights.landings)
        except WrongCallError:
            return _BYPASS
        except Exception as error:  # noqa: BLE001 (the application's own key functions)
            lookup.failed(error, self.function.__qualname__)
            return _BYPASS
        if type(found) is Miss:
            return Pending(found, keys, forced)
        lookup.hit(keys[-1])
        self.announce(lookup, True, keys[-1], args, kwargs)
        return found

    def _call(
        self,
        lookup: Lookup,
        pending: Pending,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        compute: Callable[[], Any],
    ) -> Call:
        def fresh(value: Any) -> bool:
            return self._is_stale is None or not self._is_stale(args, kwargs, value)

        def announce(hit: bool) -> None:
            self.announce(lookup, hit, pending.keys[-1], args, kwargs)

        return Call(
            keys=pending.keys,
            compute=compute,
            timeout=self.timeout,
            storable=self.storable,
            fresh=fresh,
            keeps_none=self.options.cache_none,
            shares=self.shares,
            forced=pending.forced,
            announce=announce,
        )

    def _compute(self, lookup: Lookup, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self.computed(self._run(lookup, args, kwargs))

    async def _compute_async(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self.computed(await self.wrapper.uncached(*args, **kwargs))

    def _run(self, lookup: Lookup, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the function itself, a coroutine function through Flask's ``ensure_sync``."""
        function = self.wrapper.uncached
        if self._is_async:
            function = lookup.app.ensure_sync(function)
        return function(*args, **kwargs)

    def _wrapped(self) -> Any:
        """Make the plain function that the application holds; as such, it binds as a method."""

        @functools.wraps(self.function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return self(args, kwargs)

        attributes: Any = wrapper
        attributes.uncached = self.function
        attributes.cache_timeout = self.options.timeout
        return attributes


def resolved_timeout(option: TimeoutOption, value: Any = None) -> Timeout | None:
    """Return a decorator's timeout in seconds; ``None`` for the backend's default.

    :param option: a number, a ``timedelta``, a number as text, or a callable that gives one;
        it is given the computed value where it takes an argument.
    """
    if callable(option):
        option = option(value) if takes_arguments(option) else option()
    if isinstance(option, timedelta):
        seconds = option.total_seconds()
        return int(seconds) if seconds.is_integer() else seconds
    if isinstance(option, str):
        warn_once(("timeout", option), "A timeout is a number of seconds, not the text %r.", option)
        return float(option) if "." in option else int(option)
    return option


def join_generator(chunks: Any) -> Any:
    """Join what a generator yields, where it is all text or all bytes; a list otherwise."""
    parts = list(chunks)
    if all(isinstance(part, str) for part in parts):
        return "".join(parts)
    if all(isinstance(part, bytes) for part in parts):
        return b"".join(parts)
    return parts
