"""Backends that are wrong where several threads use them."""

from __future__ import annotations

import time

from flask_caching.backends.simple import SimpleCache

from .registry import dies_by


@dies_by("C-THR-02")
class WritesInTwoSteps(SimpleCache):
    def set(self, key, value, timeout=None):
        if isinstance(value, bytes):
            super().set(key, value[:100], timeout)
            time.sleep(0.0001)
        return super().set(key, value, timeout)


@dies_by("C-THR-01")
class OneThreadAtATime(SimpleCache):
    """Keeps what it works on in the object."""

    def get_dict(self, *keys):
        self._asked = keys
        values = [(time.sleep(0), self.get(key))[1] for key in keys]
        return dict(zip(self._asked, values, strict=True)) if len(self._asked) == len(keys) else {}

    def get(self, key):
        self._key = key
        time.sleep(0.0001)
        return super().get(self._key)


@dies_by("C-THR-03")
class ThreadsMixUpTheirKeys(OneThreadAtATime):
    pass


@dies_by("C-THR-04")
class BeginsOnceForEachThread(SimpleCache):
    begun = False

    def set(self, key, value, timeout=None):
        if not self.begun:
            time.sleep(0.01)
            self.clear()
            self.begun = True
        return super().set(key, value, timeout)


@dies_by("C-THR-05")
class ClearMindsOtherWrites(SimpleCache):
    writes = 0

    def set(self, key, value, timeout=None):
        time.sleep(0.0005)  # nobody is done before the others begin
        self.writes += 1
        return super().set(key, value, timeout)

    def clear(self):
        before = self.writes
        time.sleep(0.002)
        if self.writes != before:
            raise RuntimeError("dictionary changed size during iteration")
        return super().clear()
