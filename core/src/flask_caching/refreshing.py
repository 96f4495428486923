"""Who computes a stale value anew, while everybody is answered with it?

One caller for each key, in the background; and after a failure nobody, for a pause.
"""

from __future__ import annotations

import logging
import queue
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

from .notices import warn_once
from .processes import PerProcess

if TYPE_CHECKING:
    from flask import Flask

logger = logging.getLogger(__package__)

#: Seconds without another try after one that failed, and for how many keys that is remembered.
PAUSE = 5.0
REMEMBERED_PAUSES = 1024
#: Threads, and refreshes that may wait for one. Those beyond that are left to a later caller.
THREADS = 4
QUEUE = 256

Refresh = Callable[[], None]


class _Table:
    """What is being refreshed in one process, and what is to be left alone for now."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        #: When each was begun.
        self.begun: dict[Hashable, float] = {}
        self.paused_until: OrderedDict[Hashable, float] = OrderedDict()


class Refreshes:
    """The refreshes of one cache on one application.

    :param longest: seconds after which one that has not ended counts as lost.
    :param clock: gives the time in seconds, monotonic.
    """

    def __init__(self, longest: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.longest = longest
        self._clock = clock
        # A fork drops them: what runs them is not in the child.
        self._table = PerProcess(_Table)

    def begin(self, key: Hashable) -> bool:
        """Return whether the caller is to refresh a key, and to call `end` then."""
        table, now = self._table(), self._clock()
        with table.lock:
            begun = table.begun.get(key)
            if begun is not None and now - begun <= self.longest:
                return False
            if table.paused_until.get(key, 0.0) > now:
                return False
            table.begun[key] = now
            return True

    def end(self, key: Hashable, failed: bool = False) -> None:
        table = self._table()
        with table.lock:
            table.begun.pop(key, None)
            table.paused_until.pop(key, None)
            if failed:
                table.paused_until[key] = self._clock() + PAUSE
                if len(table.paused_until) > REMEMBERED_PAUSES:
                    table.paused_until.popitem(last=False)


class _Pool:
    """A few daemon threads, begun when they are needed."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[Refresh] = queue.Queue(QUEUE)
        self._lock = threading.Lock()
        self._threads = 0
        self._idle = threading.Semaphore(0)

    def run(self, refresh: Refresh) -> bool:
        try:
            self._waiting.put_nowait(refresh)
        except queue.Full:
            return False
        with self._lock:
            if not self._idle.acquire(blocking=False) and self._threads < THREADS:
                self._threads += 1
                threading.Thread(target=self._work, name="flask-caching", daemon=True).start()
        return True

    def _work(self) -> None:
        while True:
            refresh = self._waiting.get()
            try:
                refresh()
            except Exception:
                logger.exception("A refresh failed")
            del refresh
            self._idle.release()


_pool = PerProcess(_Pool)


def in_background_of(app: Flask, refresh: Refresh) -> bool:
    """Run a refresh on a thread, with the application's context.

    Where threads don't run, it is run here and now. ``False`` where too many wait for a thread.
    """

    def run() -> None:
        with app.app_context():
            refresh()

    if threads_run():
        return _pool().run(run)
    warn_once(
        ("refreshes without threads",),
        "Threads don't run in this uWSGI, so a stale value is computed anew before it is given. "
        "Set enable-threads = true.",
    )
    run()
    return True


def threads_run() -> bool:
    """Return whether threads run at all: uWSGI holds the interpreter's lock unless told otherwise.

    See "enable-threads" in uWSGI's documentation.
    """
    options = getattr(sys.modules.get("uwsgi"), "opt", None)
    if options is None:
        return True
    return "enable-threads" in options or "threads" in options
