"""How does a process die amid its work, at a moment that a test can choose again?"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator

from .children import Child
from .waiting import PATIENCE


def moments(count: int, work: Callable[[], object], seed: int = 0) -> Iterator[float]:
    """Give so many moments, in seconds, that lie within two rounds of some work.

    They are spread over these, and random within their parts, the same ones for a seed.
    """
    chosen = random.Random(seed)
    work()
    started = time.monotonic()
    work()
    took = time.monotonic() - started
    for number in range(count):
        yield 2 * took * (number + chosen.random()) / count


def killed_amid(work: Callable[[], object], moment: float, patience: float = PATIENCE) -> None:
    """Let a child do some work again and again, and die so many seconds after it began.

    :raises AssertionError: where the work raised something, or hangs.
    """
    try:
        answer = Child(work_until_killed, work, moment).result(patience)
    except EOFError:
        return
    raise AssertionError(f"the child did not live to be killed: {answer}")


def work_until_killed(work: Callable[[], object], moment: float) -> None:
    """Do some work again and again, and die so many seconds after the first time."""
    work()
    # Of an alarm that nobody handles the system kills a process wherever it is, as of SIGKILL.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, max(moment, 1e-6))
    while True:
        work()
