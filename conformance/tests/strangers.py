"""Tests that a stranger might write. Collected by `test_suite` only."""

from __future__ import annotations

from flask_caching.backends.base import BaseCache, Capability
from flask_caching.backends.null import NullCache
from flask_caching_conformance import BackendConformance


class TestWithoutAnything(BackendConformance):
    pass


class TestNothingAtAll:
    pass


class TestNull(BackendConformance):
    config = {"CACHE_TYPE": NullCache}


class Empty(BaseCache):
    pass


class TestEmpty(BackendConformance):
    config = {"CACHE_TYPE": Empty}


class DictCache(BaseCache):
    """What somebody writes in five minutes: it takes no clock, and declares nothing."""

    def __init__(self, **options):
        super().__init__(**options)
        self._entries = {}

    def get(self, key):
        return self._entries.get(key)

    def set(self, key, value, timeout=None):
        self._entries[key] = value
        return True

    def delete(self, key):
        return self._entries.pop(key, None) is not None

    def has(self, key):
        return key in self._entries

    def clear(self):
        self._entries.clear()
        return True


class TestOfFiveMinutes(BackendConformance):
    config = {"CACHE_TYPE": DictCache}


class TestThatCannotFork(BackendConformance):
    config = {"CACHE_TYPE": "simple"}
    process_models = frozenset()


class TestThatExpectsAFailure(BackendConformance):
    config = {"CACHE_TYPE": DictCache}

    known_failures = {
        "C-VAL-09": "it keeps the caller's own object",
        "C-SET-01": "it passes",
    }


class TestOverClaiming(BackendConformance):
    """Claims what it can't: the cases of the capability run, and fail."""

    class Claiming(DictCache):
        capabilities = frozenset(set(Capability) - {Capability.NETWORK, Capability.BULK})

    config = {"CACHE_TYPE": Claiming}
