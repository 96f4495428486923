"""How does a case let time pass, and when may it say that an entry lived too long or too short?"""

from __future__ import annotations

import time
from collections.abc import Callable

from .harness.clock import Clock
from .harness.waiting import wait_until
from .verdicts import Skip

#: Seconds that a case really waits for, where nobody can set the time. Longer ones are skipped.
LONGEST_WAIT = 5.0
#: Seconds before the end of a life at which an entry is looked at: on a clock that stands still,
#: and where the store's own clock runs on, which leaves that much to a slow host.
EXACT_MARGIN, MARGIN = 0.125, 4.0


class Passing:
    """Lets time pass: on the clock that the backend took, or else by waiting."""

    def __init__(self, clock: Clock, is_taken: Callable[[], bool]) -> None:
        self._clock = clock
        self._is_taken = is_taken

    @property
    def is_exact(self) -> bool:
        """Whether no time passes but what is called for."""
        return self._is_taken()

    def __call__(self, seconds: float) -> None:
        if self.is_exact:
            self._clock.advance(seconds)
        else:
            _wait(seconds)


class Timeline:
    """The time since `start`, and what part of it a backend may see.

    :param advance: lets time pass; seconds.
    :param resolution: seconds for which an entry may outlive its life.
    """

    def __init__(self, advance: Callable[[float], None], resolution: float) -> None:
        self.advance_by = advance
        self.resolution = resolution
        self._overrun = False
        self.start()

    @property
    def is_exact(self) -> bool:
        """Whether no time passes but what is called for."""
        return isinstance(self.advance_by, Passing) and self.advance_by.is_exact

    @property
    def is_waiting(self) -> bool:
        """Whether time can only be waited for."""
        return isinstance(self.advance_by, Passing) and not self.advance_by.is_exact

    @property
    def short(self) -> float:
        """A life, in seconds, that may end within a case."""
        return 2 if self.is_waiting else 16

    def start(self) -> None:
        """Count from here on."""
        self._started = time.monotonic()
        self._called_for = 0.0
        self._must_look_before: float | None = None

    def advance(self, seconds: float) -> None:
        self._note_overrun()
        self._called_for += seconds
        self.advance_by(seconds)

    def nearly(self, life: float) -> None:
        """Go on until shortly before the end of a life that began at the start or later."""
        margin = EXACT_MARGIN if self.is_exact else min(MARGIN, life / 2)
        left = life - margin - self._oldest_age()
        if left > 0:
            self.advance(left)
        self.looks_within(life)

    def looks_within(self, life: float) -> None:
        """Remember that the case now looks at an entry with such a life."""
        if not self.is_exact:
            self._must_look_before = time.monotonic() + life - self._oldest_age()

    def over(self, life: float) -> None:
        """Go on until a life is over that began at the start, or at once after it."""
        left = life + self.resolution - self._called_for
        if left > 0:
            self.advance(left)

    def late_in_a_second(self, clock: Clock) -> None:
        """Go on until a second is nearly over."""
        if self.is_exact:
            self.advance(1.9375 - clock.now % 1)
        else:
            wait_until(lambda: time.time() % 1 > 0.9)
        self.start()

    def check_host_was_quick_enough(self) -> None:
        """Skip the case where a life may have ended before the case could look at the entry."""
        self._note_overrun()
        if self._overrun:
            Skip.INCONCLUSIVE("this machine was too slow to look at an entry in its life")

    def _oldest_age(self) -> float:
        """Return the age, in seconds, that an entry written since the start has at most."""
        if self.is_exact:
            return self._called_for
        since = time.monotonic() - self._started
        return since if self.is_waiting else since + self._called_for

    def _note_overrun(self) -> None:
        limit, self._must_look_before = self._must_look_before, None
        self._overrun = self._overrun or (limit is not None and time.monotonic() > limit)


def _wait(seconds: float) -> None:
    if seconds > LONGEST_WAIT:
        Skip.NOT_JUDGED(
            "this takes too long to wait for. Let the backend's constructor take a `clock`, or "
            "override the fixture `advance`."
        )
    until = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= until)
