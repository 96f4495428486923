"""Backends that count wrongly."""

from __future__ import annotations

import math
import time

from flask_caching.backends.simple import SimpleCache
from flask_caching.typing import MISSING

from ..network import NetworkCache
from .registry import dies_by


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


@dies_by("C-INC-02")
class IncAnswersWhatWasThere(SimpleCache):
    def inc(self, key, delta=1):
        return super().inc(key, delta) - delta


@dies_by("C-INC-03")
class NoCounterIsBelowZero(SimpleCache):
    def dec(self, key, delta=1):
        return super().inc(key, max(-delta, -(self.get(key) or 0)))


@dies_by("C-INC-04")
class ASubtypeIsNoStep(SimpleCache):
    def inc(self, key, delta=1):
        if type(delta) is not int:
            raise TypeError("delta must be an int")
        return super().inc(key, delta)


@dies_by("C-INC-05")
class AnythingIsAStep(SimpleCache):
    def inc(self, key, delta=1):
        return super().inc(key, int(delta or 0))


@dies_by("C-INC-08")
class CountersHaveSixtyTwoBits(SimpleCache):
    def inc(self, key, delta=1):
        if not -(2**62) <= delta < 2**62:
            raise OverflowError(key)
        return super().inc(key, delta)


@dies_by("C-INC-09")
class AnAbsentCounterStartsAnywhere(SimpleCache):
    def inc(self, key, delta=1):
        if type(delta) is int and not self.has(key):
            self.set(key, delta)
            return delta
        return super().inc(key, delta)


@dies_by("C-INC-11")
class CountingEndsALifeForEver(SimpleCache):
    def inc(self, key, delta=1):
        for_ever = key in self._slots and self._slots[key][0] == math.inf
        total = super().inc(key, delta)
        if for_ever:
            self.touch(key)
        return total


@dies_by("C-INC-12")
class AnExpiredCounterGoesOn(SimpleCache):
    def inc(self, key, delta=1):
        slot = self._slots.get(key)
        return super().inc(key, delta + (slot[1] if slot and not self.has(key) else 0))


@dies_by("C-INC-13")
class OnlyItsOwnCountersCount(SimpleCache):
    def __init__(self, **options):
        super().__init__(**options)
        self.counters = set()

    def inc(self, key, delta=1):
        if self.has(key) and key not in self.counters:
            raise TypeError(f"{key!r} is no counter")
        self.counters.add(key)
        return super().inc(key, delta)


@dies_by("O-INC-15")
class IncAnswersWhatIsThereAfterwards(SimpleCache):
    def inc(self, key, delta=1):
        super().inc(key, delta)
        time.sleep(0.0001)
        return self.get(key)


@dies_by("C-PAY-18")
class GarbageCannotBeCounted(NetworkCache):
    def inc(self, key, delta=1):
        raw, found = self._found(self.name(key), "inc")
        if raw is not None and found is None:
            raise TypeError(f"{key!r} does not hold a counter")
        return super().inc(key, delta)


@dies_by("C-PAY-19")
class WhatIsGoneCannotBeCounted(SimpleCache):
    def inc(self, key, delta=1):
        if self.has(key) and self.get_value(key, MISSING) is MISSING:
            raise TypeError(f"{key!r} does not hold a counter")
        return super().inc(key, delta)
