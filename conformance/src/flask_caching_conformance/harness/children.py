"""How does a test use processes, by fork and with a new interpreter, and what do they answer?"""

from __future__ import annotations

import ctypes
import mmap
import multiprocessing
import os
import pickle
import select
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

from .waiting import PATIENCE


class Child:
    """A forked process that calls a function; `result` is what that gives.

    :param fork: how it is made.
    :param leave: how it ends.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *args: object,
        fork: Callable[[], int] = os.fork,
        leave: Callable[[int], object] = os._exit,
    ) -> None:
        self._reading, writing = os.pipe()
        with warnings.catch_warnings():
            # Python warns where other threads run; what they hold then is what is tested.
            warnings.filterwarnings("ignore", ".*use of fork", DeprecationWarning)
            self.pid = fork()
        if self.pid == 0:
            _answer_and_exit(writing, function, args, leave)
        os.close(writing)

    def result(self, patience: float = PATIENCE) -> Any:
        """Return what the function gave; an exception comes as its repr.

        :raises AssertionError: where it does not answer, or end; it is killed then.
        """
        try:
            answered, _, _ = select.select([self._reading], [], [], patience)
            if not answered:
                os.kill(self.pid, signal.SIGKILL)
            assert answered, "the child hangs"
            with os.fdopen(self._reading, "rb", closefd=False) as answers:
                return pickle.load(answers)
        finally:
            self.wait()

    def kill(self) -> None:
        """Kill it at once, as ``kill -9`` does."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def wait(self, patience: float = PATIENCE) -> None:
        """Return when it has ended.

        :raises AssertionError: where it does not; it is killed then.
        """
        has_ended = self._has_ended(patience)
        if not has_ended:
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._reading)
        assert has_ended, "the child does not end"

    def _has_ended(self, patience: float) -> bool:
        """Wait until nobody holds the other end of the pipe any more."""
        until = time.monotonic() + patience
        while select.select([self._reading], [], [], max(until - time.monotonic(), 0))[0]:
            if not os.read(self._reading, 65_536):
                return True
        return False


class SharedNumber:
    """A number that a process shares with those that it forks.

    Written at one stroke, since its writer may be killed: `struct` writes zeros first.
    """

    _BYTES = 8

    def __init__(self, value: int = 0) -> None:
        self._number = memoryview(mmap.mmap(-1, self._BYTES)).cast("q")
        self.value = value

    @property
    def value(self) -> int:
        return self._number[0]

    @value.setter
    def value(self, value: int) -> None:
        self._number[0] = value


class Meeting:
    """A point at which forked processes wait for one another, as often as they like."""

    def __init__(self, count: int) -> None:
        self._barrier = multiprocessing.get_context("fork").Barrier(count)

    def wait(self) -> None:
        self._barrier.wait(PATIENCE)


def fork_in_c() -> int:
    """Fork as a program in C does: Python hears nothing of it.

    Only for a process of a single thread, which has Python's lock, and keeps it in the child.
    """
    pid: int = ctypes.PyDLL(None).fork()
    return pid


def exit_as_python_does(code: int) -> None:
    """End as an interpreter does at the end of its program: what wants to be told is told."""
    ctypes.pythonapi.Py_Exit(code)


def in_child(function: Callable[..., Any], *args: object) -> Any:
    """Return what a function gives in a forked process."""
    return Child(function, *args).result()


def in_children(count: int, function: Callable[[int], Any]) -> list[Any]:
    """Return what a function gives in several processes at once, called with their numbers."""
    children = [Child(function, number) for number in range(count)]
    return [child.result() for child in children]


def in_new_interpreter(source: str, *args: object) -> str:
    """Run Python source in an interpreter of its own; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", source, *map(str, args)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _answer_and_exit(
    writing: int,
    function: Callable[..., Any],
    args: tuple[object, ...],
    leave: Callable[[int], object],
) -> None:
    # A second descriptor, of which the system tells the parent when this process has ended.
    os.dup(writing)
    try:
        with os.fdopen(writing, "wb") as answers:
            answers.write(_answer(function, args))
        leave(0)
    finally:
        os._exit(0)  # whatever happens, no second process goes on with the parent's work


def _answer(function: Callable[..., Any], args: tuple[object, ...]) -> bytes:
    try:
        return pickle.dumps(function(*args))
    except BaseException as error:  # noqa: BLE001 (told to the parent)
        return pickle.dumps(repr(error))
