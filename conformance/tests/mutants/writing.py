"""Backends that write wrongly, or change what they are given."""

from __future__ import annotations

import pickle
import time

from flask import Response

from flask_caching.backends.simple import SimpleCache
from flask_caching.errors import SerializationError
from flask_caching.payload import Entry
from flask_caching.typing import MISSING

from .registry import dies_by


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


@dies_by("C-ADD-01")
class AddStoresNothing(SimpleCache):
    def add(self, key, value, timeout=None):
        return not self.has(key)


@dies_by("C-ADD-04")
class AddRemembersTheDeleted(SimpleCache):
    def __init__(self, **options):
        super().__init__(**options)
        self.deleted = set()

    def delete(self, key):
        self.deleted.add(key)
        return super().delete(key)

    def add(self, key, value, timeout=None):
        return key not in self.deleted and super().add(key, value, timeout)


@dies_by("O-ADD-07")
class EveryAddWins(SimpleCache):
    def add(self, key, value, timeout=None):
        super().add(key, value, timeout)
        time.sleep(0.0005)  # the winners meet before one of them is done
        return True


@dies_by("C-SET-03")
class BulkHasKeysOfItsOwn(SimpleCache):
    def set_many(self, mapping, timeout=None):
        super().set_many({f"many {key}": value for key, value in mapping.items()}, timeout)
        return list(mapping)

    def get_many(self, *keys):
        return super().get_many(*(f"many {key}" for key in keys))


@dies_by("C-CLR-02")
class AClearedCacheIsClosed(SimpleCache):
    cleared = False

    def clear(self):
        self.cleared = True
        return super().clear()

    def set(self, key, value, timeout=None):
        return self.cleared or super().set(key, value, timeout)


@dies_by("C-VAL-02")
class AddStoresTexts(SimpleCache):
    def add(self, key, value, timeout=None):
        return super().add(key, str(value), timeout)


@dies_by("C-VAL-06")
class EntriesLoseTheirStamps(SimpleCache):
    keeps_entries = True

    def set(self, key, value, timeout=None):
        return super().set(key, value.value if type(value) is Entry else value, timeout)


@dies_by("C-VAL-10")
class TuplesBecomeLists(SimpleCache):
    def set(self, key, value, timeout=None):
        return super().set(key, list(value) if type(value) is tuple else value, timeout)


@dies_by("C-PAY-02")
class ItsErrorsAreNoCacheErrors(SimpleCache):
    def set(self, key, value, timeout=None):
        try:
            return super().set(key, value, timeout)
        except SerializationError as error:
            raise TypeError(str(error)) from None


@dies_by("C-PAY-05")
class TheUnreadableStays(SimpleCache):
    def set(self, key, value, timeout=None):
        if self.has(key) and self.get_value(key, MISSING) is MISSING:
            return False
        return super().set(key, value, timeout)
