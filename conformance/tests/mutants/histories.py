"""Backends that are wrong where threads, processes or programs do something at once."""

from __future__ import annotations

import multiprocessing

from flask_caching.backends.simple import SimpleCache

from ..network import NetworkCache
from .registry import dies_by, pause


@dies_by("C-MOD-02")
class CountsOverWhatOthersWrite(SimpleCache):
    def inc(self, key, delta=1):
        total = self.get_value(key, 0) + delta
        pause()
        super().set(key, total)
        return total


@dies_by("C-MOD-02")
class TwoDeletesFindTheSame(SimpleCache):
    def delete(self, key):
        found = self.has(key)
        pause()
        super().delete(key)
        return found


class SwapsInTwoSteps(NetworkCache):
    def raw_swap(self, name, expected, payload, life):
        if self.raw_get(name) != expected:
            return False
        pause()
        return self.raw_set(name, payload, life)


@dies_by("O-SHR-04")
class SwapsOverWhatOthersWrite(SwapsInTwoSteps):
    pass


@dies_by("O-INC-17")
class ASetAmidAnIncIsLost(SwapsInTwoSteps):
    pass


@dies_by("O-SHR-05")
class NamesAreOfPythonsHash(NetworkCache):
    """A hash that is another one in each interpreter, and the same in forked ones."""

    def name(self, key):
        return f"{super().name('')}{hash(super().name(key))}"


@dies_by("O-ADD-09")
class AddsUnderALockOfItsFamily(SwapsInTwoSteps):
    """Those who were forked have its lock, too."""

    lock = multiprocessing.get_context("fork").Lock()

    def raw_swap(self, name, expected, payload, life):
        with self.lock:
            return super().raw_swap(name, expected, payload, life)
