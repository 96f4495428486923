"""Backends on which applications fail."""

from __future__ import annotations

from flask import current_app

from flask_caching.backends.simple import SimpleCache
from flask_caching.payload import Entry

from ..network import NetworkCache
from .registry import dies_by
from .writing import SetKeepsTheFirst


@dies_by("C-FLK-01")
class RemembersNothing(SimpleCache):
    def set(self, key, value, timeout=None):
        return True


@dies_by("C-FLK-02")
class AViewIsForEver(SimpleCache):
    def set(self, key, value, timeout=None):
        return super().set(key, value, 0)

    def set_many(self, mapping, timeout=None):
        return super().set_many(mapping, 0)


@dies_by("C-FLK-03")
class EveryQueryIsTheSame(SimpleCache):
    def get_value(self, key, default=None):
        return super().get_value("query", default)

    def set(self, key, value, timeout=None):
        return super().set("query", value, timeout)


@dies_by("C-FLK-04")
class AForcedUpdateIsLost(SetKeepsTheFirst):
    pass


class DeletesNothing(SimpleCache):
    def delete(self, key):
        return self.has(key)

    def delete_many(self, *keys):
        return list(keys)


@dies_by("C-FLK-05")
class FunctionsAreNotForgotten(DeletesNothing):
    pass


@dies_by("C-FLK-07")
class FragmentsAreNotForgotten(DeletesNothing):
    pass


@dies_by("C-FLK-06")
class NoneIsNotStored(SimpleCache):
    keeps_entries = True

    def set(self, key, value, timeout=None):
        held = value.value if type(value) is Entry else value
        return held is None or super().set(key, value, timeout)

    def set_many(self, mapping, timeout=None):
        return [key for key, value in mapping.items() if self.set(key, value, timeout)]


@dies_by("C-FLK-09")
class ClearDoesNothing(SimpleCache):
    def clear(self):
        return True


@dies_by("C-FLK-10")
class EntriesLoseTheirTypes(SimpleCache):
    def _copied(self, value):
        if type(value) is Entry and type(value.value) is tuple:
            value = value._replace(value=list(value.value))
        return super()._copied(value)


@dies_by("C-FLK-11")
class AsksForTheApplication(SimpleCache):
    def set(self, key, value, timeout=None):
        return super().set(f"{current_app.name} {key}", value, timeout)


@dies_by("C-FLK-12")
class ViewsLoseTheirHeaders(SimpleCache):
    def set(self, key, value, timeout=None):
        return super().set(key, value[:2] if type(value) is tuple else value, timeout)


@dies_by("C-FLK-13")
class RemembersVersions(NetworkCache):
    """Reads from the store only what it did not read or write itself."""

    def __init__(self, port, **options):
        super().__init__(port, **options)
        self._copies = {}

    def raw_get(self, name):
        return self.raw_get_many([name])[0]

    def raw_get_many(self, names):
        for name, found in zip(names, super().raw_get_many(names), strict=True):
            if found is not None:
                self._copies.setdefault(name, found)
        return [self._copies.get(name) for name in names]

    def raw_set(self, name, payload, life):
        self._copies[name] = payload
        return super().raw_set(name, payload, life)
