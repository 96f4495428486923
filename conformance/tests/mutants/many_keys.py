"""Backends whose operations on many keys are wrong."""

from __future__ import annotations

import itertools

from flask_caching.backends.simple import SimpleCache

from ..network import NetworkCache
from .registry import dies_by


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


@dies_by("C-BULK-05")
class SetManyWithZeroKeepsOldLives(SimpleCache):
    def set_many(self, mapping, timeout=None):
        old = {key: self._slots[key][0] for key in mapping if key in self._slots}
        stored = super().set_many(mapping, timeout)
        if timeout == 0:
            for key, deadline in old.items():
                self._slots[key] = (deadline, *self._slots[key][1:])
        return stored


@dies_by("C-BULK-07")
class SetManyWritesUpToTheBadValue(SetManyWritesUpToTheBadKey):
    pass


@dies_by("C-BULK-09")
class DeleteManyDeletesUpToTheBadKey(SimpleCache):
    def delete_many(self, *keys):
        return [key for key in dict.fromkeys(keys) if self.delete(key) or True]


@dies_by("C-BULK-10")
class UnlinkListsWhatWasThere(SimpleCache):
    def unlink(self, *keys):
        return [key for key in dict.fromkeys(keys) if self.delete(key)]


@dies_by("C-BULK-12")
class ManyReadsFindTheExpired(SimpleCache):
    def get_many(self, *keys):
        return [self._slots[key][1] if key in self._slots else None for key in keys]


@dies_by("C-BULK-13")
class FiveHundredAtOnce(SimpleCache):
    def set_many(self, mapping, timeout=None):
        return super().set_many(dict(itertools.islice(mapping.items(), 500)), timeout)


@dies_by("C-BULK-14")
class OnlyDictsAreMappings(SimpleCache):
    def set_many(self, mapping, timeout=None):
        return super().set_many(mapping, timeout) if isinstance(mapping, dict) else []
