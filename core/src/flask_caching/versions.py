"""What does an entry depend on, and how is it invalidated?

An entry is *stamped* when it depends on versions: keys of their own, whose random values are
read together with it and stored within it. Whoever invalidates writes a new version, and all
entries that carry another one are misses from there on. Functions, objects, tags and namespaces
are all the same to it: names of versions. The rule that all of this keeps: no call returns a
value older than the last invalidation that was complete before it began.

Tags that are known only from the result can't be read before computing. The *epoch* stands for
all of them: it is read before, and written before any tag's version; the result is stored only
where it is still the same after the tags' versions were read.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from secrets import token_hex
from typing import Any

from .backends.foreign import ForeignCache, as_written
from .errors import CacheUnavailableError
from .flights import Flights
from .happenings import Happenings
from .keys.tags import EPOCH, FRESH, hard_version, with_hard_versions
from .notices import warn_once
from .overridden import note_check
from .payload import Entry
from .statistics import NOBODY, Counts
from .typing import MISSING

#: Versions outlive every entry. Not "for ever", since backends written elsewhere have read a
#: timeout of 0 as "expired now".
VERSION_LIFE = 10 * 365 * 24 * 3600
#: memcached reads a longer life as a date, and a backend written elsewhere may hand it on as it
#: is. A version that expires first is a miss.
FOREIGN_VERSION_LIFE = 30 * 24 * 3600


class Versions(Happenings):
    """The versions that the entries of one `Cache` on one application depend on."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.flights = Flights(self.settings.single_flight_wait)
        #: Gives the wall clock's time in seconds, which the processes share.
        self.clock = time.time
        self._version_life = (
            FOREIGN_VERSION_LIFE if isinstance(self.store, ForeignCache) else VERSION_LIFE
        )

    def stamps(
        self, names: tuple[str, ...], versions: tuple[str | None, ...] = ()
    ) -> tuple[str, ...] | None:
        """Return the versions under these names, new ones for those that don't exist.

        :param versions: what was found under the names, where they were looked for.
        :return: ``None`` where the backend does not keep them.
        """
        if len(versions) < len(names):
            versions = tuple(self.backend.get_many(*names))
        # The `add` of an older backend may be a stub that says yes and stores nothing.
        for write in (self.backend.add, self.backend.set):
            if None in versions:
                for name, version in zip(names, versions, strict=True):
                    if version is None:
                        write(name, new_version(), self._version_life)
                versions = tuple(self.backend.get_many(*names))
        stamps = tuple(version for version in versions if version is not None)
        if len(stamps) == len(names):
            return stamps
        kind = type(as_written(self.store))
        warn_once(
            ("versions", kind, self.app.name),
            "%s does not keep versions (%s), so what depends on them is not stored: the results "
            "of memoized functions, and whatever has tags or lies in a namespace.",
            kind.__name__,
            names[0],
        )
        return None

    def stamped(self, values: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
        """Return what to store of values that depend on the versions with these names.

        Nothing where the backend does not keep them.
        """
        if not names or not self.backend.remembers:
            return values
        stamps = self.stamps(names)
        if stamps is None:
            return {}
        return {key: Entry(value, names, stamps) for key, value in values.items()}

    def is_fresh_entry(self, entry: Entry, current: dict[str, Any]) -> bool | None:
        """Return whether an entry is fresh under these versions, or stale; ``None``: outdated."""
        fresh = True
        for name, stamp in zip(entry.names, entry.stamps, strict=True):
            if name == FRESH:
                fresh = fresh and (stamp == "0" or self.clock() < _time(stamp))
            elif name == EPOCH or current[name] == stamp:
                pass  # the epoch did its work when the entry was stored
            elif name != hard_version(name) and hard_version(name) in entry.names:
                fresh = False  # the hard version, which is looked at as well, decides
            else:
                return None
        return fresh

    def valid_values(
        self, found: list[Any], default: Any, known: dict[str, Any] | None = None
    ) -> list[Any]:
        """Return values, of entries only while they are valid; `default` in the others' places.

        One trip for all of them, or none.

        :param known: versions that were read together with the values, or before.
        """
        known = known or {}
        names = {name for each in found if type(each) is Entry for name in each.names}
        wanted = tuple(names.difference(known, (FRESH, EPOCH)))
        current = dict(known)
        if wanted:
            current.update(zip(wanted, self.backend.get_many(*wanted), strict=True))
        if names:
            note_check()
        return [
            each
            if type(each) is not Entry
            else each.value
            if self.is_fresh_entry(each, current)
            else default
            for each in found
        ]

    def unwrapped(self, value: Any, default: Any = MISSING) -> Any:
        """Return the value of a stamped entry while it is valid; other values as they are."""
        if type(value) is not Entry:
            return value
        return self.valid_values([value], default)[0]

    # -- invalidation ----------------------------------------------------------------

    def flight_key(self, key: str) -> Hashable:
        """Return what tells the flights of tenants apart that share a key."""
        prefix = self.backend.key_prefix
        return (prefix(), key) if callable(prefix) else key

    def forget(self, *keys: str) -> None:
        """Make computations of these keys that are under way not store; before changing them."""
        if not self.flights.is_quiet:
            self.flights.forget(*[self.flight_key(key) for key in keys])

    def delete(self, key: str, counts: Counts = NOBODY) -> bool:
        """Invalidate a single key."""
        self.forget(key)
        answer = self.seen.delete(key)
        self.deleted(key, counts=counts)
        return answer

    def invalidate(self, name: str, counts: Counts = NOBODY) -> None:
        """Invalidate every entry that depends on the version with this name, with one write.

        :raises CacheUnavailableError: where the store did not take it.
        """
        self.outdate(name)
        self.invalidated(name, counts)

    def outdate(self, *names: str) -> None:
        """Write new versions under these names.

        :raises CacheUnavailableError: where the store did not take them all; what depends on
            those that the message names is not invalidated.
        """
        left = list(names)
        if len(names) > 1:
            versions = {name: new_version() for name in names}
            written = self.store.set_many(versions, self._version_life)
            # One that was lost at once may look refused; written alone, the answer is exact.
            left = [name for name in names if name not in written]
        refused = [
            name
            for name in left
            if self.store.set(name, new_version(), self._version_life) is False
        ]
        if refused:
            raise CacheUnavailableError(
                f"The store refused to write {', '.join(map(repr, refused))}; "
                "nothing was invalidated by it."
            )

    def invalidate_tags(self, *names: str, soft: bool = False) -> None:
        """Invalidate every entry that has one of the tags whose versions have these names.

        :param soft: let values that are kept when they are stale get stale, and no more.
        :raises CacheUnavailableError: as `invalidate` does.
        """
        if names:
            self.outdate(EPOCH)  # first: see `Lookup._depends`
            self.outdate(*(names if soft else with_hard_versions(names)))
        for name in names:
            self.invalidated(name)


def new_version() -> str:
    """Return a random version; random, so that a lost one never comes back."""
    return token_hex(8)


def _time(stamp: str) -> float:
    """Return the time that a stamp says; long ago, where somebody else wrote it and it is none."""
    try:
        return float(stamp)
    except ValueError:
        return 0.0
