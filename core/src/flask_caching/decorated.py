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
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar
from weakref import ReferenceType, WeakKeyDictionary, WeakSet, ref

from .arguments import (
    check_hash_method,
    check_jitter,
    check_timeout,
    stale_seconds,
    warn_of_no_effect,
    wrong_timeout,
)
from .context import running_loop
from .keys.source import namespace_of, takes_arguments
from .keys.tags import EVERYWHERE, Space, dependencies
from .lookup import Call, Lookup
from .notices import warn_once
from .reading import Miss
from .refreshing import in_background_of
from .settings import Settings
from .statistics import NOBODY, Counts, Statistics
from .typing import HashMethod, Tags, Timeout, TimeoutOption
from .view_policy import SessionWatch, note_session_read


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
    tags: Tags = None
    jitter: float = 0.0
    stale: Timeout | None = None
    lock: bool = False
    #: The namespace that the keys lie in.
    space: Space = EVERYWHERE

    def __post_init__(self) -> None:
        check_jitter(self.jitter)
        stale_seconds(self.stale)
        check_timeout(self.timeout)
        check_hash_method(self.hash_method)
        warn_of_no_effect(
            unless=self.unless,
            forced_update=self.forced_update,
            is_stale=self.is_stale,
            response_filter=self.response_filter,
        )

    def hashing(self, settings: Settings) -> tuple[HashMethod, bool]:
        """Return how keys are hashed, and whether the function's source belongs in them."""
        check = settings.source_check if self.source_check is None else self.source_check
        return self.hash_method or settings.hash_method, check


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
    #: Why the function is called, in the words of RFC 9211, and what more there is to say.
    fwd: str = "bypass"
    detail: str = ""


#: The call is made as if there were no cache.
BYPASS = Pending()
_MISSED = ("miss", "")


class BypassError(Exception):
    """A call has no key, and passes by the cache."""

    def __init__(self, pending: Pending = BYPASS) -> None:
        super().__init__()
        self.pending = pending


#: What makes the keys of a decorated function under an application's settings.
KeysT = TypeVar("KeysT")


