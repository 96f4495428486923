"""Backends that are wrong in one point each, with the case that must notice it."""

from __future__ import annotations

import fnmatch
import itertools
import math
import os
import pickle
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Response

from flask_caching.backends.base import Capability
from flask_caching.backends.simple import SimpleCache
from flask_caching.errors import CacheUnavailableError, SerializationError
from flask_caching.payload import Entry, unpack
from flask_caching.serializers import PickleSerializer
from flask_caching.typing import MISSING

from .network import NetworkCache, receive, send


@dataclass(frozen=True, slots=True)
class Mutant:
    """A wrong backend.

    :param case: the id of the case that it dies by.
    """

    backend: type
    case: str

    def __str__(self) -> str:
        return self.backend.__name__


MUTANTS: list[Mutant] = []


def dies_by(case: str) -> Callable[[type], type]:
    """Name the case that must notice what is wrong with a class."""

    def add(backend: type) -> type:
        MUTANTS.append(Mutant(backend, case))
        return backend

    return add


# -- reading -----------------------------------------------------------------------------


@dies_by("C-GET-01")
class MissingIsAnEmptyText(SimpleCache):
    def get(self, key):
        return self.get_value(key, "")


@dies_by("C-VAL-01")
class FalsyIsAMiss(SimpleCache):
    def get(self, key):
        return super().get(key) or None


@dies_by("C-GET-03")
class NoneIsAMiss(SimpleCache):
    def get_value(self, key, default=None):
        found = super().get_value(key, default)
        return default if found is None else found


@dies_by("C-HAS-01")
class HasLooksAtTheValue(SimpleCache):
    def has(self, key):
        return self.get(key) is not None


@dies_by("C-GET-04")
class ReadingRemoves(SimpleCache):
    def get(self, key):
        found = super().get(key)
        self.delete(key)
        return found


@dies_by("C-TIM-19")
class ReadingExtendsTheLife(SimpleCache):
    def get(self, key):
        found = super().get(key)
        self.touch(key, 100)
        return found


@dies_by("C-GET-05")
class NotesAMiss(NetworkCache):
    def raw_get(self, name):
        payload = super().raw_get(name)
        if payload is None:
            self.ask("set", {name + " is missing": b"1"})
        return payload


@dies_by("C-GET-06")
class DeletesLeaveTombstones(NetworkCache):
    def raw_delete(self, name):
        was_there = self.raw_get(name) is not None
        self.ask("set", {name: b"deleted"})
        return was_there


# -- writing -----------------------------------------------------------------------------


@dies_by("C-SET-01")
class SetAnswersNone(SimpleCache):
    def set(self, key, value, timeout=None):
        super().set(key, value, timeout)


@dies_by("C-SET-02")
class SetKeepsTheFirst(SimpleCache):
    def set(self, key, value, timeout=None):
        return self.has(key) or super().set(key, value, timeout)


@dies_by("C-VAL-08")
class GivesTheSameObject(SimpleCache):
    def __init__(self, **options):
        super().__init__(**options)
        self.serializer = self
        self._objects = []

    def dumps(self, value):
        self._objects.append(pickle.loads(pickle.dumps(value)))
        return b"%d" % (len(self._objects) - 1)

    def loads(self, payload):
        return self._objects[int(payload)]


@dies_by("C-VAL-07")
class KeepsTheCallersObject(GivesTheSameObject):
    def dumps(self, value):
        self._objects.append(value)
        return b"%d" % (len(self._objects) - 1)

    def loads(self, payload):
        return pickle.loads(pickle.dumps(super().loads(payload)))


@dies_by("C-VAL-01")
class BoolsBecomeIntegers(SimpleCache):
    def set(self, key, value, timeout=None):
        return super().set(key, int(value) if isinstance(value, bool) else value, timeout)


@dies_by("C-VAL-03")
class NotANumberIsNone(SimpleCache):
    def set(self, key, value, timeout=None):
        if type(value) is list:
            value = [None if each != each else each for each in value]  # noqa: PLR0124 (is it NaN?)
        return super().set(key, value, timeout)


@dies_by("C-VAL-04")
class ResponsesLoseTheirHeaders(SimpleCache):
    def set(self, key, value, timeout=None):
        if isinstance(value, Response):
            value = Response(value.get_data(), value.status)
        return super().set(key, value, timeout)


