"""What does the store have for a call? The hit: one trip."""

from __future__ import annotations

from typing import Any, NamedTuple

from .keys.tags import EPOCH, FRESH
from .overridden import Overridden
from .payload import Entry
from .statistics import NOBODY, Counts
from .typing import MISSING
from .versions import Versions

#: How the names of an entry begin that the versions read with it do not tell all about.
MARKED = ((FRESH,), (EPOCH,))


class Miss(NamedTuple):
    """What a read found that is not an answer."""

    #: `Flights.landings`, as noted before reading.
    landings: int
    #: The versions found, ``None`` for those that don't exist.
    versions: tuple[str | None, ...] = ()
    #: The store could not be read: answer without it.
    down: bool = False
    #: What the backend noted of it, for when the value is stored (`BaseCache.note_miss`).
    noted: Any = None
    #: A value that is to be computed anew, and will do until then.
    stale: Any = MISSING


class Reading(Versions):
    """Reads what one `Cache` on one application has stored."""

    def read(  # noqa: C901 (in one piece: a call more would cost the hit of a view 5 %)
        self, keys: tuple[str, ...], keeps_none: bool = True, counts: Counts = NOBODY
    ) -> Any:
        """Return the value under the last key, valid for the versions under the others.

        One trip. Gives a `Miss` where there is no such value.

        :param counts: what the decorated function counts; here, errors.
        """
        landings = self.flights.landings
        try:
            if len(keys) == 1:
                key = keys[0]
                value = self.seen.get_value(key, MISSING) if keeps_none else self.seen.get(key)
                if type(value) is Entry:
                    return self._read_marked(keys, (), value, landings, keeps_none, counts)
                if value is MISSING or (value is None and not keeps_none):
                    return self.miss(key, landings, counts=counts)
                return value
            found = self.seen.get_many(*keys)
        except Exception as error:  # noqa: BLE001 (whatever a driver raises; see `failed`)
            self.failed(error, keys[-1], counts=counts)
            return Miss(landings, down=True)
        entry = found.pop()
        versions = tuple(found)
        if type(entry) is Entry and entry.stamps == versions:
            value = entry.value
            if value is not None or keeps_none:
                return value
        elif type(entry) is Entry and entry.names[:1] in MARKED:
            return self._read_marked(keys, versions, entry, landings, keeps_none, counts)
        elif keeps_none and self._holds_none(keys[-1], versions, counts):
            return None
        return self.miss(keys[-1], landings, versions, counts)

    def _read_marked(
        self,
        keys: tuple[str, ...],
        versions: tuple[str | None, ...],
        entry: Entry,
        landings: int,
        keeps_none: bool,
        counts: Counts,
    ) -> Any:
        """Return the value of an entry that the versions read with it do not tell all about."""
        # Noted now: the next read may displace what the backend knows of this one.
        miss = self.miss(keys[-1], landings, versions, counts)
        known: dict[str, str | None] = dict(zip(keys, versions, strict=False))
        # One that was stored with other tags, or before it had any, does not count.
        if not known.keys() <= set(entry.names) or (entry.value is None and not keeps_none):
            return miss
        rest = [name for name in entry.names if name not in known and name not in (FRESH, EPOCH)]
        if rest:
            try:
                known.update(zip(rest, self.backend.get_many(*rest), strict=True))
            except Exception as error:  # noqa: BLE001 (whatever a driver raises; see `failed`)
                self.failed(error, keys[-1], counts=counts)
                return miss
        fresh = self.is_fresh_entry(entry, known)
        if fresh is None:
            return miss
        return entry.value if fresh else miss._replace(stale=entry.value)

    def _holds_none(self, key: str, versions: tuple[str | None, ...], counts: Counts) -> bool:
        """Tell a stored ``None`` from nothing, where a subclass overrides how to read."""
        try:
            return isinstance(self.seen, Overridden) and self.seen.holds_none(key, versions)
        except Exception as error:  # noqa: BLE001 (whatever an override raises; see `failed`)
            self.failed(error, key, counts=counts)
            return False

    def miss(
        self,
        key: str,
        landings: int,
        versions: tuple[str | None, ...] = (),
        counts: Counts = NOBODY,
    ) -> Miss:
        """Return the miss of a value that was just read, and is to be computed."""
        try:
            return Miss(landings, versions, noted=self.seen.note_miss(key))
        except Exception as error:  # noqa: BLE001 (whatever a driver raises; see `failed`)
            self.failed(error, key, counts=counts)
            return Miss(landings, down=True)
