"""How does a lock survive ``fork()``?

By not surviving it: a lock that some thread held at the moment of a fork is held for ever in
the child. ``os.register_at_fork`` is no cure, since uWSGI forks its workers in C and never
calls it, so the process number is compared at each use.
"""

from __future__ import annotations

from collections.abc import Callable
from os import getpid
from typing import Generic, TypeVar

T = TypeVar("T")


class PerProcess(Generic[T]):
    """Calls `make` once in each process, and gives what it made."""

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made = {getpid(): make()}

    def __call__(self) -> T:
        pid = getpid()
        made = self._made.get(pid)
        return self._make_here(pid) if made is None else made

    def _make_here(self, pid: int) -> T:
        # setdefault is atomic: of several threads that come first, all get the same object.
        made = self._made.setdefault(pid, self._make())
        for ancestor in [other for other in list(self._made) if other != pid]:
            self._made.pop(ancestor, None)
        return made
