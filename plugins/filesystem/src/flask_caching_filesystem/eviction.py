"""Which entry must go when there are too many?

One that has expired, or else the one that was written least recently; reading leaves no trace.
Folders are looked through only when nothing is known of them any more, which is once for as
many evictions as they held entries. While there are few entries all folders are looked at,
and the choice is exact but for what other processes wrote since; above `EXACT_UP_TO` only the
fullest folder is.
"""

from __future__ import annotations

import heapq
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from flask_caching.processes import PerProcess

from .entry_file import Glance
from .ledger import FOLDERS

#: The number of entries up to which all folders are looked at.
EXACT_UP_TO = 1_000
#: How many may be removed, at most, by one write: a lowered threshold is reached in steps.
MOST_AT_ONCE = 100
#: How many more entries are counted than there may be, before more than one folder is too many.
_SLACK = MOST_AT_ONCE
_EVERYWHERE = -1


class Candidate(NamedTuple):
    """A file as it was found or written."""

    folder: int
    path: str
    glance: Glance


class Shelf(Protocol):
    """What eviction needs of the place where the entries lie."""

    def counts(self) -> tuple[int, ...]: ...

    def survey(self, folder: int) -> Iterable[Candidate]:
        """Count a folder's entries anew, and return them."""
        ...

    def drop(self, candidate: Candidate) -> bool:
        """Remove an entry unless it has changed meanwhile."""
        ...


class Eviction:
    """Keeps a shelf within its threshold."""

    def __init__(self, threshold: int, clock: Callable[[], float]) -> None:
        self._threshold = threshold
        self._clock = clock
        self._turn = PerProcess(threading.Lock)
        #: What is known of each folder, or of all together.
        self._queues: dict[int, _Queue] = {}

    def note(self, folder: int, path: str, glance: Glance) -> None:
        """Learn of an entry that was written; what nobody knows of yet is found when needed."""
        if self._queues and glance.deadline:
            with self._turn():
                for where in (folder, _EVERYWHERE):
                    queue = self._queues.get(where)
                    if queue is not None and not queue.note(Candidate(folder, path, glance)):
                        del self._queues[where]

    def make_room(self, shelf: Shelf) -> None:
        """Remove entries until there are no more than the threshold."""
        if sum(shelf.counts()) <= self._threshold:
            return
        with self._turn():
            for _ in range(MOST_AT_ONCE):
                counts = shelf.counts()
                if sum(counts) <= self._threshold:
                    return
                where = _EVERYWHERE
                if sum(counts) > EXACT_UP_TO + _SLACK:
                    where = counts.index(max(counts))
                if not self._evict_one(shelf, where):
                    self._queues[where] = _surveyed(shelf, where)

    def forget(self) -> None:
        """Forget what is known of the folders: they were emptied."""
        with self._turn():
            self._queues.clear()

    def _evict_one(self, shelf: Shelf, where: int) -> bool:
        queue = self._queues.get(where)
        while queue is not None and (candidate := queue.next(self._clock())) is not None:
            if shelf.drop(candidate):
                return True
        return False


class _Queue:
    """The entries that some folders held, in the order in which they are to go."""

    def __init__(self, found: Iterable[Candidate]) -> None:
        ordered = sorted(found, key=lambda each: each.glance.written)
        self._oldest = deque(ordered)
        self._deadlines = [
            (each.glance.deadline, each.glance.written, each)
            for each in ordered
            if each.glance.deadline
        ]
        heapq.heapify(self._deadlines)
        self._most = 2 * len(ordered) + FOLDERS

    def note(self, candidate: Candidate) -> bool:
        """Add an entry that may expire; ``False`` where this has become too long to keep."""
        heapq.heappush(
            self._deadlines, (candidate.glance.deadline, candidate.glance.written, candidate)
        )
        return len(self._deadlines) <= self._most

    def next(self, now: float) -> Candidate | None:
        if self._deadlines and self._deadlines[0][0] <= now:
            return heapq.heappop(self._deadlines)[2]
        return self._oldest.popleft() if self._oldest else None


def _surveyed(shelf: Shelf, where: int) -> _Queue:
    folders = range(FOLDERS) if where == _EVERYWHERE else (where,)
    return _Queue(each for folder in folders for each in shelf.survey(folder))
