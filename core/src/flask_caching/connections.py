"""How does a connection that only one thread may use survive threads, ``fork()`` and the end?

By being one thread's in one process, and by not being open while the process forks: some
drivers keep state for the whole process (SQLite: which locks it holds), and a child that
inherits an open connection inherits that state, which is wrong there.

::

    self._connections = Connections(lambda: closing(foo.connect(url)))

    with self._connections() as connection:
        ...
"""

from __future__ import annotations

import ctypes
import os
import threading
import weakref
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Generic, TypeVar

from .processes import PerProcess

T = TypeVar("T")

#: Seconds that a fork waits for a connection in use; then the child leaves it alone.
LONGEST_USE = 5.0
#: Closing an inherited connection may be as wrong as using it, and letting go of it closes it.
_keep_for_ever = ctypes.PYFUNCTYPE(None, ctypes.py_object)(("Py_IncRef", ctypes.pythonapi))


class Connections(Generic[T]):
    """Lends each thread the connection that was opened for it.

    :param opening: gives a context manager that opens a connection, at a thread's first use and
        after a fork, and closes it, maybe on another thread.
    """

    def __init__(self, opening: Callable[[], AbstractContextManager[T]]) -> None:
        self._opening = opening
        self._here: PerProcess[_InThisProcess[T]] = PerProcess(_InThisProcess)
        _all.add(self)

    @contextmanager
    def __call__(self) -> Generator[T]:
        """Lend this thread its connection; a fork waits until it is given back."""
        place = self._here().place()
        with place.in_use:
            yield place.filled(self._opening)

    def close(self) -> None:
        """Close what is open; the next use opens another."""
        for place in self._here().places():
            with place.in_use:
                place.empty()

    def hold(self) -> list[_Place[Any]]:
        """Close every connection, and let nobody use one; return what is to be released."""
        held = [each for each in self._here().places() if each.in_use.acquire(timeout=LONGEST_USE)]
        for place in held:
            with suppress(Exception):  # it is not used again, and the fork goes on
                place.empty()
        return held


class _InThisProcess(Generic[T]):
    """The places of the threads of one process."""

    def __init__(self) -> None:
        self._of_this_thread = threading.local()
        self._places: set[_Place[T]] = set()

    def place(self) -> _Place[T]:
        user: _User[T] | None = getattr(self._of_this_thread, "user", None)
        if user is None:
            place = _Place[T]()
            with _forking():
                self._places.add(place)
            user = self._of_this_thread.user = _User(place, self._places)
        return user.place

    def places(self) -> list[_Place[T]]:
        return list(self._places)


class _Place(Generic[T]):
    """What one thread of one process has: a connection, and what closes it."""

    # Bound here, since a module's names are gone when the interpreter ends.
    _getpid = staticmethod(os.getpid)
    _keep_for_ever = staticmethod(_keep_for_ever)

    def __init__(self) -> None:
        self.in_use = threading.RLock()  # a signal handler may fork in the middle of a use
        self._open: tuple[AbstractContextManager[T], T] | None = None
        self._pid = self._getpid()

    def filled(self, opening: Callable[[], AbstractContextManager[T]]) -> T:
        if self._open is None:
            manager = opening()
            self._open = manager, manager.__enter__()
        return self._open[1]

    def empty(self) -> None:
        was_open, self._open = self._open, None
        if was_open is None:
            return
        if self.is_inherited:
            self._keep_for_ever(was_open)
        else:
            was_open[0].__exit__(None, None, None)

    @property
    def is_inherited(self) -> bool:
        """Whether this is a child, which uWSGI has forked in C: no hook ran before that."""
        return self._pid != self._getpid()


class _User(Generic[T]):
    """Notices the end of a thread: Python lets go of what is the thread's own."""

    def __init__(self, place: _Place[T], places: set[_Place[T]]) -> None:
        self.place = place
        self._places = places

    def __del__(self) -> None:
        # No waiting here, where the garbage collector may be at work in the middle of anything:
        # who holds the place of a thread that has ended is closing its connection already.
        place = self.place
        if place.is_inherited:
            place.empty()
        elif place.in_use.acquire(blocking=False):
            place.empty()
            place.in_use.release()
        self._places.discard(place)


_all: weakref.WeakSet[Connections[Any]] = weakref.WeakSet()
#: Held while the process forks, and while a thread gets a place.
_forking = PerProcess(threading.Lock)
#: What must be released after the fork.
_held: list[_Place[Any]] = []


def _before_fork() -> None:
    _forking().acquire()
    _held[:] = [place for connections in list(_all) for place in connections.hold()]


def _after_fork_in_parent() -> None:
    for place in _held:
        place.in_use.release()
    _held.clear()
    _forking().release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent)
