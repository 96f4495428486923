"""How does a lock survive ``fork()``?

By not surviving it: a lock that some thread held at the moment of a fork is held for ever in
the child. ``os.register_at_fork`` is no cure, since uWSGI forks its workers in C and never
calls it, so the process is looked at at each use: by a page of memory that Linux empties in a
child (``MADV_WIPEONFORK``, Linux 4.14, madvise(2)), however it was forked. Reading a byte of it
takes a sixth of what asking for the process number does, which is a system call; where there is
no such page, that is asked for.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable
from os import getpid
from typing import Generic, TypeVar

T = TypeVar("T")

#: ``MADV_WIPEONFORK``, which `mmap` has no name for.
_WIPE_ON_FORK = 18
_KNOWN = 1


def _page() -> mmap.mmap | bytes:
    """Return memory that is empty again in a child; where the system has none, it stays empty."""
    try:
        page = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        page.madvise(_WIPE_ON_FORK)
    except (AttributeError, OSError, TypeError, ValueError):
        return b"\0"
    return page


_mark = _page()
_pid = getpid()


def _this_process() -> int:
    """Return the process number, and remember it as long as the page does."""
    global _pid  # noqa: PLW0603 (as the page, it is the process's)
    _pid = getpid()
    if isinstance(_mark, mmap.mmap):
        _mark[0] = _KNOWN  # after the number: another thread believes it from here on
    return _pid


class PerProcess(Generic[T]):
    """Calls `make` once in each process, and gives what it made."""

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made = {getpid(): make()}

    def __call__(self) -> T:
        pid = _pid if _mark[0] else _this_process()
        made = self._made.get(pid)
        return self._make_here(pid) if made is None else made

    def _make_here(self, pid: int) -> T:
        # setdefault is atomic: of several threads that come first, all get the same object.
        made = self._made.setdefault(pid, self._make())
        for ancestor in [other for other in list(self._made) if other != pid]:
            self._made.pop(ancestor, None)
        return made