@dies_by("C-VAL-05")
class WhatHoldsItselfHoldsNone(SimpleCache):
    def set(self, key, value, timeout=None):
        if type(value) is list:
            value = [None if each is value else each for each in value]
        return super().set(key, value, timeout)


@dies_by("C-VAL-12")
class DeepValuesAreFlattened(SimpleCache):
    def set(self, key, value, timeout=None):
        depth = 0
        inner = value
        while type(inner) is list and len(inner) == 1:
            inner, depth = inner[0], depth + 1
        return super().set(key, value if depth < 20 else [], timeout)


@dies_by("C-VAL-11")
class LargeValuesAreCut(SimpleCache):
    def set(self, key, value, timeout=None):
        return super().set(key, value[: 1 << 20] if isinstance(value, bytes) else value, timeout)


@dies_by("C-ADD-02")
class AddOverwrites(SimpleCache):
    def add(self, key, value, timeout=None):
        added = super().add(key, value, timeout)
        self.set(key, value, timeout)
        return added


@dies_by("C-ADD-03")
class AddRefreshesTheLife(SimpleCache):
    def add(self, key, value, timeout=None):
        added = super().add(key, value, timeout)
        self.touch(key, timeout)
        return added


@dies_by("C-ADD-05")
class AddTakesTheExpiredForPresent(SimpleCache):
    def add(self, key, value, timeout=None):
        return key not in self._slots and super().add(key, value, timeout)


@dies_by("C-TIM-05")
class AddWithoutTimeoutEndsAtOnce(SimpleCache):
    def add(self, key, value, timeout=None):
        return super().add(key, value, -1 if timeout is None else timeout)


@dies_by("C-TIM-05")
class CountersHaveNoLife(SimpleCache):
    def inc(self, key, delta=1):
        absent = not self.has(key)
        total = super().inc(key, delta)
        if absent:
            self.touch(key, 0)
        return total


@dies_by("O-ADD-06")
class AddIsHasThenSet(SimpleCache):
    def add(self, key, value, timeout=None):
        if self.has(key):
            return False
        time.sleep(0.001)
        return self.set(key, value, timeout)


@dies_by("C-DEL-01")
class DeletingWhatIsMissingIsTrue(SimpleCache):
    def delete(self, key):
        super().delete(key)
        return True


# -- many keys ---------------------------------------------------------------------------


@dies_by("C-BULK-08")
class DeleteManyStopsAtTheFirstMissing(SimpleCache):
    def delete_many(self, *keys):
        return list(itertools.takewhile(self.delete, dict.fromkeys(keys)))


@dies_by("C-KEY-07")
class SetManyAnswersPrefixedKeys(SimpleCache):
    def set_many(self, mapping, timeout=None):
        return [f"prefix-{key}" for key in super().set_many(mapping, timeout)]


@dies_by("C-BULK-01")
class GetManyDropsWhatIsMissing(SimpleCache):
    def get_many(self, *keys):
        return [value for value in super().get_many(*keys) if value is not None]


@dies_by("C-BULK-01")
class GetManyAnswersInTheStoresOrder(SimpleCache):
    def get_many(self, *keys):
        return super().get_many(*sorted(keys))


@dies_by("C-BULK-02")
class GetDictAnswersPrefixedKeys(SimpleCache):
    def get_dict(self, *keys):
        return {f"prefix-{key}": value for key, value in super().get_dict(*keys).items()}


@dies_by("C-BULK-03")
class SetManyAnswersOnlyNewKeys(SimpleCache):
    def set_many(self, mapping, timeout=None):
        old = [key for key in mapping if self.has(key)]
        return [key for key in super().set_many(mapping, timeout) if key not in old]


@dies_by("C-BULK-04")
class SetManyIgnoresTheTimeout(SimpleCache):
    def set_many(self, mapping, timeout=None):
        return super().set_many(mapping)


@dies_by("C-BULK-06")
class SetManyWritesUpToTheBadKey(SimpleCache):
    def set_many(self, mapping, timeout=None):
        return [key for key, value in mapping.items() if self.set(key, value, timeout)]


@dies_by("C-BULK-11")
class SetManyOfNothingClears(SimpleCache):
    def set_many(self, mapping, timeout=None):
        return super().set_many(mapping, timeout) if mapping else [] * self.clear()


