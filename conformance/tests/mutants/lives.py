"""Backends whose entries live too long or too short."""

from __future__ import annotations

import calendar
import math
import time

from flask_caching.backends.simple import SimpleCache
from flask_caching.payload import Entry

from .registry import dies_by


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
    def _put(self, place, slot, now):
        deadline = slot[0] if slot[0] == math.inf else float(int(slot[0]))
        super()._put(place, (deadline, *slot[1:]), now)


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


@dies_by("O-TIM-02")
class SecondsAreRoundedUp(WithLives):
    def changed(self, life):
        return math.ceil(life)


class WithADefault(SimpleCache):
    """Changes the default life."""

    def __init__(self, default_timeout=300, **options):
        super().__init__(default_timeout=self.changed(default_timeout), **options)


@dies_by("C-TIM-06")
class TheDefaultIsAnHour(WithADefault):
    def changed(self, default):
        return 3_600


@dies_by("C-TIM-07")
class ADefaultThatIsNoIntegerIsForEver(WithADefault):
    def changed(self, default):
        return default if type(default) is int else 0


@dies_by("C-TIM-09")
class ADefaultOfZeroIsNone(WithADefault):
    def changed(self, default):
        return default or 300


@dies_by("C-TIM-17")
class ANegativeDefaultIsForEver(WithADefault):
    def changed(self, default):
        return max(default, 0)


@dies_by("C-TIM-12")
class SetManyChecksTheTimeoutLast(SimpleCache):
    def set_many(self, mapping, timeout=None):
        super().set_many(mapping)
        return super().set_many(mapping, timeout)


@dies_by("C-TIM-14")
class SetManyListsOnlyWhatStays(SimpleCache):
    def set_many(self, mapping, timeout=None):
        return [key for key in super().set_many(mapping, timeout) if self.has(key)]


@dies_by("C-TIM-15")
class AddIsTrueOnlyWhereSomethingStays(SimpleCache):
    def add(self, key, value, timeout=None):
        return super().add(key, value, timeout) and self.has(key)


@dies_by("C-TIM-16")
class AddWithANegativeTimeoutDeletes(SimpleCache):
    def add(self, key, value, timeout=None):
        added = super().add(key, value, timeout)
        if self.life(timeout) < 0:
            self.delete(key)
        return added


@dies_by("C-TIM-18")
class AllHaveTheLatestLife(SimpleCache):
    def set(self, key, value, timeout=None):
        stored = super().set(key, value, timeout)
        deadline = self._slots[key][0] if key in self._slots else 0
        self._slots.update({place: (deadline, *slot[1:]) for place, slot in self._slots.items()})
        return stored


@dies_by("C-TIM-21")
class LivesBeginBeforePickling(SimpleCache):
    def set(self, key, value, timeout=None):
        deadline = self._deadline(self.life(timeout))
        stored = super().set(key, value, timeout)
        self._slots[key] = (deadline, *self._slots[key][1:])
        return stored


@dies_by("C-TIM-22")
class TheExpiredIsDeletedAsIfItLived(SimpleCache):
    def delete(self, key):
        return self._slots.pop(key, None) is not None


@dies_by("O-TOUCH-02")
class TouchKnowsNoDefault(SimpleCache):
    def touch(self, key, timeout=None):
        return super().touch(key, 0 if timeout is None else timeout)


@dies_by("O-TOUCH-03")
class TouchWithZeroChangesNothing(SimpleCache):
    def touch(self, key, timeout=None):
        return self.has(key) if timeout == 0 else super().touch(key, timeout)


@dies_by("O-TOUCH-06")
class TouchIsTrueOnlyWhereSomethingStays(SimpleCache):
    def touch(self, key, timeout=None):
        return super().touch(key, timeout) and self.has(key)


@dies_by("O-TOUCH-07")
class TouchLosesTheStamps(SimpleCache):
    def touch(self, key, timeout=None):
        found = self.get(key)
        touched = super().touch(key, timeout)
        if touched and type(found) is Entry:
            self.set(key, found.value, timeout)
        return touched


# -- on clocks that are set --------------------------------------------------------------


@dies_by("H-CLK-01")
class WhatIsOfTheFutureIsGone(SimpleCache):
    def __init__(self, **options):
        super().__init__(**options)
        self.written = {}

    def set(self, key, value, timeout=None):
        self.written[key] = self._clock()
        return super().set(key, value, timeout)

    def get_many(self, *keys):
        for key in keys:
            if self.written.get(key, 0) > self._clock():
                self.delete(key)
        return super().get_many(*keys)


@dies_by("H-CLK-02")
class ItsClockNeverGoesBack(SimpleCache):
    def __init__(self, clock=time.monotonic, **options):
        self.latest = -math.inf
        super().__init__(clock=lambda: self.not_before(clock()), **options)

    def not_before(self, now):
        self.latest = max(self.latest, now)
        return self.latest


@dies_by("H-CLK-03")
class ItsClockShowsLocalTime(SimpleCache):
    def __init__(self, clock=time.time, **options):
        super().__init__(clock=lambda: calendar.timegm(time.localtime(clock())), **options)
