"""What happened, and what goes wrong? Counted, told, and answered without the cache.

The one place that swallows an error of the store.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from .backends.base import BaseCache
from .errors import SerializationError, ValueTooLargeError
from .outages import Outages, log_error
from .overridden import Overridden, is_flow
from .settings import Settings
from .signals import cache_breaker_closed, cache_breaker_opened
from .statistics import NOBODY, Counts
from .typing import T

if TYPE_CHECKING:
    from flask import Flask

logger = logging.getLogger(__package__)

#: What says that a key, a value or a timeout is wrong, and nothing of the store.
MISTAKES = (TypeError, ValueError, LookupError, ArithmeticError)


class Happenings:
    """What one `Cache` on one application counts and tells, and where it fails open.

    :param backend: a backend that keeps entries.
    :param seen: what the flow is to see of it.
    :param observers: told of each event: ``observer(app=, cache=, event=, key=)``.
    """

    def __init__(
        self,
        app: Flask,
        cache: Any,
        backend: BaseCache,
        settings: Settings,
        seen: BaseCache | None = None,
        observers: list[Callable[..., None]] | None = None,
    ) -> None:
        self.app = app
        self.cache = cache
        #: The store itself, for invalidating: that is tried whatever else is known of it.
        self.store = backend
        #: Where `Cache`'s proxies read and write: the same, unless it fails (`outages`).
        self.backend = backend
        #: Where the flow does: the same, unless a subclass of `Cache` overrides a proxy.
        self.seen = backend if seen is None else seen
        self.settings = settings
        self.outages = Outages(backend, settings, self._use, self._breaker_changed)
        self.statistics = Counts()
        self.observers = observers or []
        #: Whether calls of decorated functions tell more than observers of how they went.
        self.is_heard = settings.enable_signals or settings.status_header is not None
        #: Whether nobody is told of what a proxy of `Cache` finds, and none is called by the flow.
        self.only_counts = not self.observers and self.seen is backend

    def hit(self, key: str, counts: Counts = NOBODY) -> None:
        self.statistics.hits += 1
        counts.hits += 1
        if self.observers:
            self.tell("hit", key)

    def asked(self, key: str, found: bool) -> None:
        """Count what a proxy of `Cache` was asked for, unless the flow asks through it."""
        if is_flow():
            return
        if found:
            self.statistics.hits += 1
        else:
            self.statistics.misses += 1
        if self.observers:
            self.tell("hit" if found else "miss", key)

    def gave(self, key: str, stored: bool) -> None:
        """Count what a proxy of `Cache` gave to the store, which took it or did not."""
        if stored:
            self.statistics.stores += 1
        else:
            self.statistics.refusals += 1
        if self.observers:
            self.tell("store" if stored else "refuse", key)

    def gave_many(self, keys: Collection[str], stored: set[str]) -> None:
        """Count what a proxy gave at once."""
        if self.observers:
            for key in keys:
                self.gave(key, key in stored)
            return
        taken = len(stored.intersection(keys))
        self.statistics.stores += taken
        refused = len(keys) - taken
        self.statistics.refusals += refused

    def deleted(self, *keys: str, counts: Counts = NOBODY) -> None:
        number = len(keys)  # beforehand: see `statistics`
        self.statistics.deletes += number
        counts.deletes += number
        for key in keys:
            self.tell("delete", key)

    def invalidated(self, name: str, counts: Counts = NOBODY) -> None:
        """Count that all that depends on a version was outdated; without a name, everything."""
        self.statistics.invalidations += 1
        counts.invalidations += 1
        self.tell("invalidate", name)

    def tell(self, event: str, key: str) -> None:
        for observer in self.observers:
            observer(app=self.app, cache=self.cache, event=event, key=key)

    # -- what goes wrong -------------------------------------------------------------

    @property
    def fails_open(self) -> bool:
        """Whether a call is answered without the cache where that fails."""
        wanted = self.settings.fail_open
        return wanted if isinstance(wanted, bool) else not self.app.debug

    def failed(
        self, error: Exception, key: str, writing: bool = False, counts: Counts = NOBODY
    ) -> None:
        """Swallow an error of the store, so that the application answers without it.

        The one place that does. The log has one line when an outage begins and one when it is
        over. Raised where the application is not to fail open: by default, while it debugs.
        """
        self._count_error(key, counts)
        is_answered = self.fails_open
        if not isinstance(error, MISTAKES):
            self.outages.note(error, writing, is_answered)
        if not is_answered:
            raise error
        if isinstance(error, SerializationError | ValueTooLargeError):  # says all there is to say
            logger.warning("Not cached under %r: %s", key, error)
        elif isinstance(error, MISTAKES):
            log_error(error, f" (under {key!r})")

    def instead(self, error: Exception, key: str, answer: T, writing: bool = False) -> T:
        """Return what a proxy of `Cache` answers where the store fails, or raise its error."""
        if self.settings.fail_open == "legacy":
            self._count_error(key)
            self.outages.note(error, writing, is_answered=False)
            raise error
        self.failed(error, key, writing)
        return answer

    def mistaken(self, error: Exception, key: str, counts: Counts = NOBODY) -> None:
        """Swallow an error of the application's own code, such as a function that makes keys."""
        self._count_error(key, counts)
        if not self.fails_open:
            raise error
        log_error(error, f" (in a key, a tag or a condition of {key})")

    def _count_error(self, key: str, counts: Counts = NOBODY) -> None:
        self.statistics.errors += 1
        counts.errors += 1
        self.tell("error", key)

    def _use(self, backend: BaseCache) -> None:
        """Talk to the store, or to what watches over it while it fails, from here on."""
        if isinstance(self.seen, Overridden):
            self.seen.use(backend)
        else:
            self.seen = backend
        self.backend = backend

    def _breaker_changed(self, event: str) -> None:
        self.tell(event, "")
        if self.settings.enable_signals:
            signal = cache_breaker_opened if event == "open" else cache_breaker_closed
            signal.send(cache=self.cache)
