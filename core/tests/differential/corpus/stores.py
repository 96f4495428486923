"""Backends as applications have written them for 2.x."""

from __future__ import annotations

import pickle

from flask_caching.backends.base import BaseCache


class OldStore(BaseCache):
    """Keeps pickles in a dict, and the timeouts as they came."""

    def __init__(self, default_timeout=300, **options):
        super().__init__(default_timeout)
        self.options = options
        self.values = {}
        self.timeouts = {}

    @classmethod
    def factory(cls, app, config, args, kwargs):
        return cls(*args, **kwargs)

    def get(self, key):
        return pickle.loads(self.values[key]) if key in self.values else None

    def has(self, key):
        return key in self.values

    def set(self, key, value, timeout=None):
        self.values[key] = pickle.dumps(value)
        self.timeouts[key] = timeout
        return True

    def add(self, key, value, timeout=None):
        return not self.has(key) and self.set(key, value, timeout)

    def delete(self, key):
        return self.values.pop(key, None) is not None

    def clear(self):
        self.values.clear()
        return True

    @property
    def keys(self):
        return sorted(self.values)


class StrictStore(OldStore):
    """Takes the options that it knows and no others."""

    def __init__(self, default_timeout=300):
        super().__init__(default_timeout)

    @classmethod
    def factory(cls, app, config, args, kwargs):
        return cls(**kwargs)


class ConfiguredStore(OldStore):
    """Is made of settings, and shows what its factory was given."""

    @classmethod
    def factory(cls, app, config, args, kwargs):
        store = cls(default_timeout=config["CACHE_DEFAULT_TIMEOUT"])
        store.given = {
            "app": app.name,
            "args": list(args),
            "prefix": config["CACHE_KEY_PREFIX"],
            "threshold": config["CACHE_THRESHOLD"],
            "own": config["CACHE_OF_MINE"],
            "default_timeout": kwargs["default_timeout"],
        }
        return store


class BrokenStore(OldStore):
    """A store that is down, for the operations named in ``CACHE_OPTIONS["broken"]``."""

    def _fail(self, operation):
        if operation in self.options["broken"]:
            raise ConnectionError(operation)

    def get(self, key):
        self._fail("get")
        return super().get(key)

    def has(self, key):
        self._fail("has")
        return super().has(key)

    def set(self, key, value, timeout=None):
        self._fail("set")
        return super().set(key, value, timeout)

    def add(self, key, value, timeout=None):
        return key not in self.values and self.set(key, value, timeout)

    def delete(self, key):
        self._fail("delete")
        return super().delete(key)


class OlderStore(OldStore):
    """Answers as stores did before lists of keys were asked for, and has no `add` of its own."""

    def set(self, key, value, timeout=None):
        super().set(key, value, timeout)

    def add(self, key, value, timeout=None):
        return True

    def get_many(self, *keys):
        return (self.get(key) for key in keys)

    def set_many(self, mapping, timeout=None):
        for key, value in mapping.items():
            self.set(key, value, timeout)
        return True

    def delete_many(self, *keys):
        for key in keys:
            self.delete(key)
        return True

    def clear(self):
        self.values.clear()


class SmallStore(BaseCache):
    """Has nothing but what every store needs."""

    def __init__(self, **options):
        super().__init__()
        self.values = {}

    @classmethod
    def factory(cls, app, config, args, kwargs):
        return cls(**kwargs)

    def get(self, key):
        return self.values.get(key)

    def set(self, key, value, timeout=None):
        self.values[key] = value
        return True

    def delete(self, key):
        return self.values.pop(key, None) is not None


def make_old_store(app, config, args, kwargs):
    """Make a store as a factory function that ``CACHE_TYPE`` names does."""
    return OldStore(*args, **kwargs)


OLD = {"CACHE_TYPE": "corpus.stores.OldStore"}


def broken(*operations):
    """Return the settings of a store that fails in these operations."""
    return {"CACHE_TYPE": "corpus.stores.BrokenStore", "CACHE_OPTIONS": {"broken": operations}}
