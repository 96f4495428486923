"""Backends that change, confuse or refuse keys."""

from __future__ import annotations

from flask_caching.backends.simple import SimpleCache

from ..network import NetworkCache
from .registry import dies_by


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
