"""Who computes, and who waits for it? Single flight within a process.

A `Flight` is one computation of one key. Of the callers that miss a key at the same time one
leads and the others wait for it to land; then they read the store, each its own copy.

Who waits for whom is a graph. A call carries the flights that it leads in a context variable,
so tasks and threads started through `contextvars` are covered, and a wait that would close a
cycle is refused. A plain executor loses the context; there the bounded wait is the way out.
"""

from __future__ import annotations

import copy
import enum
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any

from .processes import PerProcess

if TYPE_CHECKING:
    import asyncio

#: How many landings are remembered, for callers that read just before one.
REMEMBERED_LANDINGS = 512
#: How long (seconds), and for how many keys, a refused result keeps callers from queueing.
REFUSAL_SECONDS = 5.0
REMEMBERED_REFUSALS = 1024

#: The flights that this call leads, outermost first.
_leading: ContextVar[tuple[Flight, ...]] = ContextVar("flask_caching_leading", default=())
#: Guards `Flight.waits_for`, of all tables: calls may wait across caches and applications.
_graph = PerProcess(threading.Lock)


class Outcome(enum.Enum):
    """How a flight ended, as far as those who waited for it are concerned."""

    STORED = "read the store again"
    REFUSED = "computed, but not to be shared: everyone computes"
    FAILED = "nothing was computed: the next one leads"
    TIMED_OUT = "still in the air after the longest wait"


class Decision(enum.Enum):
    """What a caller that missed should do."""

    LEAD = "compute, others may wait for it"
    ALONE = "compute, nobody waits for it"
    WAIT = "wait for the flight"
    READ_AGAIN = "the key landed since it was read"