@dies_by("C-BULK-16")
class GetManyLeavesCountersOut(SimpleCache):
    def get_many(self, *keys):
        return [None if type(value) is int else value for value in super().get_many(*keys)]


@dies_by("O-BULK-15")
class BulkIsALoop(NetworkCache):
    def raw_get_many(self, names):
        return [self.raw_get(name) for name in names]


# -- time --------------------------------------------------------------------------------


@dies_by("C-TIM-23")
class TheExpiredIsStillThere(SimpleCache):
    def has(self, key):
        return key in self._slots


class WithLives(SimpleCache):
    """Changes the life that a caller asks for."""

    def life(self, timeout):
        return self.changed(super().life(timeout))


@dies_by("C-TIM-03")
class LivesAreCutToWholeSeconds(SimpleCache):
    def _deadline(self, life):
        return float(int(self._clock() + life)) if life else math.inf


@dies_by("C-TIM-01")
class LivesAreTooLong(WithLives):
    def changed(self, life):
        return life + 1 if life > 0 else life


@dies_by("C-TIM-08")
class ZeroIsExpired(WithLives):
    def changed(self, life):
        return life or -1


@dies_by("C-TIM-20")
class ZeroKeepsTheOldLife(SimpleCache):
    def set(self, key, value, timeout=None):
        old = self._slots.get(key)
        stored = super().set(key, value, timeout)
        if timeout == 0 and old is not None:
            self._slots[key] = (old[0], *self._slots[key][1:])
        return stored


@dies_by("C-TIM-13")
class NegativeIsForEver(WithLives):
    def changed(self, life):
        return max(life, 0)


@dies_by("C-TIM-01")
class ThirtyDaysAreADate(WithLives):
    def changed(self, life):
        return life - self._clock() if life > 30 * 86_400 else life


@dies_by("C-TIM-04")
class LongLivesOverflow(WithLives):
    def changed(self, life):
        return life if life < 2**40 else -1


@dies_by("C-TIM-10")
class ATextIsATimeout(SimpleCache):
    def life(self, timeout):
        return super().life(float(timeout) if isinstance(timeout, str) and timeout else timeout)


@dies_by("C-TIM-11")
class InfinityIsForEver(SimpleCache):
    def life(self, timeout):
        return super().life(0 if timeout in (math.inf, -math.inf) else timeout)


@dies_by("O-TOUCH-05")
class TouchRevives(SimpleCache):
    def touch(self, key, timeout=None):
        slot = self._slots.get(key)
        if slot is None:
            return False
        self._slots[key] = (self._deadline(self.life(timeout)), *slot[1:])
        return True


@dies_by("O-TOUCH-01")
class TouchDoesNothing(SimpleCache):
    def touch(self, key, timeout=None):
        return self.has(key)


@dies_by("O-TOUCH-04")
class TouchCreates(SimpleCache):
    def touch(self, key, timeout=None):
        return super().touch(key, timeout) or (self.set(key, None, timeout) and False)


@dies_by("O-PRUNE-02")
class PruneIsNeverZero(SimpleCache):
    def prune(self):
        return super().prune() or 1


@dies_by("O-PRUNE-01")
class PruneRemovesEverything(SimpleCache):
    def prune(self):
        return len(self._slots) * self.clear()


# -- counters ----------------------------------------------------------------------------


@dies_by("O-INC-14")
class IncIsGetThenSet(SimpleCache):
    def inc(self, key, delta=1):
        total = (self.get(key) or 0) + delta
        time.sleep(0.0001)
        self.set(key, total)
        return total


@dies_by("C-INC-10")
class CountingStartsANewLife(SimpleCache):
    def inc(self, key, delta=1):
        total = super().inc(key, delta)
        self.touch(key)
        return total


@dies_by("C-INC-06")
class CountingReplacesATextByTheStep(SimpleCache):
    def inc(self, key, delta=1):
        if isinstance(self.get(key), str):
            self.delete(key)
        return super().inc(key, delta)


@dies_by("C-INC-06")
class TextsOfDigitsAreCounters(SimpleCache):
    def inc(self, key, delta=1):
        found = self.get(key)
        if isinstance(found, str) and found.isdigit():
            self.set(key, int(found))
        return super().inc(key, delta)


