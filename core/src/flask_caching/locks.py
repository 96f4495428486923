"""Who computes, of several processes and machines? Whoever has the lock that lies in the store.

The lock only spares work. Where it is lost, or its holder takes longer than it lives, somebody
else computes as well; no answer depends on it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from secrets import token_hex

from .backends.base import BaseCache

#: Seconds between two looks at another one's lock: doubled each time, up to the second number.
FIRST_PAUSE, LONGEST_PAUSE = 0.002, 0.1
#: The share of its life in which a lock is surely still its holder's, for all that clocks differ.
SURE = 0.9


class SharedLock:
    """A lock on the computation of one key.

    :param life: seconds after which it is anybody's, if its holder is gone.
    """

    def __init__(
        self,
        backend: BaseCache,
        key: str,
        life: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._backend = backend
        self._name = f"lock/{key}"
        self._token = token_hex(8)
        self._life = life
        self._clock = clock
        self._since = 0.0

    def acquire(self) -> bool:
        """Take it, unless somebody else has it; return whether it is ours."""
        self._since = self._clock()
        return self._backend.add(self._name, self._token, self._life)

    def release(self) -> None:
        """Give it back, where it is still ours."""
        # Once it may have expired, it may be another one's, and be so between look and deletion.
        if self._clock() - self._since < SURE * self._life and (
            self._backend.get(self._name) == self._token
        ):
            self._backend.delete(self._name)


def pauses(longest: float, clock: Callable[[], float] = time.monotonic) -> Iterator[float]:
    """Give pauses of random length to wait between looks, until that many seconds are over."""
    until, pause = clock() + longest, FIRST_PAUSE
    while clock() < until:
        yield pause * random.uniform(0.5, 1)  # noqa: S311 (no secret)
        pause = min(2 * pause, LONGEST_PAUSE)
