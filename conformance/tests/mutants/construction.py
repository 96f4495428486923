"""Backends that are made wrongly, or say too much."""

from __future__ import annotations

import time

from flask_caching.backends.base import Capability
from flask_caching.backends.simple import SimpleCache

from ..network import NetworkCache
from .registry import MUTANTS, Mutant, dies_by


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