@dies_by("C-INC-07")
class CountersWrapAround(SimpleCache):
    def inc(self, key, delta=1):
        try:
            return super().inc(key, delta)
        except OverflowError:
            self.set(key, 0)
            return 0


@dies_by("C-INC-01")
class AnAbsentCounterStartsAtZero(SimpleCache):
    def inc(self, key, delta=1):
        return super().inc(key, delta if self.has(key) else 0)


# -- keys --------------------------------------------------------------------------------


class OfOtherKeys(NetworkCache):
    """Changes the caller's keys."""

    def name(self, key):
        return super().name(self.changed(key) if type(key) is str else key)


@dies_by("C-KEY-02")
class KeysAreCut(OfOtherKeys):
    def changed(self, key):
        return key[:250]


@dies_by("C-KEY-02")
class KeysAreStripped(OfOtherKeys):
    def changed(self, key):
        return key.strip()


@dies_by("C-KEY-02")
class KeysAreLowered(OfOtherKeys):
    def changed(self, key):
        return key.lower()


@dies_by("C-KEY-02")
class KeysAreNamesOfFewBits(OfOtherKeys):
    def changed(self, key):
        return str(sum(key.encode()) % 512)


@dies_by("C-KEY-01")
class LongKeysAreRefused(SimpleCache):
    def set(self, key, value, timeout=None):
        return len(key) <= 250 and super().set(key, value, timeout)


@dies_by("C-KEY-03")
class NumbersAreKeys(SimpleCache):
    def get(self, key):
        return super().get(str(key) if isinstance(key, int) else key)


@dies_by("C-KEY-04")
class AnythingIsAKey(SimpleCache):
    def get(self, key):
        return super().get(key if isinstance(key, str) else repr(key))


@dies_by("C-KEY-09")
class ItsBookkeepingLiesAmongTheKeys(NetworkCache):
    def raw_set(self, name, payload, life):
        self.ask("set", {self.name("writes"): b"1"})
        return super().raw_set(name, payload, life)


@dies_by("H-KEY-10")
class LineEndsBeginAnotherCommand(NetworkCache):
    def raw_set(self, name, payload, life):
        for line in name.splitlines():
            self.ask("set", {line: payload})
        return True


@dies_by("C-KEY-05")
class SurrogatesAreReplaced(OfOtherKeys):
    def changed(self, key):
        return key.encode(errors="replace").decode()


@dies_by("C-KEY-06")
class ASubclassIsAnotherKey(NetworkCache):
    def name(self, key):
        return super().name(key) + type(key).__name__


@dies_by("C-KEY-08")
class SmallLettersAreCapitals(OfOtherKeys):
    def changed(self, key):
        return key.upper()


# -- prefixes ----------------------------------------------------------------------------


@dies_by("O-PFX-01")
class PrefixesHaveNoEnd(NetworkCache):
    def _namespace(self):
        return super()._namespace()[:-1]


@dies_by("C-PFX-03")
class PrefixAndKeyRunTogether(NetworkCache):
    def _namespace(self):
        return super()._namespace()[:-1]


@dies_by("O-PFX-02")
class PrefixesAreIgnored(NetworkCache):
    def _namespace(self):
        return "|"


@dies_by("C-FLK-08")
class ApplicationsShareTheirEntries(PrefixesAreIgnored):
    pass


@dies_by("O-PFX-06")
class ACallablePrefixIsAnother(NetworkCache):
    def _namespace(self):
        return super()._namespace() + ("called|" if callable(self.key_prefix) else "")


@dies_by("C-PFX-09")
class PrefixesAreCut(NetworkCache):
    def _namespace(self):
        return super()._namespace()[:200] + "|"


@dies_by("C-PFX-10")
class ABlankEndsThePrefix(NetworkCache):
    def raw_clear(self, prefix):
        super().raw_clear(prefix.replace(" ", "_"))


@dies_by("O-PFX-01")
class ClearIsAGlob(NetworkCache):
    def _namespace(self):
        prefix = self.key_prefix() if callable(self.key_prefix) else self.key_prefix
        return prefix + "|"

    def raw_clear(self, prefix):
        pattern = re.compile(fnmatch.translate(prefix + "*"))
        self.raw_delete_many([name for name in self.ask("names") if pattern.match(name)])


@dies_by("O-PFX-01")
class ClearWipesTheStore(NetworkCache):
    def raw_clear(self, prefix):
        self.ask("clear", "")


