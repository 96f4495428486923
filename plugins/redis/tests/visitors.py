"""What do visitors of an application see while its cache loses a server?"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from flask import Flask

from flask_caching import Cache, CacheUnavailableError
from flask_caching_conformance.harness.threads import in_thread, results

#: Requests a second; and how many visitors share them, since one may have to wait a second.
RATE, VISITORS = 50, 10
#: Different numbers that they ask for, so that each node of a cluster has some of the keys.
NUMBERS = 20

DOWN = "the cache is down"
#: What each page may say of a number: the right answer, or that there is none.
ANSWERS = {
    "cached": lambda number: {f"cached {number}"},
    "memoized": lambda number: {f"memoized {2 * number}"},
    "write": lambda number: {"stored True", DOWN},
    "read": lambda number: {f"read {number}", "read None", DOWN},
    "count": lambda number: {"counted an int", DOWN},
}


def application(**config):
    """Return an application that uses its cache in every way, and the cache."""
    app = Flask("visited")
    # Direct calls raise, so that the pages tell an outage from a miss.
    cache = Cache(app, config={"CACHE_FAIL_OPEN": "legacy", **config})
    memoized = cache.memoize(1)(lambda number: 2 * number)
    pages = {
        "cached": cache.cached(timeout=1)(lambda number: f"cached {number}"),
        "memoized": lambda number: f"memoized {memoized(number)}",
        "write": lambda number: f"stored {cache.set(f'key {number}', number)}",
        "read": lambda number: f"read {cache.get(f'key {number}')}",
        "count": lambda number: f"counted an {type(cache.inc(f'count {number}')).__name__}",
    }
    for path, page in pages.items():
        app.add_url_rule(f"/{path}/<int:number>", path, page)
    app.register_error_handler(CacheUnavailableError, lambda error: DOWN)
    return app, cache


@dataclass(frozen=True, order=True)
class Visit:
    """One request: when it was answered, in seconds since the start, and how."""

    at: float
    took: float
    path: str
    number: int
    status: int
    text: str

    @property
    def is_right(self):
        return self.status == 200 and self.text in ANSWERS[self.path](self.number)


class Visitors:
    """Visitors who come at a steady rate from now on, until they leave."""

    def __init__(self, app):
        self._app = app
        self._began = time.monotonic()
        self._ended = threading.Event()
        self._visits = []
        self._threads = [in_thread(self._visit, number) for number in range(VISITORS)]

    @property
    def now(self):
        """Seconds since the first came."""
        return time.monotonic() - self._began

    def come_until(self, moment):
        """Let them come until so many seconds after the first came."""
        self._ended.wait(moment - self.now)

    def leave(self):
        """Return all visits, in the order of the answers."""
        self._ended.set()
        results(self._threads)
        return sorted(self._visits)

    def _visit(self, visitor):
        client = self._app.test_client()
        turn = visitor
        while not self._ended.wait(turn / RATE - self.now):
            path = list(ANSWERS)[turn % len(ANSWERS)]
            number = turn // len(ANSWERS) % NUMBERS
            began = self.now
            page = client.get(f"/{path}/{number}")
            visit = Visit(self.now, self.now - began, path, number, page.status_code, page.text)
            self._visits.append(visit)
            turn += VISITORS
