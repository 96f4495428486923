"""When is a store that fails left alone, and when is it asked again? A circuit breaker.

Closed, it lets everybody through and counts failures in a row. Open, it lets nobody through until
its pause is over; then one caller, the probe, whose outcome closes it or opens it anew.

The state is one immutable object in one attribute: it is read without a lock, and changed under
one. What a caller reports counts only in the phase that let it through, so late news of a store
that was down does not open the breaker once more, and late good news does not close it.
"""

from __future__ import annotations

import enum
import threading
import time
from collections.abc import Callable
from os import getpid
from typing import NamedTuple

from .processes import PerProcess


class State(enum.Enum):
    """What a breaker does with whoever wants to ask the store."""

    CLOSED = "closed"
    OPEN = "open"
    PROBING = "open, and one caller asks whether the store is back"


class Phase(NamedTuple):
    """A state, and what it depends on."""

    state: State
    #: Grows with each change of the state.
    number: int = 0
    #: Closed: how many failures there were in a row.
    failures: int = 0
    #: Open: until when, by the breaker's clock.
    until: float = 0.0
    #: Probing: the process of the probe. One that forked meanwhile has no such thread.
    process: int = 0


class Breaker:
    """Tells whether to ask a store, by how asking it went.

    :param failures: how many in a row open it; at least 1.
    :param pause: seconds that it is open before somebody may probe.
    :param clock: gives seconds that only grow.
    """

    def __init__(
        self, failures: int, pause: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.failures = failures
        self.pause = pause
        self._clock = clock
        self._lock = PerProcess(threading.Lock)
        self._phase = Phase(State.CLOSED)

    @property
    def state(self) -> State:
        return self._phase.state

    @property
    def remaining(self) -> float:
        """Seconds until somebody may probe; 0 where that is now, or where it is not open."""
        phase = self._phase
        return max(phase.until - self._clock(), 0.0) if phase.state is State.OPEN else 0.0

    def admit(self) -> Phase | None:
        """Return what to report the outcome with, or ``None``: the store is to be left alone."""
        phase = self._phase
        if phase.state is State.CLOSED:
            return phase
        if not self._may_probe(phase):
            return None
        with self._lock():
            if self._phase is not phase:  # somebody else probes
                return None
            self._phase = Phase(State.PROBING, phase.number + 1, process=getpid())
            return self._phase

    def succeeded(self, admitted: Phase) -> bool:
        """Note that the store answered; ``True`` where this closed the breaker."""
        phase = self._phase
        if phase.number != admitted.number or (phase.state is State.CLOSED and not phase.failures):
            return False  # nearly always
        with self._lock():
            if self._phase.number != admitted.number:
                return False
            is_probe = self._phase.state is State.PROBING
            self._phase = Phase(State.CLOSED, admitted.number + is_probe)
            return is_probe

    def failed(self, admitted: Phase) -> bool:
        """Note that the store failed; ``True`` where this opened the closed breaker."""
        with self._lock():
            phase = self._phase
            if phase.number != admitted.number:
                return False
            was_closed = phase.state is State.CLOSED
            failures = phase.failures + 1
            if was_closed and failures < self.failures:
                self._phase = phase._replace(failures=failures)
                return False
            until = self._clock() + self.pause
            self._phase = Phase(State.OPEN, phase.number + 1, until=until)
            return was_closed

    def abandoned(self, admitted: Phase) -> None:
        """Note that the call ended in a way that tells nothing of the store."""
        with self._lock():
            if self._phase.state is State.PROBING and self._phase.number == admitted.number:
                self._phase = Phase(State.OPEN, admitted.number + 1, until=self._clock())

    def _may_probe(self, phase: Phase) -> bool:
        if phase.state is State.PROBING:
            return phase.process != getpid()
        return self._clock() >= phase.until