@dies_by("C-PFX-07")
class ClearWipesWhatIsNotItsOwn(NetworkCache):
    def raw_clear(self, prefix):
        names = self.ask("names")
        strange = [name for name in names if not self.raw_get(name).startswith(b"!\0FC")]
        self.raw_delete_many(strange)
        super().raw_clear(prefix)


@dies_by("H-PFX-08")
class ClearLeavesBookkeeping(NetworkCache):
    def raw_clear(self, prefix):
        super().raw_clear(prefix)
        self.ask("set", {prefix + "was cleared": b"1"})


@dies_by("C-CLR-01")
class ClearLeavesCounters(SimpleCache):
    def clear(self):
        kept = {key: slot for key, slot in self._slots.items() if type(slot[1]) is int}
        super().clear()
        self._slots.update(kept)
        return True


@dies_by("C-PFX-04")
class ACallablePrefixIsAskedOnce(NetworkCache):
    def __init__(self, port, *, key_prefix="", **options):
        super().__init__(port, key_prefix=key_prefix() if callable(key_prefix) else key_prefix)


# -- payloads ----------------------------------------------------------------------------


@dies_by("C-PAY-01")
class TheUnserializableIsStoredAsNone(SimpleCache):
    def set(self, key, value, timeout=None):
        try:
            return super().set(key, value, timeout)
        except SerializationError:
            return super().set(key, None, timeout)


@dies_by("C-PAY-01")
class AFailedSetLosesTheOldValue(SimpleCache):
    def set(self, key, value, timeout=None):
        try:
            return super().set(key, value, timeout)
        except SerializationError:
            self.delete(key)
            raise


class OnlyPickleErrors:
    def dumps(self, value):
        try:
            return pickle.dumps(value)
        except pickle.PicklingError as error:
            raise SerializationError(str(error)) from error

    loads = staticmethod(pickle.loads)


@dies_by("C-PAY-01")
class OnlyPickleErrorsAreCaught(SimpleCache):
    def __init__(self, **options):
        super().__init__(**options)
        self.serializer = OnlyPickleErrors()

    def _frozen(self, value, life):
        return self._deadline(life), self.serializer.dumps(value), self.serializer.loads


@dies_by("C-PAY-11")
class AnUnreadablePayloadIsTheValue(NetworkCache):
    def get_value(self, key, default=None):
        payload = self.raw_get(self.name(key))
        found = super().get_value(key, MISSING)
        return (
            payload if found is MISSING and payload is not None else super().get_value(key, default)
        )


@dies_by("C-PAY-12")
class NoSealIsChecked(NetworkCache):
    def _value(self, name, payload):
        found = super()._value(name, payload)
        if found is MISSING and payload is not None and len(payload) > 22:
            try:
                return pickle.loads(payload[22:])
            except pickle.UnpicklingError:
                return MISSING
        return found


@dies_by("C-PAY-10")
class GarbageRaises(NetworkCache):
    def _value(self, name, payload):
        if payload is not None and unpack(name, payload) is None:
            raise ValueError("this is no entry")
        return super()._value(name, payload)


@dies_by("C-PAY-14")
class WhatIsNoEntryIsUnpickled(NetworkCache):
    def _value(self, name, payload):
        try:
            return pickle.loads((payload or b"").removeprefix(b"!"))
        except (pickle.UnpicklingError, EOFError):
            return super()._value(name, payload)


@dies_by("C-PAY-03")
class WhatIsGoneRaises(SimpleCache):
    def get_value(self, key, default=None):
        slot = self._slots.get(key)
        if slot is not None and slot[2] is not None:
            slot[2](slot[1])
        return super().get_value(key, default)


@dies_by("C-PAY-06")
class OnlyTheReadableIsDeleted(SimpleCache):
    def delete_many(self, *keys):
        for key in keys:
            if self.get_value(key, MISSING) is not MISSING:
                self.delete(key)
        return list(dict.fromkeys(keys))


@dies_by("C-PAY-13")
class NoKeyIsSealed(NetworkCache):
    def _payload(self, name, value, life):
        return super()._payload("", value, life)

    def _live(self, name, payload):
        return super()._live("", payload)


