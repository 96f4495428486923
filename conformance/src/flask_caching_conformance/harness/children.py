"""How does a test use processes, by fork and with a new interpreter, and what do they answer?"""

from __future__ import annotations

import os
import pickle
import select
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from typing import Any

from .waiting import PATIENCE


class Child:
    """A forked process that calls a function; `result` is what that gives."""

    def __init__(self, function: Callable[..., Any], *args: object) -> None:
        self._reading, writing = os.pipe()
        with warnings.catch_warnings():
            # Python warns where other threads run; what they hold then is what is tested.
            warnings.filterwarnings("ignore", ".*use of fork", DeprecationWarning)
            self.pid = os.fork()
        if self.pid == 0:
            _answer_and_exit(writing, function, args)
        os.close(writing)

    def result(self, patience: float = PATIENCE) -> Any:
        """Return what the function gave; an exception comes as its repr.

        :raises AssertionError: where it does not answer; it is killed then.
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

    def wait(self) -> None:
        """Return when it has ended."""
        os.waitpid(self.pid, 0)
        os.close(self._reading)


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


def _answer_and_exit(writing: int, function: Callable[..., Any], args: tuple[object, ...]) -> None:
    try:
        with os.fdopen(writing, "wb") as answers:
            answers.write(_answer(function, args))
    finally:
        os._exit(0)  # whatever happens, no second process goes on with the parent's work


def _answer(function: Callable[..., Any], args: tuple[object, ...]) -> bytes:
    try:
        return pickle.dumps(function(*args))
    except BaseException as error:  # noqa: BLE001 (told to the parent)
        return pickle.dumps(repr(error))
