"""What happens while the store fails? It is said once, and the store is left alone.

`Outages` notes what fails on the way to the store, and from then on, until the store has answered
for a while, lets each call pass by itself (`Watched`). An application whose store is well never
comes here: until something fails, the flow talks to the backend itself.

Who reads or writes is then answered without the store, as `Happenings.failed` decides; who
invalidates is not told that something happened which did not.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from .backends.base import BaseCache, Capability
from .backends.foreign import as_written
from .breaker import Breaker, Phase, State
from .display import without_passwords
from .errors import CacheUnavailableError
from .processes import PerProcess
from .settings import Settings

logger = logging.getLogger(__package__)

#: What a `Watched` backend watches. Removing is left as it is: it always tries the store.
READS = frozenset({"get", "get_value", "get_many", "get_dict", "has", "life_left"})
WRITES = frozenset({"set", "set_many", "set_computed", "add", "inc", "dec", "touch"})
#: Seconds without a failure after which an answer ends an outage, at least: of several servers
#: one may be down, and then every other call fails.
CALM = 1.0


class StoreLeftAloneError(CacheUnavailableError):
    """The store failed just now, so it was not asked."""


@dataclass(slots=True)
class Outage:
    """From the first failure of the store on, until it is well again."""

    began: float
    #: When it failed last.
    last: float
    #: How many calls were answered without the store.
    calls: int = 0
    #: Whether reading fails (``False``), writing (``True``), or both.
    failing: set[bool] = field(default_factory=set[bool])
    #: The kinds of errors that the log has.
    told: set[type] = field(default_factory=set[type])


class Outages:
    """What became of the store of one `Cache` on one application.

    :param store: the backend.
    :param use: called with what the flow is to talk to from here on.
    :param changed: called with ``"open"`` or ``"close"`` when the breaker does that.
    """

    def __init__(
        self,
        store: BaseCache,
        settings: Settings,
        use: Callable[[BaseCache], None],
        changed: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.store = store
        #: ``None`` where the store has no network, or the application wants none.
        self.breaker: Breaker | None = None
        if settings.breaker_failures and Capability.NETWORK in capabilities_of(store):
            self.breaker = Breaker(settings.breaker_failures, settings.breaker_pause, clock)
        self._calm = max(settings.breaker_pause, CALM)
        self._use = use
        self._changed = changed
        self._clock = clock
        self._lock = PerProcess(threading.Lock)
        self._outage: Outage | None = None
        self._cause = ""
        self._watched = cast("BaseCache", Watched(store, self))

    def note(self, error: Exception, writing: bool, is_answered: bool) -> None:
        """Note that a call failed.

        :param is_answered: whether it is answered nevertheless, so that only the log knows.
        """
        was_asked = not isinstance(error, StoreLeftAloneError)
        with self._lock():
            begins = self._outage is None
            if begins and not was_asked:
                return  # the store came back just now
            now = self._clock()
            outage = self._outage = self._outage or Outage(now, now)
            outage.calls += is_answered
            is_news = is_answered and was_asked and type(error) not in outage.told
            if is_news:
                outage.told.add(type(error))
            if was_asked:
                outage.last = now
                outage.failing.add(writing)
            if begins:
                self._use(self._watched)
        if is_news:
            log_error(error)
        # The failures that follow are counted where they are watched.
        if begins and isinstance(error, CacheUnavailableError) and self.breaker is not None:
            self._failed(self.breaker.admit(), error)

    def call(self, operation: Callable[..., Any], writing: bool, *args: Any, **kwargs: Any) -> Any:
        """Call an operation of the store, if it is not to be left alone.

        :raises StoreLeftAloneError: where it is.
        """
        breaker = self.breaker
        admitted = None if breaker is None else breaker.admit()
        if breaker is not None and admitted is None:
            raise StoreLeftAloneError(
                f"The store failed {breaker.failures} times in a row and is asked again in "
                f"{breaker.remaining:.1f} s. It failed with: {self._cause}"
            )
        try:
            answer = operation(*args, **kwargs)
        except CacheUnavailableError as error:
            self._failed(admitted, error)
            raise
        except BaseException:
            if breaker is not None and admitted is not None:
                breaker.abandoned(admitted)
            raise
        if breaker is not None and admitted is not None and breaker.succeeded(admitted):
            self._changed("close")
        self._end_if_calm(writing)
        return answer

    def _failed(self, admitted: Phase | None, error: CacheUnavailableError) -> None:
        if self.breaker is None or admitted is None:
            return
        self._cause = without_passwords(str(error))
        if self.breaker.failed(admitted):
            self._changed("open")

    def _end_if_calm(self, writing: bool) -> None:
        if self.breaker is not None and self.breaker.state is not State.CLOSED:
            return
        with self._lock():
            outage, now = self._outage, self._clock()
            if outage is None or now - outage.last < self._calm:
                return
            # A store that is full, or read-only, answers whoever reads.
            outage.failing.discard(writing)
            if outage.failing:
                return
            self._outage = None
            self._use(self.store)
        if outage.told:
            logger.warning(
                "The cache is back after %.1f s, in which %d calls were answered without it.",
                now - outage.began,
                outage.calls,
            )


class Watched:
    """A backend while its store fails, or did just now: each call is noted, or refused.

    Anything else is the backend's own.
    """

    def __init__(self, backend: BaseCache, outages: Outages) -> None:
        self._backend = backend
        self._outages = outages

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._backend, name)
        if name in READS or name in WRITES:
            return functools.partial(self._outages.call, found, name in WRITES)
        return found


def capabilities_of(backend: Any) -> frozenset[Capability]:
    """Return what a backend can do, also one that knows only values."""
    capabilities: frozenset[Capability] = getattr(as_written(backend), "capabilities", frozenset())
    return capabilities


def log_error(error: Exception, where: str = "") -> None:
    """Log an error with its traceback; without it where a driver wrote a password into it.

    :param where: what was being done, where that is not the store's affair.
    """
    told = "".join(traceback.format_exception(error))
    shown = without_passwords(told)
    if shown == told:
        logger.error("Answered without the cache: %s%s", error, where, exc_info=error)
    else:
        logger.error("Answered without the cache: %s%s", shown, where)