@dies_by("C-PAY-15")
class BulkIsPickled(NetworkCache):
    def set_many(self, mapping, timeout=None):
        given, self.serializer = self.serializer, PickleSerializer()
        try:
            return super().set_many(mapping, timeout)
        finally:
            self.serializer = given


@dies_by("C-PAY-16")
class TriesEverySerializer(NetworkCache):
    def _opened(self, packed):
        found = super()._opened(packed)
        return pickle.loads(packed.body) if found is MISSING else found


@dies_by("C-PAY-17")
class TheSerializersErrorGoesThrough(NetworkCache):
    def _payload(self, name, value, life):
        self.serializer.dumps(value)
        return super()._payload(name, value, life)


@dies_by("C-PAY-08")
class PicklesUnderALock(SimpleCache):
    def _frozen(self, value, life):
        with self._lock():
            return super()._frozen(value, life)


# -- capacity ----------------------------------------------------------------------------


@dies_by("O-CAP-04")
class EvictsForEverEntriesFirst(SimpleCache):
    def set(self, key, value, timeout=None):
        if len(self._slots) >= self.threshold and key not in self._slots:
            for place, slot in list(self._slots.items()):
                if slot[0] == math.inf:
                    del self._slots[place]
                    break
        return super().set(key, value, timeout)


@dies_by("O-CAP-02")
class WhereItIsFullTheNewestGoes(SimpleCache):
    def set(self, key, value, timeout=None):
        if len(self._slots) >= self.threshold and key not in self._slots:
            return True
        return super().set(key, value, timeout)


@dies_by("O-CAP-03")
class TheExpiredTakesRoom(SimpleCache):
    def _drop_expired(self, now):
        return False


@dies_by("O-CAP-05")
class CountsOverwritesTwice(SimpleCache):
    def set(self, key, value, timeout=None):
        if len(self._slots) >= self.threshold:
            self._slots.popitem(last=False)
        return super().set(key, value, timeout)


@dies_by("O-CAP-01")
class TheLimitIsOneTooHigh(SimpleCache):
    def __init__(self, threshold=500, **options):
        super().__init__(threshold + 1, **options)


# -- processes ---------------------------------------------------------------------------


@dies_by("C-PRC-01")
class SharesItsSocketOverAFork(NetworkCache):
    def __init__(self, port, **options):
        super().__init__(port, **{"reply_timeout": 1, **options})
        idle = []
        self._idle = lambda: idle


@dies_by("C-PRC-02")
class HoldsItsLockOverAFork(SimpleCache):
    def __init__(self, **options):
        super().__init__(**options)
        lock = threading.Lock()
        self._lock = lambda: lock


@dies_by("O-SHR-02")
class ReadsAStaleCopy(NetworkCache):
    def __init__(self, port, **options):
        super().__init__(port, **options)
        self._copies = {}

    def raw_get(self, name):
        if name not in self._copies:
            self._copies[name] = super().raw_get(name)
        return self._copies[name]

    def raw_set(self, name, payload, life):
        self._copies[name] = payload
        return super().raw_set(name, payload, life)


@dies_by("O-SHR-02")
class ClaimsToBeShared(SimpleCache):
    capabilities = SimpleCache.capabilities | {Capability.SHARED}


@dies_by("O-SHR-01")
class EveryProcessHasItsOwn(NetworkCache):
    def _namespace(self):
        return f"{super()._namespace()}{os.getpid()}|"


@dies_by("O-SHR-03")
class WritesAwayAndBack(NetworkCache):
    def raw_set(self, name, payload, life):
        self.ask("delete", [name])
        return super().raw_set(name, payload, life)


class SwapsUnderALockOfItsProcess(NetworkCache):
    """Is atomic for threads only."""

    lock = threading.Lock()

    def raw_swap(self, name, expected, payload, life):
        with self.lock:
            return self.raw_get(name) == expected and self.raw_set(name, payload, life)


@dies_by("O-ADD-08")
class AddsUnderALockOfItsProcess(SwapsUnderALockOfItsProcess):
    pass


@dies_by("O-INC-16")
class CountsUnderALockOfItsProcess(SwapsUnderALockOfItsProcess):
    pass


@dies_by("O-PER-01")
class ClaimsToPersist(SimpleCache):
    capabilities = SimpleCache.capabilities | {Capability.PERSISTENT}


