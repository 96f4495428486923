"""How are many requests made at once, however many threads ask for it?"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from flask_caching.processes import PerProcess

Item = TypeVar("Item")
Result = TypeVar("Result")


class Crew:
    """Helps whoever has many requests to make, with a bounded number of threads.

    Who asks works too, so nobody waits for helpers that are busy elsewhere. A helper lives for
    one call: a thread starts in a thousandth of a request's time, and none is there to be lost
    in a fork or to be waited for at the end.

    :param size: the number of helpers, for all callers in a process together.
    """

    def __init__(self, size: int) -> None:
        self._free = PerProcess(lambda: threading.Semaphore(size))

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """Return what `function` gives for each item, in their order.

        What `function` raises first is raised again, when what had begun has ended.
        """
        work = _Work(function, items)
        helpers = self._help(work.do, len(items) - 1)
        work.do()
        for helper in helpers:
            helper.join()
        return work.results()

    def _help(self, work: Callable[[], None], wanted: int) -> list[threading.Thread]:
        free = self._free()
        helpers: list[threading.Thread] = []
        while len(helpers) < wanted and free.acquire(blocking=False):
            helper = threading.Thread(target=_released, args=(free, work), daemon=True)
            try:
                helper.start()
            except RuntimeError:  # the system gives no more threads, or the process is ending
                free.release()
                break
            helpers.append(helper)
        return helpers


class _Work(Generic[Item, Result]):
    """What is to be done, by any number of threads."""

    def __init__(self, function: Callable[[Item], Result], items: Sequence[Item]) -> None:
        self._function = function
        self._todo = deque(enumerate(items))
        self._done: dict[int, Result] = {}
        self._error: BaseException | None = None

    def do(self) -> None:
        """Take items and work on them until none is left."""
        try:
            for index, item in self._taken():
                self._done[index] = self._function(item)
        except BaseException as error:  # noqa: BLE001 (raised again by `results`)
            self._todo.clear()
            self._error = self._error or error

    def results(self) -> list[Result]:
        if self._error is not None:
            raise self._error
        return [self._done[index] for index in range(len(self._done))]

    def _taken(self) -> Iterator[tuple[int, Item]]:
        while True:
            try:
                yield self._todo.popleft()
            except IndexError:
                return


def _released(free: threading.Semaphore, work: Callable[[], None]) -> None:
    try:
        work()
    finally:
        free.release()
