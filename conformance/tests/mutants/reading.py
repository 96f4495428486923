"""Backends that read wrongly."""

from __future__ import annotations

import pickle

from flask_caching.backends.simple import SimpleCache

from ..network import NetworkCache
from .registry import dies_by


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


@dies_by("C-GET-02")
class DeletingWhatIsMissingRaises(SimpleCache):
    def delete(self, key):
        if not self.has(key):
            raise KeyError(key)
        return super().delete(key)


@dies_by("C-VAL-09")
class ReadsEachKeyOnce(SimpleCache):
    def get_many(self, *keys):
        found = {key: self.get(key) for key in keys}
        return [found[key] for key in keys]


@dies_by("C-PAY-04")
class OneBadEntryCostsAll(SimpleCache):
    def get_many(self, *keys):
        values = super().get_many(*keys)
        spoiled = any(
            self.has(key) and value is None for key, value in zip(keys, values, strict=True)
        )
        return [None] * len(keys) if spoiled else values


@dies_by("C-PAY-07")
class OnlyUnpicklingErrorsAreCaught(SimpleCache):
    def get_value(self, key, default=None):
        slot = self._slots.get(key)
        if slot is not None and slot[2] is not None:
            try:
                slot[2](slot[1])
            except (pickle.UnpicklingError, AttributeError, ImportError):
                return default
        return super().get_value(key, default)


@dies_by("C-PAY-09")
class UnpicklesUnderALock(SimpleCache):
    def get_value(self, key, default=None):
        with self._lock():
            return super().get_value(key, default)
