"""How does a test step threads? They stop at gates, and wait for conditions, never for time."""

from __future__ import annotations

import itertools
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from typing import TypeVar

from .waiting import PATIENCE, wait_until

T = TypeVar("T")


def in_thread(function: Callable[..., T], *args: object) -> Future[T]:
    """Call a function on a thread of its own; what it gives is the future's result."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(function(*args))
        except BaseException as error:  # noqa: BLE001 (raised again by `result`)
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def crowd(count: int, function: Callable[..., T], *args: object) -> list[Future[T]]:
    """Call a function on many threads."""
    return [in_thread(function, *args) for _ in range(count)]


def results(futures: Iterable[Future[T]], patience: float = PATIENCE) -> list[T]:
    """Return what the calls gave, or raise what one of them raised.

    :raises AssertionError: where one does not return.
    """
    futures = list(futures)
    _, missing = wait(futures, patience)
    assert not missing, f"{len(missing)} of {len(futures)} threads hang"
    return [future.result() for future in futures]


def in_threads(count: int, function: Callable[[int], T]) -> list[T]:
    """Return what a function gives on threads that start at once, called with their numbers."""
    gate = Gate()

    def run(number: int) -> T:
        gate.stop()
        return function(number)

    futures = [in_thread(run, number) for number in range(count)]
    gate.await_arrival(count)
    gate.open()
    return results(futures)


def for_a_while(least: int, seconds: float = 0.1) -> Iterator[int]:
    """Count, at least so far and so long: threads that are done at once never meet."""
    until = time.monotonic() + seconds
    for number in itertools.count():
        if number >= least and time.monotonic() >= until:
            return
        yield number


class Gate:
    """A point at which threads stop until the test opens it."""

    def __init__(self) -> None:
        self._arrivals = threading.Semaphore(0)
        self._opened = threading.Event()

    def stop(self) -> None:
        self._arrivals.release()
        assert self._opened.wait(PATIENCE), "the gate was never opened"

    def await_arrival(self, count: int = 1) -> None:
        for _ in range(count):
            assert self._arrivals.acquire(timeout=PATIENCE), "nobody came to the gate"

    def open(self) -> None:
        self._opened.set()

    def close(self) -> None:
        self._opened.clear()


@contextmanager
def fast_switching() -> Generator[None]:
    """Let threads take turns after nearly every instruction."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


@contextmanager
def interrupting(when: Callable[[], object]) -> Generator[None]:
    """Interrupt the main thread, which this is, as Ctrl-C does, as soon as `when` gives something.

    The interrupt ends here. What is done before that is not interrupted.
    """
    is_done = threading.Event()

    def interrupt() -> None:
        wait_until(lambda: is_done.is_set() or when())
        if not is_done.is_set():
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    interrupter = in_thread(interrupt)
    try:
        yield
        is_done.set()
        results([interrupter])
    except KeyboardInterrupt:
        pass
    finally:
        is_done.set()
        results([interrupter])
        signal.signal(signal.SIGINT, handler)
