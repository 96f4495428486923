"""What is a part of a cache that can be cleared at one stroke? A `Namespace`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .decorators import Decorators
from .invalidated import Invalidated
from .keys.tags import Space, tag_versions
from .keys.text import key_text
from .lookup import Lookup
from .payload import Entry
from .typing import MISSING, Timeout


class Namespace(Decorators):
    """A part of a `Cache`, with keys of its own; `Cache.namespace` makes one.

    Its entries depend on a version, which is read together with them and which `clear` writes
    anew. It holds nothing itself: two of the same name are the same.

    Counters and ``add`` are left to the cache: no store can change an entry and compare its
    version in one step.
    """

    def __init__(self, find_lookup: Callable[[], Lookup], space: Space) -> None:
        self._find_lookup = find_lookup
        self._space = space

    def __repr__(self) -> str:
        return f"<Namespace {'/'.join(self._space.path)}>"

    def _lookup(self) -> Lookup:
        return self._find_lookup()

    def namespace(self, name: str) -> Namespace:
        """Return a part of this namespace, which `clear` clears too."""
        return Namespace(self._find_lookup, self._space.within(name))

    def clear(self) -> Invalidated:
        """Outdate every entry, with one write; what lies in the store is overwritten, or expires.

        No computation that began before has its value stored for later callers, in any process.

        :raises CacheUnavailableError: where the store did not take it.
        """
        name = self._space.versions[-1]
        self._lookup().invalidate(name)
        return Invalidated("namespace", name, removed=True)

    # -- what a Cache has as well ------------------------------------------------------
    #
    # As of a Cache: where the store fails, reading finds nothing and writing stores nothing.

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value, or `default`."""
        value = self._asked(key)[0]
        return default if value is MISSING or value is None else value

    def get_value(self, key: str, default: Any = None) -> Any:
        """Return the value, a stored ``None`` too, or `default`."""
        value = self._asked(key)[0]
        return default if value is MISSING else value

    def get_many(self, *keys: str) -> list[Any]:
        """Return the values in the order of the keys, ``None`` for the missing ones."""
        return [None if value is MISSING else value for value in self._asked(*keys)]

    def get_dict(self, *keys: str) -> dict[str, Any]:
        """Return a dict with every key asked."""
        return dict(zip(keys, self.get_many(*keys), strict=True))

    def has(self, key: str) -> bool:
        """Return whether an entry is there."""
        return self._found(key)[0] is not MISSING

    def set(
        self,
        key: str,
        value: Any,
        timeout: Timeout | None = None,
        *,
        tags: str | Iterable[str] | None = None,
    ) -> bool | None:
        """Store a value; ``True`` when it is stored.

        :param tags: as for `Cache.set`.
        """
        lookup, placed = self._lookup(), self._placed(key)
        names = (*self._space.versions, *tag_versions(tags))
        try:
            kept = lookup.stamped({placed: value}, names)
            lookup.forget(placed)
            answer = lookup.backend.set(placed, kept[placed], timeout) if kept else False
        except OSError as error:
            return lookup.instead(error, placed, answer=False, writing=True)
        lookup.gave(placed, answer is not False)
        return answer

    def set_many(self, mapping: Mapping[str, Any], timeout: Timeout | None = None) -> list[str]:
        """Store several values; return the keys stored."""
        lookup = self._lookup()
        placed = {self._placed(key): key_text(key) for key in mapping}
        entries = {self._placed(key): value for key, value in mapping.items()}
        try:
            kept = lookup.stamped(entries, self._space.versions)
            lookup.forget(*kept)
            stored = lookup.backend.set_many(kept, timeout)
        except OSError as error:
            nothing: list[str] = []
            return lookup.instead(error, named(entries), nothing, writing=True)
        taken = set(stored)
        for name in entries:
            lookup.gave(name, name in taken)
        return [placed[name] for name in stored]

    def delete(self, key: str) -> bool:
        """Remove an entry; ``True`` only when a live one was there.

        Exact within a process: no computation that began before stores after it.
        """
        lookup, placed = self._lookup(), self._placed(key)
        lookup.forget(placed)
        had = self.has(key)
        answer = lookup.backend.delete(placed) and had
        lookup.deleted(placed)
        return answer

    def delete_many(self, *keys: str) -> list[str]:
        """Remove several entries; return the keys under which nothing is left."""
        lookup = self._lookup()
        placed = {self._placed(key): key_text(key) for key in keys}
        lookup.forget(*placed)
        answer = [placed[name] for name in lookup.backend.delete_many(*placed)]
        lookup.deleted(*placed)
        return answer

    def _placed(self, key: Any) -> str:
        return self._space.prefix + key_text(key)

    def _asked(self, *keys: str) -> list[Any]:
        """Return what `_found` does, and count it."""
        lookup, found = self._lookup(), self._found(*keys)
        for key, value in zip(keys, found, strict=True):
            lookup.asked(self._placed(key), value is not MISSING)
        return found

    def _found(self, *keys: str) -> list[Any]:
        """Return the values that are valid in this namespace, `MISSING` in the others' places."""
        lookup, names = self._lookup(), self._space.versions
        wanted = [self._placed(key) for key in keys]
        try:
            found = lookup.backend.get_many(*names, *wanted)
            versions, entries = dict(zip(names, found, strict=False)), found[len(names) :]
            # What was put there from outside can't be cleared: it does not count.
            ours = [
                each if type(each) is Entry and set(names).issubset(each.names) else MISSING
                for each in entries
            ]
            return lookup.valid_values(ours, MISSING, versions)
        except OSError as error:
            return lookup.instead(error, named(wanted), [MISSING] * len(wanted))


def named(keys: Iterable[Any]) -> str:
    """Return the keys of a call on many as one text, for who is told of its error."""
    return ", ".join(map(str, keys))