class Decorated(Generic[KeysT]):
    """A function under a decorator.

    :param find_lookup: gives the flow of the application that is active.
    """

    #: Whether the key tells visitors apart by itself, whatever is in the session.
    is_personal: bool = False
    #: The exceptions that are an answer like any other; stored as values, and raised again.
    answers: ClassVar[tuple[type[Exception], ...]] = ()
    #: Whether a call's announcement is for the caller too, and not only for who listens.
    is_indicated: bool = False

    @property
    def attempt(self) -> type[Attempt]:
        """What a call that missed becomes."""
        return Attempt

    def __init__(
        self, find_lookup: Callable[[], Lookup], function: Callable[..., Any], options: Options
    ) -> None:
        self.function = function
        self.options = options
        self._find_lookup = find_lookup
        self._unless = _condition(options.unless)
        self._forced_update = _condition(options.forced_update)
        self.is_stale = _condition(options.is_stale, own=1)
        self._is_async = inspect.iscoroutinefunction(function)
        self.stale = stale_seconds(options.stale)
        depends = dependencies(options.space, options.tags, function, stale=self.stale > 0)
        #: What entries depend on besides the function; ``None`` where that is nothing.
        self.depends = depends or None
        #: Whether stored values are made from what is in the session; ``None`` until one was
        #: computed in this process.
        self.reads_session: bool | None = None
        #: By flow, weakly: a function may serve many applications, and outlive them.
        self._counts: WeakKeyDictionary[Lookup, Counts] = WeakKeyDictionary()
        self._last_counts = NOBODY
        # By settings, weakly on both sides: neither may keep the other from being freed.
        self._keys: WeakKeyDictionary[Settings, KeysT] = WeakKeyDictionary()
        self._last_keys: tuple[ReferenceType[Settings], KeysT] | None = None
        self.wrapper = self._wrapped()
        _all.add(self)

    # -- for the subclasses ----------------------------------------------------------

    def keys(
        self, lookup: Lookup, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[str, ...]:
        """Return the names of the versions that the call depends on and, last, its key.

        :raises BypassError: for a call that has none.
        """
        raise NotImplementedError

    def new_keys(self, settings: Settings) -> KeysT:
        """Make what gives the function's keys under an application's settings."""
        raise NotImplementedError

    def storable(self, value: Any) -> bool:
        """Return whether the application wants a computed value to be stored."""
        response_filter = self.options.response_filter
        return response_filter is None or bool(response_filter(self.shown(value)))

    def shown(self, value: Any) -> Any:
        """Return what the application is shown of a computed value, when it is asked about it."""
        return value

    def timeout(self, value: Any) -> Timeout | None:
        """Return how long a computed value lives; ``None`` for the backend's default."""
        return resolved_timeout(self.wrapper.cache_timeout, value)

    def shares(self, error: Exception) -> bool:
        """Return whether callers that waited may have a copy of what was raised."""
        return False

    def announce(
        self, lookup: Lookup, hit: bool, key: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Tell whoever listens whether the call was a hit."""

    def missed(self, lookup: Lookup, pending: Pending) -> Pending:
        """Return what becomes of a call that missed."""
        return pending

    def bypassed(self, lookup: Lookup, pending: Pending) -> None:
        """Tell the application that a call passes by the cache."""

    def computed(self, result: Any) -> Any:
        """Return what is to be stored of what the function returned."""
        return join_generator(result) if inspect.isgenerator(result) else result

    def given(self, value: Any) -> Any:
        """Give the caller a stored or computed value."""
        if isinstance(value, self.answers):
            raise value
        return value

    def keys_of(self, lookup: Lookup) -> KeysT:
        """Return the function's keys as the application's settings make them."""
        settings, last = lookup.settings, self._last_keys
        if last is not None and last[0]() is settings:
            return last[1]
        keys = self._keys.get(settings)
        if keys is None:
            keys = self._keys[settings] = self.new_keys(settings)
        self._last_keys = (ref(settings), keys)
        return keys

    # -- what happened ---------------------------------------------------------------

    def stats(self) -> Statistics:
        """Return what happened to calls of this function, on the active application."""
        return self.counts(self._find_lookup()).read()

    def counts(self, lookup: Lookup) -> Counts:
        """Return what is counted of this function on an application."""
        counts = self._last_counts
        if counts.total is lookup.statistics:
            return counts
        counts = self._counts.setdefault(lookup, Counts(total=lookup.statistics))
        self._last_counts = counts
        return counts

    # -- to be explained -------------------------------------------------------------

    @property
    def lookup(self) -> Lookup:
        """The flow of the active application."""
        return self._find_lookup()

    def is_bypassed(self, kwargs: dict[str, Any]) -> bool:
        """Return whether a call passes by the cache, as the application says."""
        return self._unless is not None and self._unless((), kwargs, self.function)

    def is_forced(self, kwargs: dict[str, Any]) -> bool:
        """Return whether a call is computed whatever lies in the store."""
        return self._forced_update is not None and self._forced_update((), kwargs)

    def placed_keys(self, lookup: Lookup, kwargs: dict[str, Any]) -> tuple[str, ...]:
        """Return all that a call depends on and, last, its key, as they lie in the store."""
        keys = self.keys(lookup, (), kwargs)
        return keys if self.depends is None else self.depends.keys(keys, (), kwargs)

    # -- a call ----------------------------------------------------------------------

    def refresh(self, *args: Any, **kwargs: Any) -> Any:
        """Compute a call anew, store what it gives, and return it; of a coroutine, as calling."""
        lookup = self._find_lookup()
        if self._is_async and running_loop() is not None:
            return self._call_async(lookup, args, kwargs, forced=True)
        found = self._look(lookup, args, kwargs, forced=True)
        return self._answered(lookup, found, args, kwargs)

    async def _call_async(
        self, lookup: Lookup, args: tuple[Any, ...], kwargs: dict[str, Any], forced: bool = False
    ) -> Any:
        found = self._look(lookup, args, kwargs, forced)
        if type(found) is Pending:
            if found.miss is None:
                if not forced:
                    self.bypassed(lookup, found)
                return await self.wrapper.uncached(*args, **kwargs)
            attempt = self.attempt(self, lookup, found, args, kwargs)
            found = await lookup.answer_async(attempt.call(attempt.compute_async), found.miss)
        return self.given(found)

    def _answered(
        self, lookup: Lookup, found: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Do what the decorated function does with what `_look` found, which spares a frame."""
        if type(found) is Pending:
            if found.miss is None:
                return self.runnable(lookup)(*args, **kwargs)
            attempt = self.attempt(self, lookup, found, args, kwargs)
            found = lookup.answer(attempt.call(attempt.compute), found.miss)
        return self.given(found)

    def _look(  # noqa: C901 (in one piece: a call more would cost a hit 2 %)
        self, lookup: Lookup, args: tuple[Any, ...], kwargs: dict[str, Any], forced: bool = False
    ) -> Any:
        """Return the stored value, or a `Pending` where the function has to be called."""
        if self._unless is not None and self._unless(args, kwargs, self.function):
            return Pending(detail="unless")
        why = _MISSED
        try:
            keys = self.keys(lookup, args, kwargs)
            if self.depends is not None:
                keys = self.depends.keys(keys, args, kwargs)
            if self._forced_update is not None and self._forced_update(args, kwargs):
                forced, why = True, ("request", "forced_update")
            landings = 0 if self.is_stale is None else lookup.flights.landings
            counts = self._last_counts
            if counts.total is not lookup.statistics:
                counts = self.counts(lookup)
            found = Miss(0) if forced else lookup.read(keys, self.options.cache_none, counts)
            if (
                self.is_stale is not None
                and type(found) is not Miss
                and self.is_stale(args, kwargs, found)
            ):
                found = lookup.miss(keys[-1], landings, counts=counts)
                why = "stale", "is_stale"
        except BypassError as bypass:
            return bypass.pending
        except Exception as error:  # noqa: BLE001 (the application's own key functions)
            lookup.mistaken(error, namespace_of(self.function), self.counts(lookup))
            return Pending(detail="error in a key function")
        if type(found) is Miss:
            return self.missed(lookup, Pending(found, keys, forced, *why))
        # As `Happenings.hit` does, which a hit is spared.
        counts.hits += 1
        lookup.statistics.hits += 1
        if lookup.observers:
            lookup.tell("hit", keys[-1])
        if self.reads_session is not False:
            self.note_session_read()
        if lookup.is_heard or self.is_indicated:
            self.announce(lookup, True, keys[-1], args, kwargs)
        return found

    def note_session_read(self) -> None:
        """Tell the view around this call that what it takes was made from the session."""
        note_session_read(is_personal=self.is_personal)

    def runnable(self, lookup: Lookup) -> Callable[..., Any]:
        """Return the function itself, a coroutine function through Flask's ``ensure_sync``."""
        function: Callable[..., Any] = self.wrapper.uncached
        return lookup.app.ensure_sync(function) if self._is_async else function

    def _wrapped(self) -> Any:
        """Make the plain function that the application holds; as such, it binds as a method."""

        # A memoized function may call itself, so a call takes as few frames as it can.
        @functools.wraps(self.function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            lookup = self._find_lookup()
            if self._is_async and running_loop() is not None:
                return self._call_async(lookup, args, kwargs)
            found = self._look(lookup, args, kwargs)
            if type(found) is Pending:
                if found.miss is None:
                    self.bypassed(lookup, found)
                    return self.runnable(lookup)(*args, **kwargs)
                attempt = self.attempt(self, lookup, found, args, kwargs)
                found = lookup.answer(attempt.call(attempt.compute), found.miss)
            if isinstance(found, self.answers):  # as `given` does
                raise found
            return found

        attributes: Any = wrapper
        attributes.uncached = self.function
        attributes.cache_timeout = self.options.timeout
        attributes.refresh = self.refresh
        attributes.stats = self.stats
        attributes.decorated = self
        return attributes


#: Every function under a decorator, for `flask cache doctor`.
_all: WeakSet[Decorated[Any]] = WeakSet()


def all_decorated() -> list[Decorated[Any]]:
    """Return every function that is under a decorator in this process."""
    return list(_all)


class Attempt:
    """One call that missed: what the flow asks about it."""

    def __init__(
        self,
        decorated: Decorated[Any],
        lookup: Lookup,
        pending: Pending,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        self.decorated = decorated
        self.lookup = lookup
        self.pending = pending
        self.args = args
        self.kwargs = kwargs
        # Under the legacy policy too: a view under the safe one may be around it.
        self.watch = SessionWatch()

    def call(self, compute: Callable[[], Any]) -> Call:
        """Return the call as the flow takes it, to be computed by `compute`."""
        depends = self.decorated.depends
        return Call(
            keys=self.pending.keys,
            compute=compute,
            timeout=self.decorated.timeout,
            storable=self.storable,
            fresh=self.fresh,
            keeps_none=self.decorated.options.cache_none,
            shares=self.decorated.shares,
            jitter=self.decorated.options.jitter,
            stale=self.decorated.stale,
            later=self.later if self.decorated.stale and self.may_be_stale else None,
            compute_later=self.compute_later,
            lock=self.decorated.options.lock,
            forced=self.pending.forced,
            announce=self.announce,
            counts=self.decorated.counts(self.lookup),
            result_names=None if depends is None or depends.of_result is None else self.names,
        )

    def compute(self) -> Any:
        function = self.decorated.runnable(self.lookup)
        with self.watch:
            try:
                return self.decorated.computed(function(*self.args, **self.kwargs))
            except self.decorated.answers as error:
                return error

    async def compute_async(self) -> Any:
        function = self.decorated.wrapper.uncached
        with self.watch:
            try:
                return self.decorated.computed(await function(*self.args, **self.kwargs))
            except self.decorated.answers as error:
                return error

    def storable(self, value: Any) -> bool:
        self.decorated.reads_session = bool(self.decorated.reads_session) or self.watch.read
        return self.decorated.storable(value)

    @property
    def may_be_stale(self) -> bool:
        """Whether this call may be answered with a stale value."""
        return True

    def later(self, refresh: Callable[[], None]) -> bool:
        """Run a refresh while the caller goes on; return whether it will be."""
        return in_background_of(self.lookup.app, refresh)

    def compute_later(self) -> Any:
        """Compute in a refresh, on a thread without a loop."""
        return self.compute()

    def names(self, value: Any) -> tuple[str, ...]:
        """Return the names of the versions that a computed value depends on besides."""
        depends = self.decorated.depends
        if depends is None:
            return ()
        return depends.result_names(self.decorated.shown(value), self.args, self.kwargs)

    def fresh(self, value: Any) -> bool:
        is_stale = self.decorated.is_stale
        return is_stale is None or not is_stale(self.args, self.kwargs, value)

    def announce(self, hit: bool) -> None:
        # Of a miss, the watch over the computation tells what it reads of the session.
        if self.decorated.is_personal or (hit and self.decorated.reads_session is not False):
            self.decorated.note_session_read()
        key = self.pending.keys[-1]
        self.decorated.announce(self.lookup, hit, key, self.args, self.kwargs)


def placed(function: Any, key: str) -> str:
    """Return where the key that a decorated function's ``make_cache_key`` gives lies."""
    decorated: Decorated[Any] | None = getattr(function, "decorated", None)
    return key if decorated is None or decorated.depends is None else decorated.depends.prefix + key


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
        try:
            seconds = float(option) if "." in option else int(option)
        except ValueError:
            raise wrong_timeout(option) from None
        warn_once(
            ("timeout", option),
            "A timeout is a number of seconds: a decorator's text %r counts as %s. Write %s.",
            option,
            seconds,
            seconds,
        )
        return seconds
    return option


def join_generator(chunks: Any) -> Any:
    """Join what a generator yields, where it is all text or all bytes; a list otherwise."""
    parts = list(chunks)
    if all(isinstance(part, str) for part in parts):
        return "".join(parts)
    if all(isinstance(part, bytes) for part in parts):
        return b"".join(parts)
    return parts