@dies_by("C-PRC-03")
class AChildsExitEndsTheStore(NetworkCache):
    def close(self):
        self.ask("clear", "")
        super().close()


@dies_by("C-PRC-04")
class KnowsOnlyItsFirstProcess(SimpleCache):
    def __init__(self, **options):
        super().__init__(**options)
        self._pid = os.getpid()

    def get(self, key):
        return super().get(key) if os.getpid() == self._pid else None


# -- faults ------------------------------------------------------------------------------


@dies_by("O-FLT-07")
class TakesALateReplyForTheNext(NetworkCache):
    def ask(self, *request):
        connection = self.connection()
        self._idle().append(connection)
        send(connection, request)
        return receive(connection)


@dies_by("O-FLT-02")
class WaitsForEver(NetworkCache):
    def __init__(self, port, *, reply_timeout=None, **options):
        super().__init__(port, reply_timeout=None, **options)


@dies_by("O-FLT-01")
class ALostWriteIsASuccess(NetworkCache):
    def raw_set(self, name, payload, life):
        try:
            return super().raw_set(name, payload, life)
        except OSError:
            return True


@dies_by("O-FLT-01")
class AFailureIsAMiss(NetworkCache):
    def get_value(self, key, default=None):
        try:
            return super().get_value(key, default)
        except CacheUnavailableError:
            return default


@dies_by("O-FLT-01")
class LetsTheDriversErrorThrough(NetworkCache):
    store_errors = ()


@dies_by("O-FLT-03")
class ConnectsInItsConstructor(NetworkCache):
    def __init__(self, port, **options):
        super().__init__(port, **options)
        self.raw_get("hello")


class Retrying(NetworkCache):
    """Sends every request again where the reply is lost."""

    def ask(self, *request):
        try:
            return super().ask(*request)
        except (OSError, EOFError):
            return super().ask(*request)


@dies_by("O-FLT-08")
class CountsAgainInARetry(Retrying):
    def inc(self, key, delta=1):
        with self._translated("inc"):
            return self.ask("count", self.name(key), delta)

    def get(self, key):
        with self._translated("get"):
            return self.ask("counted", self.name(key))

    def set(self, key, value, timeout=None):
        if type(value) is int:
            self.ask("count", self.name(key), value)
            return True
        return super().set(key, value, timeout)


@dies_by("O-FLT-09")
class AddsAgainInARetry(Retrying):
    pass


@dies_by("O-FLT-06")
class DeletesBeforeItWrites(NetworkCache):
    def raw_set(self, name, payload, life):
        self.ask("delete", [name])
        return super().raw_set(name, payload, life)


@dies_by("O-FLT-04")
class HalfAReplyIsAMiss(NetworkCache):
    def raw_get(self, name):
        try:
            return super().raw_get(name)
        except (EOFError, ConnectionResetError):
            return None


@dies_by("O-FLT-05")
class GoesOnAfterHalfAReply(NetworkCache):
    def ask(self, *request):
        connection = self.connection()
        self._idle().append(connection)
        send(connection, request)
        return receive(connection)


@dies_by("O-FLT-10")
class StaysDown(NetworkCache):
    def ask(self, *request):
        if getattr(self, "is_down", False):
            raise ConnectionError("was down")
        try:
            return super().ask(*request)
        except OSError:
            self.is_down = True
            raise


@dies_by("O-FLT-11")
class KeepsAClosedConnection(NetworkCache):
    def ask(self, *request):
        connection = self.connection()
        self._idle().append(connection)
        send(connection, request)
        return receive(connection)


@dies_by("O-NET-01")
class AsksForNothing(NetworkCache):
    def get_many(self, *keys):
        return super().get_many(*keys) if keys else self.ask("get", [])


@dies_by("O-NET-02")
class AsksBeforeItChecks(NetworkCache):
    def set(self, key, value, timeout=None):
        self.raw_get("hello")
        return super().set(key, value, timeout)


@dies_by("O-NET-03")
class AsksTwiceForNone(NetworkCache):
    def get_value(self, key, default=None):
        value = super().get_value(key, None)
        return default if value is None and not self.has(key) else value


# -- construction ------------------------------------------------------------------------


@dies_by("C-CON-09")
class ShowsItsPassword(NetworkCache):
    def __repr__(self):
        return f"<NetworkCache with {self._password}>"


