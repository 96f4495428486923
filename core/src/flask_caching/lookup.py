"""How is a call answered? The one flow behind every decorator, the template tag and more.

read -> fresh? return it -> single flight -> compute -> store -> fail open.

`Reading.read` is the hit: one trip. Everything after a miss is one generator, `Lookup.steps`,
which asks its driver to compute or to wait; `Lookup.answer` drives it for synchronous calls
and `Lookup.answer_async` on an event loop.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Hashable
from dataclasses import dataclass, replace
from random import random
from typing import Any, TypeAlias

from .backends.base import Capability, checked_timeout
from .backends.foreign import as_written
from .context import running_loop
from .flights import Decision, Flight, Outcome, copied
from .keys.tags import EPOCH, FRESH
from .locks import SharedLock, pauses
from .outages import capabilities_of
from .payload import Entry
from .reading import Miss, Reading
from .refreshing import Refreshes
from .statistics import NOBODY, Counts
from .typing import MISSING, Timeout

logger = logging.getLogger(__package__)

#: How often a caller joins flights for one call before it computes without regard to others.
MOST_FLIGHTS = 3


class Failure:
    """What a computation raised."""

    __slots__ = ("error",)

    def __init__(self, error: BaseException) -> None:
        self.error: BaseException | None = error


@dataclass(slots=True)
class Call:
    """What the flow has to know of one call that missed."""

    #: The names of the versions and, last, the key of the value.
    keys: tuple[str, ...]
    compute: Callable[[], Any]
    timeout: Callable[[Any], Timeout | None]
    storable: Callable[[Any], bool] = lambda value: True
    #: Whether a value found in the store, after having waited, answers the call.
    fresh: Callable[[Any], bool] = lambda value: True
    #: Whether a stored ``None`` is an answer.
    keeps_none: bool = True
    #: Whether callers that wait may be given a copy of what the computation raised.
    shares: Callable[[Exception], bool] = lambda error: False
    #: Seconds for which a value is kept when its life is over.
    stale: float = 0.0
    #: Has a stale value computed anew while it is given to everybody: takes what is to be run,
    #: and returns whether it will be.
    later: Callable[[Callable[[], None]], bool] | None = None
    #: Computes it then, on a thread without a loop.
    compute_later: Callable[[], Any] | None = None
    #: Whether only one process that shares the store computes.
    lock: bool = False
    #: How the computation ended, where it is this call's own.
    outcome: Outcome | None = None
    #: For how long what was stored is fresh (seconds, ``0`` for ever), where it was.
    fresh_for: float | None = None
    #: By how much of it a life is shortened at most, at random.
    jitter: float = 0.0
    #: Compute whatever lies in the store.
    forced: bool = False
    #: Gives the names of versions that the value depends on too, where ``EPOCH`` is the first key.
    result_names: Callable[[Any], tuple[str, ...]] | None = None
    #: Told once: ``False`` before computing, ``True`` where another caller's flight brought it.
    announce: Callable[[bool], None] = lambda hit: None
    #: Whether a caller waits for the answer, which is what makes it a miss.
    is_asked: bool = True
    #: What the decorated function counts.
    counts: Counts = NOBODY


#: Yields ``None`` to have the call computed, a flight to wait for, or seconds to pause.
Steps: TypeAlias = Generator[Flight | float | None, Any, Any]


class Lookup(Reading):
    """The flow of one `Cache` on one application.

    Its parameters are those of `Happenings`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        longest_wait = self.settings.single_flight_wait
        self.refreshes = Refreshes(longest_wait)
        #: Whether template fragments are made from what is in the session, by name, as far as
        #: they were rendered in this process.
        self.fragments_read_session: dict[str, bool] = {}
        self._is_shared = Capability.SHARED in capabilities_of(self.store) and longest_wait > 0

    def answer(self, call: Call, miss: Miss) -> Any:
        """Answer a synchronous call that missed."""
        if miss.stale is not MISSING and call.later is not None and not call.forced:
            return self._answer_stale(call, miss, call.later)
        steps = self.steps(call, miss)
        sent: Any = None
        result: Any = None
        while True:
            try:
                wanted = steps.send(sent)
            except StopIteration as done:
                result = done.value
                break
            if isinstance(wanted, Flight):
                sent = self.flights.wait(wanted)
                continue
            if wanted is not None:
                time.sleep(wanted)
                continue
            began = time.perf_counter()
            try:
                sent = call.compute()
            except BaseException as error:  # noqa: BLE001 (handed on, and raised by _given)
                sent = Failure(error)
            self._count_seconds(call, time.perf_counter() - began)
        return _given(result)

    async def answer_async(self, call: Call, miss: Miss) -> Any:
        """Answer a call of a coroutine function on a running loop."""
        if miss.stale is not MISSING and call.later is not None and not call.forced:
            return self._answer_stale(call, miss, call.later)
        steps = self.steps(call, miss, on_loop=True)
        sent: Any = None
        result: Any = None
        while True:
            try:
                wanted = steps.send(sent)
            except StopIteration as done:
                result = done.value
                break
            if isinstance(wanted, Flight):
                sent = await self.flights.wait_async(wanted)
                continue
            if wanted is not None:
                await pause(wanted)
                continue
            began = time.perf_counter()
            try:
                sent = await call.compute()
            except BaseException as error:  # noqa: BLE001 (handed on, and raised by _given)
                sent = Failure(error)
            self._count_seconds(call, time.perf_counter() - began)
        return _given(result)

    def _answer_stale(
        self, call: Call, miss: Miss, later: Callable[[Callable[[], None]], bool]
    ) -> Any:
        """Answer with a stale value at once, and have it computed anew by one caller."""
        key = self.flight_key(call.keys[-1])
        if self.refreshes.begin(key) and not later(lambda: self._refresh(call, key)):
            self.refreshes.end(key)
        self.statistics.stale += 1
        call.counts.stale += 1
        self.tell("stale", call.keys[-1])
        call.announce(True)
        return miss.stale

    def _refresh(self, call: Call, key: Hashable) -> None:
        """Compute a stale value anew, unless somebody else has done it meanwhile."""
        again = replace(
            call,
            compute=call.compute_later or call.compute,
            is_asked=False,
            announce=lambda hit: None,
            later=None,
            outcome=None,
            lock=False,
        )
        failed, lock = True, None
        try:
            if call.lock and self._is_shared:
                lock = SharedLock(self.backend, call.keys[-1], self.flights.longest_wait)
                if not lock.acquire():  # another process is at it
                    failed, lock = False, None
                    return
            found = self.read(call.keys, call.keeps_none, call.counts)
            if type(found) is Miss:
                self.answer(again, found)
            failed = again.outcome in (Outcome.REFUSED, Outcome.FAILED)
        except Exception as error:
            told = "A stale value is still given under %r, since computing it anew failed: %r"
            logger.warning(told, call.keys[-1], error, exc_info=error)
        finally:
            self._release(lock, call)
            self.refreshes.end(key, failed)

    def steps(self, call: Call, miss: Miss, on_loop: bool = False) -> Steps:
        """Answer a call that missed, in steps.

        :param on_loop: whether the driver waits without blocking. A synchronous call on a
            thread whose loop runs never waits: the flight may need that very loop.
        """
        if miss.down or not self.backend.remembers:
            self._missed(call)
            return (yield None)
        if call.forced:
            key = self.flight_key(call.keys[-1])
            # What older computations are about to store would be older than this one.
            self.flights.forget(key)
            return (yield from self._lead(call, self.flights.alone(key), miss))
        may_wait = on_loop or running_loop() is None
        call.lock = call.lock and may_wait
        flight, found = yield from self._join(call, miss, may_wait)
        if flight is None:
            return found
        return (yield from self._lead(call, flight, found))

    def _join(self, call: Call, miss: Miss, may_wait: bool) -> Steps:
        """Wait for whoever computes already.

        Gives ``None`` and the answer, or this call's own flight and what the last read found.
        """
        key = self.flight_key(call.keys[-1])
        for _ in range(MOST_FLIGHTS):
            decision, flight = self.flights.join(key, miss.landings, miss.versions, may_wait)
            if decision in (Decision.LEAD, Decision.ALONE):
                call.lock = call.lock and decision is Decision.LEAD
                return flight, miss
            if decision is Decision.WAIT:
                self.statistics.waits += 1
                call.counts.waits += 1
                self.tell("wait", call.keys[-1])
                outcome = yield flight
                twin = None if flight.error is None else copied(flight.error)
                if twin is not None:
                    call.announce(False)
                    return None, Failure(twin)
                if outcome in (Outcome.REFUSED, Outcome.TIMED_OUT):
                    break
            found = self.read(call.keys, call.keeps_none, call.counts)
            if type(found) is not Miss and self._is_fresh(call, found):
                self._brought(call)
                return None, found
            if type(found) is not Miss or found.down:
                break  # the next flight would not answer this call either
            miss = found
        call.lock = False
        return self.flights.alone(key), miss

    def _is_fresh(self, call: Call, value: Any) -> bool:
        try:
            return call.fresh(value)
        except Exception as error:  # noqa: BLE001 (the application's own is_stale)
            self.mistaken(error, call.keys[-1], call.counts)
            return False

    def _lead(self, call: Call, flight: Flight, miss: Miss) -> Steps:
        """Compute and store, as the leader of a flight."""
        outcome, lock = Outcome.FAILED, None
        token = flight.enter()
        try:
            if call.lock and self._is_shared and not call.forced:
                lock, found = yield from self._turn(call, miss)
                if type(found) is not Miss:
                    outcome = Outcome.STORED
                    self._brought(call)
                    return found
                miss = found
            flight.noted = miss.noted
            stamps = self._settled(call, flight, miss.versions)
            self._missed(call)
            result = yield None
            if type(result) is not Failure:
                outcome = self._store(call, flight, result, stamps)
            elif isinstance(result.error, Exception) and call.shares(result.error):
                flight.error = result.error
            return result
        finally:
            self._release(lock, call)
            call.outcome = outcome
            flight.leave(token)
            self.flights.land(flight, outcome)

    def _turn(self, call: Call, miss: Miss) -> Steps:
        """Wait until this process is to compute, or another one has.

        Gives the lock, or ``None`` without one, and what was found then: a value or a miss.
        """
        key, found = call.keys[-1], miss
        lock = SharedLock(self.backend, key, self.flights.longest_wait)
        for seconds in pauses(self.flights.longest_wait):
            try:
                ours = lock.acquire()
            except Exception as error:  # noqa: BLE001 (whatever a driver raises; see `failed`)
                self.failed(error, key, writing=True, counts=call.counts)
                return None, found
            # With the lock as well: another one may have stored, and given it back.
            value = self.read(call.keys, call.keeps_none, call.counts)
            if type(value) is not Miss and self._is_fresh(call, value):
                self._release(lock if ours else None, call)
                return None, value
            if type(value) is not Miss:
                value = self.miss(key, miss.landings, counts=call.counts)
            found = value
            if ours or found.down:
                return lock if ours else None, found
            yield seconds
        return None, found

    def _release(self, lock: SharedLock | None, call: Call) -> None:
        if lock is None:
            return
        try:
            lock.release()
        except Exception as error:  # noqa: BLE001 (whatever a driver raises; see `failed`)
            self.failed(error, call.keys[-1], writing=True, counts=call.counts)

    def _settled(
        self, call: Call, flight: Flight, versions: tuple[str | None, ...]
    ) -> tuple[str, ...] | None:
        """Make sure that all versions exist, before anything is computed.

        A version made after computing would hide an invalidation that came in between.
        Returns ``None`` where they can't be made: then nothing is to be stored.
        """
        try:
            stamps = self.stamps(call.keys[:-1], versions)
        except Exception as error:  # noqa: BLE001 (whatever a driver raises; see `failed`)
            self.failed(error, call.keys[-1], writing=True, counts=call.counts)
            return None
        if stamps is not None:
            flight.versions = stamps
        return stamps

    def _store(
        self, call: Call, flight: Flight, value: Any, stamps: tuple[str, ...] | None
    ) -> Outcome:
        key = call.keys[-1]
        if (
            not call.storable(value)
            or stamps is None
            or (of_result := self._result_names(call, value)) is None
        ):
            return self._refused(call)
        timeout, until = call.timeout(value), "0"
        try:
            depends = self._depends(call, of_result, stamps)
            if isinstance(depends, Outcome):
                self._refused(call)
                return depends
            names, stamps = depends
            if call.jitter or call.stale:
                timeout, until = self._lives(call, timeout)
                if call.stale:
                    names, stamps = (FRESH, *names), (until, *stamps)
            if self.settings.status_header is not None:
                call.fresh_for = self.life(timeout) - (call.stale if until != "0" else 0)
            kept = Entry(value, names, stamps) if names else value
            stored = self.flights.store_if(
                flight,
                lambda: self.seen.set_computed(key, kept, timeout, flight.noted) is not False,
            )
        except Exception as error:  # noqa: BLE001 (whatever a driver raises; see `failed`)
            self.failed(error, key, writing=True, counts=call.counts)
            return Outcome.REFUSED
        if not stored:
            return self._refused(call)
        self.statistics.stores += 1
        call.counts.stores += 1
        self.tell("store", key)
        # Nobody can be answered with a None that counts as a miss.
        return Outcome.REFUSED if value is None and not call.keeps_none else Outcome.STORED

    def _result_names(self, call: Call, value: Any) -> tuple[str, ...] | None:
        """Return the names that the application gives for a result; ``None`` where it fails."""
        if call.result_names is None:
            return ()
        try:
            return call.result_names(value)
        except Exception as error:  # noqa: BLE001 (the application's own function)
            self.mistaken(error, call.keys[-1], call.counts)
            return None

    def _depends(
        self, call: Call, of_result: tuple[str, ...], stamps: tuple[str, ...]
    ) -> tuple[tuple[str, ...], tuple[str, ...]] | Outcome:
        """Return the names and the stamps of all that a value depends on.

        Or, where it is not to be stored, how the computation ended.
        """
        names = call.keys[:-1]
        if call.result_names is None:
            return names, stamps
        found = self.stamps(of_result)
        if found is None:
            return Outcome.REFUSED
        # In this order: whoever invalidates writes the epoch before the tag.
        if self.backend.get(EPOCH) != stamps[0]:
            return Outcome.FAILED  # of this value only: the next one may be stored
        return (*names, *of_result), (*stamps, *found)

    def _lives(self, call: Call, timeout: Timeout | None) -> tuple[float, str]:
        """Return how long (seconds) to keep a value, and until when it is fresh."""
        life = self.life(timeout)
        if call.jitter:
            life *= 1 - call.jitter * random()  # noqa: S311 (no secret)
        if not call.stale or life <= 0:
            return life, "0"
        return life + call.stale, repr(self.clock() + life)

    def life(self, timeout: Timeout | None) -> float:
        """Return the seconds to live: ``0`` for ever, a negative number already expired."""
        if timeout is None:
            timeout = as_written(self.store).default_timeout
        return checked_timeout(timeout)

    def _refused(self, call: Call) -> Outcome:
        self.statistics.refusals += 1
        call.counts.refusals += 1
        self.tell("refuse", call.keys[-1])
        return Outcome.REFUSED

    def _count_seconds(self, call: Call, seconds: float) -> None:
        self.statistics.compute_seconds += seconds
        call.counts.compute_seconds += seconds

    def _brought(self, call: Call) -> None:
        """Note that somebody else's computation brought the answer."""
        call.announce(True)
        if call.is_asked:
            self.hit(call.keys[-1], call.counts)

    def _missed(self, call: Call) -> None:
        if call.is_asked:
            self.statistics.misses += 1
            call.counts.misses += 1
            self.tell("miss", call.keys[-1])
        call.announce(False)


async def pause(seconds: float) -> None:
    """Let the running loop do something else for a while."""
    import asyncio

    await asyncio.sleep(seconds)


def _given(result: Any) -> Any:
    """Return an answer, or raise the failure that it is."""
    if type(result) is not Failure or result.error is None:
        return result
    # Nothing keeps the error but its being raised: its traceback holds these frames, and a
    # frame that held the error would leave both to the garbage collector.
    error, result.error = result.error, None
    try:
        raise error
    finally:
        del error
