"""How is a call answered? The one flow behind every decorator, the template tag and more.

read -> fresh? return it -> single flight -> compute -> store -> fail open.

`Lookup.read` is the hit: one trip. Everything after a miss is one generator, `Lookup.steps`,
which asks its driver to compute or to wait; `Lookup.answer` drives it for synchronous calls
and `Lookup.answer_async` on an event loop.

An entry is *stamped* when it depends on versions: keys of their own, whose random values are
read together with it and stored within it. Whoever invalidates writes a new version, and all
entries that carry another one are misses from there on. Functions, objects, tags and namespaces
are all the same to it: names of versions. The rule that all of this keeps: no call returns a
value older than the last invalidation that was complete before it began.

Tags that are known only from the result can't be read before computing. The *epoch* stands for
all of them: it is read before, and written before any tag's version; the result is stored only
where it is still the same after the tags' versions were read.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Generator, Hashable
from dataclasses import dataclass, replace
from random import random
from secrets import token_hex
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from .backends.base import BaseCache, Capability, checked_timeout
from .backends.foreign import ForeignCache, as_written
from .context import running_loop
from .errors import CacheUnavailableError, SerializationError, ValueTooLargeError
from .flights import Decision, Flight, Flights, Outcome, copied
from .keys.tags import EPOCH, FRESH, hard_version, with_hard_versions
from .locks import SharedLock, pauses
from .notices import warn_once
from .outages import Outages, capabilities_of, log_error
from .overridden import Overridden, is_flow, note_check
from .payload import Entry
from .refreshing import Refreshes
from .settings import Settings
from .signals import cache_breaker_closed, cache_breaker_opened
from .statistics import NOBODY, Counts
from .typing import MISSING, T, Timeout

if TYPE_CHECKING:
    from flask import Flask

logger = logging.getLogger(__package__)

#: Versions outlive every entry. Not "for ever", since backends written elsewhere have read a
#: timeout of 0 as "expired now".
VERSION_LIFE = 10 * 365 * 24 * 3600
#: memcached reads a longer life as a date, and a backend written elsewhere may hand it on as it
#: is. A version that expires first is a miss.
FOREIGN_VERSION_LIFE = 30 * 24 * 3600
#: What says that a key, a value or a timeout is wrong, and nothing of the store.
MISTAKES = (TypeError, ValueError, LookupError, ArithmeticError)
#: How often a caller joins flights for one call before it computes without regard to others.
MOST_FLIGHTS = 3
#: How the names of an entry begin that the versions read with it do not tell all about.
MARKED = ((FRESH,), (EPOCH,))


class Miss(NamedTuple):
    """What a read found that is not an answer."""

    #: `Flights.landings`, as noted before reading.
    landings: int
    #: The versions found, ``None`` for those that don't exist.
    versions: tuple[str | None, ...] = ()
    #: The store could not be read: answer without it.
    down: bool = False
    #: What the backend noted of it, for when the value is stored (`BaseCache.note_miss`).
    noted: Any = None
    #: A value that is to be computed anew, and will do until then.
    stale: Any = MISSING


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


class Lookup:
    """The flow of one `Cache` on one application.

    :param backend: a backend that keeps entries.
    :param observers: told of each event: ``observer(app=, cache=, event=, key=)``.
    """

    def __init__(
        self,
        app: Flask,
        cache: Any,
        backend: BaseCache,
        settings: Settings,
        seen: BaseCache | None = None,
        observers: list[Callable[..., None]] | None = None,
    ) -> None:
        self.app = app
        self.cache = cache
        #: The store itself, for invalidating: that is tried whatever else is known of it.
        self.store = backend
        #: Where `Cache`'s proxies read and write: the same, unless it fails (`outages`).
        self.backend = backend
        #: Where the flow does: the same, unless a subclass of `Cache` overrides a proxy.
        self.seen = backend if seen is None else seen
        self.settings = settings
        self.outages = Outages(backend, settings, self._use, self._breaker_changed)
        self.flights = Flights(settings.single_flight_wait)
        self.refreshes = Refreshes(settings.single_flight_wait)
        #: Gives the wall clock's time in seconds, which the processes share.
        self.clock = time.time
        self.statistics = Counts()
        #: Whether template fragments are made from what is in the session, by name, as far as
        #: they were rendered in this process.
        self.fragments_read_session: dict[str, bool] = {}
        self._version_life = (
            FOREIGN_VERSION_LIFE if isinstance(backend, ForeignCache) else VERSION_LIFE
        )
        self.observers = observers or []
        #: Whether calls of decorated functions tell more than observers of how they went.
        self.is_heard = settings.enable_signals or settings.status_header is not None
        #: Whether nobody is told of what a proxy of `Cache` finds, and none is called by the flow.
        self.only_counts = not self.observers and self.seen is backend
        self._is_shared = (
            Capability.SHARED in capabilities_of(backend) and settings.single_flight_wait > 0
        )

    # -- reading ---------------------------------------------------------------------

    def read(  # noqa: C901 (in one piece: a call more would cost the hit of a view 5 %)
        self, keys: tuple[str, ...], keeps_none: bool = True, counts: Counts = NOBODY
    ) -> Any:
        """Return the value under the last key, valid for the versions under the others.

        One trip. Gives a `Miss` where there is no such value.

        :param counts: what the decorated function counts; here, errors.
        """
        landings = self.flights.landings
        try:
            if len(keys) == 1:
                key = keys[0]
                value = self.seen.get_value(key, MISSING) if keeps_none else self.seen.get(key)
                if type(value) is Entry:
                    return self._read_marked(keys, (), value, landings, keeps_none, counts)
                if value is MISSING or (value is None and not keeps_none):
                    return self.miss(key, landings, counts=counts)
                return value
            found = self.seen.get_many(*keys)
        except Exception as error:  # noqa: BLE001 (whatever a driver raises; see `failed`)
            self.failed(error, keys[-1], counts=counts)
            return Miss(landings, down=True)
        entry = found.pop()
        versions = tuple(found)
        if type(entry) is Entry and entry.stamps == versions:
            value = entry.value
            if value is not None or keeps_none:
                return value
        elif type(entry) is Entry and entry.names[:1] in MARKED:
            return self._read_marked(keys, versions, entry, landings, keeps_none, counts)
        elif keeps_none and self._holds_none(keys[-1], versions, counts):
            return None
        return self.miss(keys[-1], landings, versions, counts)

    def _read_marked(
        self,
        keys: tuple[str, ...],
        versions: tuple[str | None, ...],
        entry: Entry,
        landings: int,
        keeps_none: bool,
        counts: Counts,
    ) -> Any:
        """Return the value of an entry that the versions read with it do not tell all about."""
        # Noted now: the next read may displace what the backend knows of this one.
        miss = self.miss(keys[-1], landings, versions, counts)
        known: dict[str, str | None] = dict(zip(keys, versions, strict=False))
        # One that was stored with other tags, or before it had any, does not count.
        if not known.keys() <= set(entry.names) or (entry.value is None and not keeps_none):
            return miss
        rest = [name for name in entry.names if name not in known and name not in (FRESH, EPOCH)]
        if rest:
            try:
                known.update(zip(rest, self.backend.get_many(*rest), strict=True))
            except Exception as error:  # noqa: BLE001 (whatever a driver raises; see `failed`)
                self.failed(error, keys[-1], counts=counts)
                return miss
        fresh = self.is_fresh_entry(entry, known)
        if fresh is None:
            return miss
        return entry.value if fresh else miss._replace(stale=entry.value)

    def is_fresh_entry(self, entry: Entry, current: dict[str, Any]) -> bool | None:
        """Return whether an entry is fresh under these versions, or stale; ``None``: outdated."""
        fresh = True
        for name, stamp in zip(entry.names, entry.stamps, strict=True):
            if name == FRESH:
                fresh = fresh and (stamp == "0" or self.clock() < _time(stamp))
            elif name == EPOCH or current[name] == stamp:
                pass  # the epoch did its work when the entry was stored
            elif name != hard_version(name) and hard_version(name) in entry.names:
                fresh = False  # the hard version, which is looked at as well, decides
            else:
                return None
        return fresh

    def _holds_none(self, key: str, versions: tuple[str | None, ...], counts: Counts) -> bool:
        """Tell a stored ``None`` from nothing, where a subclass overrides how to read."""
        try:
            return isinstance(self.seen, Overridden) and self.seen.holds_none(key, versions)
        except Exception as error:  # noqa: BLE001 (whatever an override raises; see `failed`)
            self.failed(error, key, counts=counts)
            return False

    def miss(
        self,
        key: str,
        landings: int,
        versions: tuple[str | None, ...] = (),
        counts: Counts = NOBODY,
    ) -> Miss:
        """Return the miss of a value that was just read, and is to be computed."""
        try:
            return Miss(landings, versions, noted=self.seen.note_miss(key))
        except Exception as error:  # noqa: BLE001 (whatever a driver raises; see `failed`)
            self.failed(error, key, counts=counts)
            return Miss(landings, down=True)

    def unwrapped(self, value: Any, default: Any = MISSING) -> Any:
        """Return the value of a stamped entry while it is valid; other values as they are."""
        if type(value) is not Entry:
            return value
        return self.valid_values([value], default)[0]

    def valid_values(
        self, found: list[Any], default: Any, known: dict[str, Any] | None = None
    ) -> list[Any]:
        """Return values, of entries only while they are valid; `default` in the others' places.

        One trip for all of them, or none.

        :param known: versions that were read together with the values, or before.
        """
        known = known or {}
        names = {name for each in found if type(each) is Entry for name in each.names}
        wanted = tuple(names.difference(known, (FRESH, EPOCH)))
        current = dict(known)
        if wanted:
            current.update(zip(wanted, self.backend.get_many(*wanted), strict=True))
        if names:
            note_check()
        return [
            each
            if type(each) is not Entry
            else each.value
            if self.is_fresh_entry(each, current)
            else default
            for each in found
        ]

    # -- after a miss ----------------------------------------------------------------

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

    def stamps(
        self, names: tuple[str, ...], versions: tuple[str | None, ...] = ()
    ) -> tuple[str, ...] | None:
        """Return the versions under these names, new ones for those that don't exist.

        :param versions: what was found under the names, where they were looked for.
        :return: ``None`` where the backend does not keep them.
        """
        if len(versions) < len(names):
            versions = tuple(self.backend.get_many(*names))
        # The `add` of an older backend may be a stub that says yes and stores nothing.
        for write in (self.backend.add, self.backend.set):
            if None in versions:
                for name, version in zip(names, versions, strict=True):
                    if version is None:
                        write(name, new_version(), self._version_life)
                versions = tuple(self.backend.get_many(*names))
        stamps = tuple(version for version in versions if version is not None)
        if len(stamps) == len(names):
            return stamps
        kind = type(as_written(self.store))
        warn_once(
            ("versions", kind, self.app.name),
            "%s does not keep versions (%s), so what depends on them is not stored: the results "
            "of memoized functions, and whatever has tags or lies in a namespace.",
            kind.__name__,
            names[0],
        )
        return None

    def stamped(self, values: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
        """Return what to store of values that depend on the versions with these names.

        Nothing where the backend does not keep them.
        """
        if not names or not self.backend.remembers:
            return values
        stamps = self.stamps(names)
        if stamps is None:
            return {}
        return {key: Entry(value, names, stamps) for key, value in values.items()}

    def _store(
        self, call: Call, flight: Flight, value: Any, stamps: tuple[str, ...] | None
    ) -> Outcome:
        key = call.keys[-1]
        if not call.storable(value) or stamps is None:
            return self._refused(call)
        timeout, until = call.timeout(value), "0"
        try:
            depends = self._depends(call, value, stamps)
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

    def _depends(
        self, call: Call, value: Any, stamps: tuple[str, ...]
    ) -> tuple[tuple[str, ...], tuple[str, ...]] | Outcome:
        """Return the names and the stamps of all that a value depends on.

        Or, where it is not to be stored, how the computation ended.
        """
        names = call.keys[:-1]
        if call.result_names is None:
            return names, stamps
        rest = call.result_names(value)
        found = self.stamps(rest)
        if found is None:
            return Outcome.REFUSED
        # In this order: whoever invalidates writes the epoch before the tag.
        if self.backend.get(EPOCH) != stamps[0]:
            return Outcome.FAILED  # of this value only: the next one may be stored
        return (*names, *rest), (*stamps, *found)

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

    # -- invalidation ----------------------------------------------------------------

    def flight_key(self, key: str) -> Hashable:
        """Return what tells the flights of tenants apart that share a key."""
        prefix = self.backend.key_prefix
        return (prefix(), key) if callable(prefix) else key

    def forget(self, *keys: str) -> None:
        """Make computations of these keys that are under way not store; before changing them."""
        if not self.flights.is_quiet:
            self.flights.forget(*[self.flight_key(key) for key in keys])

    def delete(self, key: str, counts: Counts = NOBODY) -> bool:
        """Invalidate a single key."""
        self.forget(key)
        answer = self.seen.delete(key)
        self.deleted(key, counts=counts)
        return answer

    def invalidate(self, name: str, counts: Counts = NOBODY) -> None:
        """Invalidate every entry that depends on the version with this name, with one write.

        :raises CacheUnavailableError: where the store did not take it.
        """
        self.outdate(name)
        self.invalidated(name, counts)

    def outdate(self, *names: str) -> None:
        """Write new versions under these names.

        :raises CacheUnavailableError: where the store did not take them all; what depends on
            those that the message names is not invalidated.
        """
        left = list(names)
        if len(names) > 1:
            versions = {name: new_version() for name in names}
            written = self.store.set_many(versions, self._version_life)
            # One that was lost at once may look refused; written alone, the answer is exact.
            left = [name for name in names if name not in written]
        refused = [
            name
            for name in left
            if self.store.set(name, new_version(), self._version_life) is False
        ]
        if refused:
            raise CacheUnavailableError(
                f"The store refused to write {', '.join(map(repr, refused))}; "
                "nothing was invalidated by it."
            )

    def invalidate_tags(self, *names: str, soft: bool = False) -> None:
        """Invalidate every entry that has one of the tags whose versions have these names.

        :param soft: let values that are kept when they are stale get stale, and no more.
        :raises CacheUnavailableError: as `invalidate` does.
        """
        if names:
            self.outdate(EPOCH)  # first: see `_store`
            self.outdate(*(names if soft else with_hard_versions(names)))
        for name in names:
            self.invalidated(name)

    # -- what happened ---------------------------------------------------------------

    def hit(self, key: str, counts: Counts = NOBODY) -> None:
        self.statistics.hits += 1
        counts.hits += 1
        if self.observers:
            self.tell("hit", key)

    def asked(self, key: str, found: bool) -> None:
        """Count what a proxy of `Cache` was asked for, unless the flow asks through it."""
        if is_flow():
            return
        if found:
            self.statistics.hits += 1
        else:
            self.statistics.misses += 1
        if self.observers:
            self.tell("hit" if found else "miss", key)

    def gave(self, key: str, stored: bool) -> None:
        """Count what a proxy of `Cache` gave to the store, which took it or did not."""
        if stored:
            self.statistics.stores += 1
        else:
            self.statistics.refusals += 1
        if self.observers:
            self.tell("store" if stored else "refuse", key)

    def gave_many(self, keys: Collection[str], stored: set[str]) -> None:
        """Count what a proxy gave at once."""
        if self.observers:
            for key in keys:
                self.gave(key, key in stored)
            return
        taken = len(stored.intersection(keys))
        self.statistics.stores += taken
        refused = len(keys) - taken
        self.statistics.refusals += refused

    def deleted(self, *keys: str, counts: Counts = NOBODY) -> None:
        number = len(keys)  # beforehand: see `statistics`
        self.statistics.deletes += number
        counts.deletes += number
        for key in keys:
            self.tell("delete", key)

    def invalidated(self, name: str, counts: Counts = NOBODY) -> None:
        """Count that all that depends on a version was outdated; without a name, everything."""
        self.statistics.invalidations += 1
        counts.invalidations += 1
        self.tell("invalidate", name)

    def tell(self, event: str, key: str) -> None:
        for observer in self.observers:
            observer(app=self.app, cache=self.cache, event=event, key=key)

    # -- what goes wrong -------------------------------------------------------------

    @property
    def fails_open(self) -> bool:
        """Whether a call is answered without the cache where that fails."""
        wanted = self.settings.fail_open
        return wanted if isinstance(wanted, bool) else not self.app.debug

    def failed(
        self, error: Exception, key: str, writing: bool = False, counts: Counts = NOBODY
    ) -> None:
        """Swallow an error of the store, so that the application answers without it.

        The one place that does. The log has one line when an outage begins and one when it is
        over. Raised where the application is not to fail open: by default, while it debugs.
        """
        self._count_error(key, counts)
        is_answered = self.fails_open
        if not isinstance(error, MISTAKES):
            self.outages.note(error, writing, is_answered)
        if not is_answered:
            raise error
        if isinstance(error, SerializationError | ValueTooLargeError):  # says all there is to say
            logger.warning("Not cached under %r: %s", key, error)
        elif isinstance(error, MISTAKES):
            log_error(error)

    def instead(self, error: Exception, key: str, answer: T, writing: bool = False) -> T:
        """Return what a proxy of `Cache` answers where the store fails, or raise its error."""
        if self.settings.fail_open == "legacy":
            self._count_error(key)
            self.outages.note(error, writing, is_answered=False)
            raise error
        self.failed(error, key, writing)
        return answer

    def mistaken(self, error: Exception, key: str, counts: Counts = NOBODY) -> None:
        """Swallow an error of the application's own code, such as a function that makes keys."""
        self._count_error(key, counts)
        if not self.fails_open:
            raise error
        log_error(error)

    def _count_error(self, key: str, counts: Counts = NOBODY) -> None:
        self.statistics.errors += 1
        counts.errors += 1
        self.tell("error", key)

    def _use(self, backend: BaseCache) -> None:
        """Talk to the store, or to what watches over it while it fails, from here on."""
        if isinstance(self.seen, Overridden):
            self.seen.use(backend)
        else:
            self.seen = backend
        self.backend = backend

    def _breaker_changed(self, event: str) -> None:
        self.tell(event, "")
        if self.settings.enable_signals:
            signal = cache_breaker_opened if event == "open" else cache_breaker_closed
            signal.send(cache=self.cache)


async def pause(seconds: float) -> None:
    """Let the running loop do something else for a while."""
    import asyncio

    await asyncio.sleep(seconds)


def new_version() -> str:
    """Return a random version; random, so that a lost one never comes back."""
    return token_hex(8)


def _time(stamp: str) -> float:
    """Return the time that a stamp says; long ago, where somebody else wrote it and it is none."""
    try:
        return float(stamp)
    except ValueError:
        return 0.0


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