class Flight:
    """One computation of one key."""

    __slots__ = (
        "_landed",
        "begun",
        "error",
        "forgotten",
        "key",
        "noted",
        "outcome",
        "versions",
        "waits_for",
        "wakers",
    )

    def __init__(
        self, key: Hashable, versions: tuple[str | None, ...] = (), begun: float = 0.0
    ) -> None:
        self.key = key
        #: When it took off, by the clock of its `Flights`.
        self.begun = begun
        #: The versions that its result will depend on, as far as they are known.
        self.versions = versions
        #: What the backend noted of the miss that it computes for (`BaseCache.note_miss`).
        self.noted: Any = None
        self.outcome = Outcome.FAILED
        #: What the computation raised, where its waiting callers may have a copy.
        self.error: Exception | None = None
        #: Invalidated while in the air: nobody joins it any more, and it does not store.
        self.forgotten = False
        self.waits_for: list[Flight] = []
        self.wakers: list[Callable[[], None]] = []
        self._landed = threading.Event()

    def wait(self, seconds: float) -> Outcome:
        """Block until the flight has landed."""
        return self.outcome if self._landed.wait(seconds) else Outcome.TIMED_OUT

    def when_landed(self, waker: Callable[[], None]) -> None:
        """Call `waker`, from whichever thread, once the flight has landed."""
        self.wakers.append(waker)
        if self._landed.is_set():
            waker()

    def land(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self._landed.set()
        for waker in list(self.wakers):
            waker()

    def enter(self) -> Token[tuple[Flight, ...]]:
        """Make this call the flight's leader, until `leave`."""
        return _leading.set((*_leading.get(), self))

    def leave(self, token: Token[tuple[Flight, ...]]) -> None:
        # An abandoned coroutine is closed in whichever context the garbage collector runs.
        with suppress(ValueError):
            _leading.reset(token)


class _Table:
    """The flights of one process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.written = threading.Condition(self.lock)
        #: The flights of each key; the first may be joined.
        self.live: dict[Hashable, list[Flight]] = {}
        #: The flights that are storing, also those that were forgotten meanwhile.
        self.writing: set[Flight] = set()
        self.landed_at: OrderedDict[Hashable, int] = OrderedDict()
        self.refused_until: OrderedDict[Hashable, float] = OrderedDict()


class Flights:
    """The flights of one cache on one application.

    :param longest_wait: seconds that a caller waits for another one's computation.
    :param clock: gives the time in seconds, monotonic.
    """

    def __init__(
        self, longest_wait: float = 10.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.longest_wait = min(longest_wait, threading.TIMEOUT_MAX)
        #: Counts what was stored; to be noted before reading the store, for `join`.
        self.landings = 0
        self._clock = clock
        # A fork drops the flights: their leaders are not in the child.
        self._table = PerProcess(_Table)
        #: The table that the last flight began in; of the process before the fork until one begins.
        self._latest = self._table()

    def join(
        self, key: Hashable, landings: int, versions: tuple[str | None, ...], may_wait: bool
    ) -> tuple[Decision, Flight]:
        """Decide what a caller does that read a miss after noting `landings`.

        Where it is to compute, the flight given is its own, to be landed by it.
        """
        table = self._latest = self._table()
        with table.lock:
            if self._landed_since(table, key, landings):
                return Decision.READ_AGAIN, Flight(key)
            flights = table.live.get(key)
            flight = flights[0] if flights else None
            now = self._clock()
            refused = table.refused_until.get(key, 0.0) > now
            joinable = flight is not None and self._is_joinable(flight, versions, now)
            if flight is not None and joinable and may_wait and not refused:
                if self._may_wait_for(flight):
                    return Decision.WAIT, flight
                refused = True
            alone = refused or joinable
            own = Flight(key, versions, now)
            if alone or flight is None:
                table.live.setdefault(key, []).append(own)
            else:  # nobody is to wait for the one that is there: take its place
                table.live[key].insert(0, own)
            return (Decision.ALONE if alone else Decision.LEAD), own

    def alone(self, key: Hashable) -> Flight:
        """Begin a computation that nobody waits for; invalidation still reaches it."""
        own = Flight(key, begun=self._clock())
        table = self._latest = self._table()
        with table.lock:
            # Behind the others, so that it is not the one that callers join.
            table.live.setdefault(key, []).append(own)
        return own

    def wait(self, flight: Flight) -> Outcome:
        """Block until a flight has landed, at most for the longest wait."""
        try:
            return flight.wait(self.longest_wait)
        finally:
            self.waited(flight)

    async def wait_async(self, flight: Flight) -> Outcome:
        """Wait on the running loop; cancelling this wait leaves the flight alone."""
        import asyncio

        loop = asyncio.get_running_loop()
        landed = loop.create_future()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(_set_done, landed)

        flight.when_landed(wake)
        try:
            await asyncio.wait_for(landed, self.longest_wait)
        except TimeoutError:
            return Outcome.TIMED_OUT
        finally:
            flight.wakers.remove(wake)
            self.waited(flight)
        return flight.outcome

    def waited(self, flight: Flight) -> None:
        """End a wait that `join` has begun."""
        with _graph():
            for leading in _leading.get():
                if flight in leading.waits_for:
                    leading.waits_for.remove(flight)

    def store_if(self, flight: Flight, store: Callable[[], bool]) -> bool:
        """Store a flight's result unless it was invalidated meanwhile; return whether it was."""
        table = self._table()
        try:
            with table.lock:
                if flight.forgotten:
                    return False
                table.writing.add(flight)
            return store()
        finally:
            with table.lock:
                table.writing.discard(flight)
                table.written.notify_all()

    def land(self, flight: Flight, outcome: Outcome) -> None:
        """End a flight: whoever waits for it goes on."""
        table = self._table()
        with table.lock:
            flights = table.live.get(flight.key, [])
            if flight in flights:
                flights.remove(flight)
                if not flights:
                    del table.live[flight.key]
            if flight.forgotten and outcome is not Outcome.STORED:
                outcome = Outcome.FAILED
            if outcome is Outcome.STORED:
                self.landings += 1
                _remember(table.landed_at, flight.key, self.landings, REMEMBERED_LANDINGS)
                table.refused_until.pop(flight.key, None)
            elif outcome is Outcome.REFUSED:
                until = self._clock() + REFUSAL_SECONDS
                _remember(table.refused_until, flight.key, until, REMEMBERED_REFUSALS)
        flight.land(outcome)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is in the air, so that there is nothing to forget.

        A flight that begins from here on computes after the invalidation began. After a fork the
        answer may be no, for flights of the parent's, which does no harm: a `set` in memory would
        take another twentieth to look for the process.
        """
        table = self._latest
        return not (table.live or table.writing)

    def forget(self, *keys: Hashable) -> None:
        """Make the computations of these keys in the air not count, and wait for their writes.

        To be called before the store is changed: a computation that began before an
        invalidation must not store after it.
        """
        self._forget(self._table(), set(keys))

    def forget_all(self) -> None:
        """Make every computation in the air not count, and wait for their writes."""
        table = self._table()
        with table.lock:
            keys = {*table.live, *(flight.key for flight in table.writing)}
        self._forget(table, keys)

    def _forget(self, table: _Table, keys: set[Hashable]) -> None:
        own = _leading.get()
        with table.lock:
            for key in keys:
                for flight in table.live.pop(key, ()):
                    flight.forgotten = True
            # Also those that another invalidation has forgotten, and is waiting for. Not for
            # oneself: a value may invalidate its own key while it is pickled.
            writing = {each for each in table.writing if each.key in keys and each not in own}
            if not table.written.wait_for(
                lambda: writing.isdisjoint(table.writing), self.longest_wait
            ):
                table.writing -= writing  # their leaders are gone, or hang: wait only once

    def _is_joinable(self, flight: Flight, versions: tuple[str | None, ...], now: float) -> bool:
        """Return whether waiting for a flight may bring a valid result in time.

        Past the longest wait it is slow, or has lost its leader to an exception that came
        from outside, such as a signal's handler raises: nobody queues behind it any more.
        """
        return now - flight.begun <= self.longest_wait and _current(flight, versions)

    def _landed_since(self, table: _Table, key: Hashable, landings: int) -> bool:
        if self.landings == landings:
            return False
        landed_at = table.landed_at
        # Landings that are no longer remembered came before the oldest that is.
        forgotten = len(landed_at) >= REMEMBERED_LANDINGS and landings < next(
            iter(landed_at.values())
        )
        return forgotten or landed_at.get(key, 0) > landings

    def _may_wait_for(self, flight: Flight) -> bool:
        """Enter the wait into the graph, unless it would close a cycle."""
        own = _leading.get()
        with _graph():
            seen: set[int] = set()
            ahead = [flight]
            while ahead:
                each = ahead.pop()
                if each in own:
                    return False
                if id(each) not in seen:
                    seen.add(id(each))
                    ahead.extend(each.waits_for)
            for leading in own:
                leading.waits_for.append(flight)
        return True


def _current(flight: Flight, versions: tuple[str | None, ...]) -> bool:
    """Return whether a flight's result can be valid for a caller that saw these versions.

    A version that one of them did not find proves nothing: the leader may have made it since.
    """
    return not any(
        theirs is not None and ours is not None and theirs != ours
        for theirs, ours in zip(flight.versions, versions, strict=False)
    )


def _remember(remembered: OrderedDict[Hashable, Any], key: Hashable, value: Any, most: int) -> None:
    remembered[key] = value
    remembered.move_to_end(key)
    if len(remembered) > most:
        remembered.popitem(last=False)


def _set_done(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def copied(error: Exception) -> Exception | None:
    """Return a copy of an exception for another caller, or ``None`` where it can't be copied.

    One object raised in many callers would grow by each one's traceback.
    """
    try:
        twin = copy.copy(error)
        if type(twin) is not type(error) or twin.args != error.args:
            return None
    except Exception:  # noqa: BLE001 (constructors of the application's: anything may come)
        return None
    twin.__cause__, twin.__context__ = error.__cause__, error.__context__
    twin.__suppress_context__ = error.__suppress_context__  # naming a cause has set it
    if hasattr(error, "__notes__"):
        twin.__notes__ = list(error.__notes__)
    return twin.with_traceback(error.__traceback__)
