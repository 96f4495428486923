"""Backends whose prefixes or `clear` are wrong."""

from __future__ import annotations

import fnmatch
import re

from flask_caching.backends.simple import SimpleCache

from ..network import NetworkCache
from .registry import dies_by


@dies_by("O-PFX-01")
class PrefixesHaveNoEnd(NetworkCache):
    def _namespace(self):
        return super()._namespace()[:-1]


@dies_by("C-PFX-03")
class PrefixAndKeyRunTogether(NetworkCache):
    def _namespace(self):
        return super()._namespace()[:-1]


@dies_by("O-PFX-02")
class PrefixesAreIgnored(NetworkCache):
    def _namespace(self):
        return "|"


@dies_by("C-FLK-08")
class ApplicationsShareTheirEntries(PrefixesAreIgnored):
    pass


@dies_by("O-PFX-06")
class ACallablePrefixIsAnother(NetworkCache):
    def _namespace(self):
        return super()._namespace() + ("called|" if callable(self.key_prefix) else "")


@dies_by("C-PFX-09")
class PrefixesAreCut(NetworkCache):
    def _namespace(self):
        return super()._namespace()[:200] + "|"


@dies_by("C-PFX-10")
class ABlankEndsThePrefix(NetworkCache):
    def raw_clear(self, prefix):
        super().raw_clear(prefix.replace(" ", "_"))


@dies_by("O-PFX-01")
class ClearIsAGlob(NetworkCache):
    def _namespace(self):
        prefix = self.key_prefix() if callable(self.key_prefix) else self.key_prefix
        return prefix + "|"

    def raw_clear(self, prefix):
        pattern = re.compile(fnmatch.translate(prefix + "*"))
        self.raw_delete_many([name for name in self.ask("names") if pattern.match(name)])


@dies_by("O-PFX-01")
class ClearWipesTheStore(NetworkCache):
    def raw_clear(self, prefix):
        self.ask("clear", "")


@dies_by("O-PFX-07")
class ClearWipesWhatIsNotItsOwn(NetworkCache):
    def raw_clear(self, prefix):
        names = self.ask("names")
        strange = [name for name in names if not self.raw_get(name).startswith(b"!\0FC")]
        self.raw_delete_many(strange)
        super().raw_clear(prefix)


@dies_by("H-PFX-08")
class ClearLeavesBookkeeping(NetworkCache):
    def raw_clear(self, prefix):
        super().raw_clear(prefix)
        self.ask("set", {prefix + "was cleared": b"1"})


@dies_by("C-CLR-01")
class ClearLeavesCounters(SimpleCache):
    def clear(self):
        kept = {key: slot for key, slot in self._slots.items() if type(slot[1]) is int}
        super().clear()
        self._slots.update(kept)
        return True


@dies_by("C-PFX-04")
class ACallablePrefixIsAskedOnce(NetworkCache):
    def __init__(self, port, *, key_prefix="", **options):
        super().__init__(port, key_prefix=key_prefix() if callable(key_prefix) else key_prefix)


@dies_by("O-PFX-05")
class ATenantClearsWhoBeginsAlike(SimpleCache):
    def clear(self):
        for place in list(self._slots):
            if place[0].startswith(self._tenant()):
                del self._slots[place]
        return True
