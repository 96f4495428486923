"""Who visits the application, and is every answer right?

Right is: an answer, with status 200, of the number that was asked for; not computed before an
invalidation that was confirmed earlier; and of a key that only this visitor writes, the value last
confirmed, or one that was not confirmed, since that may have arrived nevertheless, and late.
"""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode

#: Seconds between two visits of one visitor.
PAUSE = 0.02
#: Of every so many visits one changes something.
ROUND = 20
NUMBERS = 30
#: Seconds after which a request counts as not answered.
LONGEST = 30.0


class Visit(NamedTuple):
    """One request and what came of it."""

    #: When it began, and how long it took; seconds.
    at: float
    took: float
    path: str
    #: Whether there was an answer, with status 200.
    is_answered: bool
    #: What was wrong with the answer; empty: nothing.
    mistake: str
    #: Whether the store took a write or an invalidation; ``None`` for other visits.
    was_stored: bool | None
    #: Whether the process that answered leaves the store alone.
    is_left_alone: bool = False


class Visitor:
    """Comes again and again, on a thread of its own."""

    def __init__(self, number: int, port: int, forgotten: list[float]) -> None:
        self.visits: list[Visit] = []
        self._number = number
        self._port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST)
        #: When confirmed invalidations began, of all visitors.
        self._forgotten = forgotten
        self._breaker: str | None = None
        self._confirmed: str | None = None
        self._doubtful: set[str | None] = {None}

    def come(self, leave: threading.Event) -> None:
        """Visit until told to leave."""
        for path in self._paths():
            visit = self._visit(path)
            self.visits.append(visit._replace(is_left_alone=self._breaker == "OPEN"))
            if leave.wait(PAUSE):
                break
        self._connection.close()

    def _paths(self) -> Iterator[str]:
        key = f"of visitor {self._number}"
        for turn in itertools.count(self._number):
            number = turn % NUMBERS
            yield f"/memoized/{number}"
            yield f"/cached/{number}"
            yield f"/fragment/{number}"
            yield "/read?" + urlencode({"key": key})
            if turn % 2:
                yield "/write?" + urlencode({"key": key, "value": f"{key}: {turn}"})
            if turn % ROUND == self._number:
                yield "/forget"

    def _visit(self, path: str) -> Visit:
        last_forgotten = self._forgotten[-1]
        at = time.monotonic()
        try:
            status, body = self._ask(path)
        except OSError as error:
            status, body = 0, repr(error)
        except http.client.HTTPException as error:
            status, body = 0, repr(error)
        took = time.monotonic() - at
        if status != http.client.OK:
            return Visit(at, took, path, False, f"{status}: {body}", None)
        answer = json.loads(body)
        if path.startswith("/forget"):
            if answer["forgotten"]:
                self._forgotten.append(max(at, self._forgotten[-1]))
            return Visit(at, took, path, True, "", answer["forgotten"])
        if path.startswith("/write"):
            self._wrote(path, answer["stored"])
            return Visit(at, took, path, True, "", answer["stored"] is True)
        return Visit(at, took, path, True, self._mistake(path, answer, last_forgotten), None)

    def _ask(self, path: str) -> tuple[int, str]:
        try:
            self._connection.request("GET", path)
            response = self._connection.getresponse()
            self._breaker = response.getheader("Breaker")
            return response.status, response.read().decode()
        except BaseException:
            self._connection.close()
            raise

    def _wrote(self, path: str, stored: Any) -> None:
        value = path.partition("value=")[2].replace("+", " ").replace("%3A", ":")
        if stored is True:
            self._confirmed = value
            self._doubtful.discard(value)
        else:
            self._doubtful.add(value)

    def _mistake(self, path: str, answer: dict[str, Any], last_forgotten: float) -> str:
        if path.startswith("/read"):
            value = answer["value"]
            is_right = value == self._confirmed or value in self._doubtful
            return "" if is_right else f"{value!r} after {self._confirmed!r} was written"
        number, computed_at = answer["answer"]
        if number != int(path.rpartition("/")[2]):
            return f"the answer is of {number}"
        if path.startswith("/memoized") and computed_at < last_forgotten:
            return "the answer was outdated"
        return ""


class Visitors:
    """Several visitors, for as long as the ``with`` statement lasts."""

    def __init__(self, port: int, count: int = 4) -> None:
        forgotten = [0.0]
        self._visitors = [Visitor(number, port, forgotten) for number in range(count)]
        self._leave = threading.Event()
        self._threads = [
            threading.Thread(target=each.come, args=(self._leave,)) for each in self._visitors
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._leave.set()
        for thread in self._threads:
            thread.join()

    @property
    def visits(self) -> list[Visit]:
        """What they saw, in the order of its beginning."""
        return sorted(itertools.chain.from_iterable(list(each.visits) for each in self._visitors))