@dies_by("C-CON-03")
class ChangesTheConfiguration(NetworkCache):
    @classmethod
    def factory(cls, app, config, args, kwargs):
        config.pop("CACHE_DIR", None)
        return super().factory(app, config, args, kwargs)


@dies_by("C-CON-04")
class TakesAnyOption(SimpleCache):
    def __init__(self, clock=time.monotonic, **options):
        known = {
            name: options[name] for name in ("threshold", "default_timeout") if name in options
        }
        super().__init__(clock=clock, **known)


@dies_by("C-CON-05")
class TakesAnyDefault(SimpleCache):
    def __init__(self, default_timeout=300, **options):
        super().__init__(**options)
        self.default_timeout = default_timeout


@dies_by("C-CON-06")
class NeedsNoPort(NetworkCache):
    def __init__(self, port, **options):
        super().__init__(port or 1, **options)


@dies_by("C-CON-08")
class ClosesOnce(SimpleCache):
    def close(self):
        del self._clock


@dies_by("C-CON-07")
class HasOneConfigurationForAll(SimpleCache):
    defaults = []

    def __init__(self, default_timeout=300, **options):
        super().__init__(default_timeout=default_timeout, **options)
        self.defaults.append(default_timeout)

    @property
    def default_timeout(self):
        return self.defaults[-1]

    @default_timeout.setter
    def default_timeout(self, value):
        """Take the class's."""


@dies_by("C-CON-10")
class IgnoresTheDefaultTimeout(SimpleCache):
    def __init__(self, default_timeout=300, **options):
        super().__init__(**options)


class Duck:
    """Whatever an application of 2.x has given as its backend."""

    def __init__(self):
        self._entries = {}

    def get(self, key):
        return self._entries.get(key)

    def set(self, key, value, timeout=None):
        self._entries[key] = value
        return True

    def delete(self, key):
        return self._entries.pop(key, None) is not None


MUTANTS.append(Mutant(Duck, "C-CON-01"))


@dies_by("C-CON-02")
class ItsFactoryNamesItsArgumentsOtherwise(SimpleCache):
    @classmethod
    def factory(cls, application, settings, args, kwargs):
        return super().factory(application, settings, args, kwargs)


@dies_by("C-CON-11")
class ATimeoutHasAnotherName(SimpleCache):
    def set(self, key, value, ttl=None):
        return super().set(key, value, ttl)


@dies_by("C-CPB-02")
class HasACapabilityOnce(SimpleCache):
    made = []

    def __init__(self, **options):
        super().__init__(**options)
        self.made.append(self)
        if len(self.made) % 2:
            self.capabilities = self.capabilities - {Capability.TOUCH}


@dies_by("C-CPB-01")
class WhatIsMissingIsAnAttributeError(SimpleCache):
    capabilities = SimpleCache.capabilities - {Capability.TOUCH}

    def touch(self, key, timeout=None):
        raise AttributeError("touch")


@dies_by("C-MOD-01")
class ForgetsAfterFiveWrites(SimpleCache):
    writes = 0

    def set(self, key, value, timeout=None):
        self.writes += 1
        return self.writes % 5 == 0 or super().set(key, value, timeout)


# -- through Flask -----------------------------------------------------------------------


@dies_by("C-FLK-01")
class RemembersNothing(SimpleCache):
    def set(self, key, value, timeout=None):
        return True


@dies_by("C-THR-02")
class WritesInTwoSteps(SimpleCache):
    def set(self, key, value, timeout=None):
        if isinstance(value, bytes):
            super().set(key, value[:100], timeout)
            time.sleep(0.0001)
        return super().set(key, value, timeout)


@dies_by("C-THR-01")
class OneThreadAtATime(SimpleCache):
    """Keeps what it works on in the object."""

    def get_dict(self, *keys):
        self._asked = keys
        values = [(time.sleep(0), self.get(key))[1] for key in keys]
        return dict(zip(self._asked, values, strict=True)) if len(self._asked) == len(keys) else {}

    def get(self, key):
        self._key = key
        time.sleep(0.0001)
        return super().get(self._key)


@dies_by("C-FLK-10")
class EntriesLoseTheirTypes(SimpleCache):
    def _frozen(self, value, life):
        if type(value) is Entry and type(value.value) is tuple:
            value = value._replace(value=list(value.value))
        return super()._frozen(value, life)
