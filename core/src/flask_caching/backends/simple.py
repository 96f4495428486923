"""The cache in the process's own memory: `SimpleCache`.

Reading takes no lock: under the GIL, ``get`` and ``move_to_end`` are atomic each, and an entry
that vanishes in between is a ``KeyError``. Writers share one lock, under which no code of the
application runs: values are pickled before and unpickled after.
"""

from __future__ import annotations

import math
import pickle
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from heapq import heapify, heappop, heappush
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import ConfigError
from ..payload import Entry
from ..processes import PerProcess
from ..serializers import ATOMS, PickleSerializer, Serializer, serialized
from ..typing import MISSING, Timeout
from .base import LONGEST_LIFE, BaseCache, Capability, checked_delta, checked_key, counter_sum

if TYPE_CHECKING:
    from flask import Flask

#: What 2.x takes a threshold of 0 for.
DEFAULT_THRESHOLD = 500


#: What lies under a key: the deadline, the content, and what makes a value of it; where that
#: is ``None``, the content is the value itself. A plain tuple, made at each `SimpleCache.set`.
Slot: TypeAlias = tuple[float, Any, Callable[[Any], Any] | None]


class SimpleCache(BaseCache):
    """Keeps entries in this process's memory; every process has its own.

    Past the threshold an entry that has expired makes room, or else the one that was least
    recently used; that costs the same however many entries there are.

    :param threshold: the number of entries held; ``0`` means 500.
    :param default_timeout: seconds that an entry lives where none are given; ``0``: for ever.
    :param ignore_errors: whether `delete_many` leaves out a key whose deletion fails instead
        of raising. ``ignore_delete_many_errors`` is the same option by its other name.
    :param key_prefix: a callable, asked at each operation, keeps tenants apart. A plain
        string changes nothing, since nobody else sees this memory.
    :param clock: gives the time in seconds; monotonic, so that lives don't follow a wall
        clock that is set.
    """

    keeps_entries = True
    capabilities = frozenset(
        {
            Capability.ATOMIC_ADD,
            Capability.ATOMIC_INC,
            Capability.BULK,
            Capability.PREFIX,
            Capability.BOUNDED,
            Capability.SUBSECOND,
            Capability.TOUCH,
            Capability.PRUNE,
        }
    )

    def __init__(
        self,
        threshold: int = DEFAULT_THRESHOLD,
        default_timeout: Timeout = 300,
        ignore_errors: bool = False,
        *,
        ignore_delete_many_errors: bool | None = None,
        key_prefix: str | Callable[[], str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(
            default_timeout,
            ignore_errors if ignore_delete_many_errors is None else ignore_delete_many_errors,
        )
        if isinstance(threshold, bool) or not isinstance(threshold, int) or threshold < 0:
            raise ConfigError(
                "CACHE_THRESHOLD", f"must be a number of entries, 0 or more, not {threshold!r}"
            )
        self.threshold = threshold or DEFAULT_THRESHOLD
        self.key_prefix = key_prefix
        self.serializer = PickleSerializer()
        self._tenant = key_prefix if callable(key_prefix) else None
        self._clock = clock
        self._lock = PerProcess(threading.Lock)
        self._slots: OrderedDict[Hashable, Slot] = OrderedDict()
        #: A heap of the deadlines, from when an entry has to make room until most of them are
        #: of entries that are gone: with room for all, nobody asks which one expires first.
        self._deadlines: list[tuple[float, Hashable]] | None = None

    @classmethod
    def factory(
        cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> SimpleCache:
        options = {
            "threshold": config["CACHE_THRESHOLD"],
            "ignore_errors": config["CACHE_IGNORE_ERRORS"],
            **kwargs,
        }
        if callable(config["CACHE_KEY_PREFIX"]):
            options.setdefault("key_prefix", config["CACHE_KEY_PREFIX"])
        return cls(*args, **options)

    @property
    def serializer(self) -> Serializer:
        """What copies values: what lies here is bytes, that no caller can change."""
        return self._serializer

    @serializer.setter
    def serializer(self, serializer: Serializer) -> None:
        self._serializer, self._loads = serializer, serializer.loads
        self._is_pickle = type(serializer) is PickleSerializer

    @property
    def _cache(self) -> Mapping[Hashable, Slot]:
        """What lies here, by key, to look at: applications list 2.x's keys that way."""
        return MappingProxyType(self._slots)

    # -- reading ---------------------------------------------------------------------

    def get(self, key: str) -> Any:
        return self.get_value(key, None)

    def get_value(self, key: str, default: Any = None) -> Any:
        place = key if self._tenant is None else (self._tenant(), key)
        slot = self._slots.get(place)
        if slot is None or slot[0] <= self._clock():
            checked_key(key)
            return default
        # Evicted or deleted by another thread meanwhile? It was there when we looked.
        try:  # noqa: SIM105 (suppress() costs as much as the rest of this)
            self._slots.move_to_end(place)
        except KeyError:
            pass
        if slot[2] is None:
            return slot[1]
        value = _thawed(slot)
        return default if value is MISSING else value

    def get_many(self, *keys: str) -> list[Any]:
        # A hit of a memoized function is one call of this, so nothing here is factored out.
        slots = self._slots
        now = self._clock()
        places = keys if self._tenant is None else self._places(keys)
        found: list[Any] = []
        for place in places:
            slot = slots.get(place)
            if slot is None or slot[0] <= now:
                checked_key(place if self._tenant is None else place[1])
                found.append(None)
                continue
            try:  # noqa: SIM105 (as above)
                slots.move_to_end(place)
            except KeyError:
                pass
            if slot[2] is None:
                found.append(slot[1])
            else:
                value = _thawed(slot)
                found.append(None if value is MISSING else value)
        return found

    def has(self, key: str) -> bool:
        slot = self._slots.get(self._place(checked_key(key)))
        return slot is not None and slot[0] > self._clock()

    def life_left(self, key: str) -> float | None:
        slot, now = self._slots.get(self._place(checked_key(key))), self._clock()
        if slot is None or slot[0] <= now:
            return None
        return 0 if slot[0] == math.inf else slot[0] - now

    # -- writing ---------------------------------------------------------------------

    def set(self, key: str, value: Any, timeout: Timeout | None = None) -> bool:
        # The usual of all three is looked at here: asked for, it takes half as long again.
        usual_key = type(key) is str and key.isascii() and self._tenant is None
        place = key if usual_key else self._place(checked_key(key))
        given: Any = timeout
        life = given if type(given) is int and 0 < given < LONGEST_LIFE else self.life(timeout)
        content, thaw = (value, None) if type(value) in ATOMS else self._copied(value)
        with self._lock():
            # The life begins when the value is ready, however long pickling it took.
            now = self._clock()
            self._put(place, (now + life if life else math.inf, content, thaw), now)
        return True

    def set_many(self, mapping: Any, timeout: Timeout | None = None) -> list[str]:
        entries = dict(mapping)
        places = [self._place(checked_key(key)) for key in entries]
        life = self.life(timeout)
        frozen = [self._frozen(value) for value in entries.values()]
        with self._lock():
            now = self._clock()
            deadline = now + life if life else math.inf
            for place, (content, thaw) in zip(places, frozen, strict=True):
                self._put(place, (deadline, content, thaw), now)
        return list(entries)

    def add(self, key: str, value: Any, timeout: Timeout | None = None) -> bool:
        place = self._place(checked_key(key))
        life = self.life(timeout)
        content, thaw = self._frozen(value)
        with self._lock():
            if self._live(place) is not None:
                return False
            now = self._clock()
            self._put(place, (now + life if life else math.inf, content, thaw), now)
        return True

    def inc(self, key: str, delta: int = 1) -> int:
        place = self._place(checked_key(key))
        checked_delta(delta)
        unreadable: Slot | None = None
        while True:
            with self._lock():
                slot = self._live(place)
                if slot is None or slot is unreadable or slot[2] is None:
                    return self._count(key, place, None if slot is unreadable else slot, delta)
            # No integer lies there. Can it be read at all? Otherwise it is a miss here, too.
            if _thawed(slot) is not MISSING:
                counter_sum(key, slot[1], delta)  # raises
            unreadable = slot

    def dec(self, key: str, delta: int = 1) -> int:
        return self.inc(key, -checked_delta(delta))

    def touch(self, key: str, timeout: Timeout | None = None) -> bool:
        place = self._place(checked_key(key))
        deadline = self._deadline(self.life(timeout))
        with self._lock():
            slot = self._live(place)
            if slot is None:
                return False
            self._put(place, (deadline, *slot[1:]), self._clock())
        return True

    # -- removing --------------------------------------------------------------------

    def delete(self, key: str) -> bool:
        place = self._place(checked_key(key))
        with self._lock():
            live = self._live(place) is not None
            self._slots.pop(place, None)
        return live

    def delete_many(self, *keys: str) -> list[str]:
        wanted = list(dict.fromkeys(checked_key(key) for key in keys))
        places = [self._place(key) for key in wanted]
        with self._lock():
            for place in places:
                self._slots.pop(place, None)
        return wanted

    def clear(self) -> bool:
        tenant = None if self._tenant is None else self._tenant()
        with self._lock():
            if tenant is None:
                self._slots.clear()
                self._deadlines = None
            else:
                # Not the OrderedDict's own iterator, which a reader's move_to_end breaks.
                for place in list(dict.keys(self._slots)):
                    if place[0] == tenant:  # type: ignore[index]
                        del self._slots[place]
        return True

    def prune(self) -> int:
        removed = 0
        with self._lock():
            now = self._clock()
            while self._drop_expired(now):
                removed += 1
        return removed

    # -- under the lock --------------------------------------------------------------

    def _live(self, place: Hashable) -> Slot | None:
        slot = self._slots.get(place)
        return slot if slot is not None and slot[0] > self._clock() else None

    def _count(self, key: str, place: Hashable, slot: Slot | None, delta: int) -> int:
        total = counter_sum(key, MISSING if slot is None else slot[1], delta)
        deadline = self._deadline(self.life(None)) if slot is None else slot[0]
        self._put(place, (deadline, total, None), self._clock())
        return total

    def _put(self, place: Hashable, slot: Slot, now: float) -> None:
        deadline, slots = slot[0], self._slots
        if deadline <= now:
            slots.pop(place, None)
            return
        # Into the heap first: a fork between the two lines leaves a deadline without an
        # entry, which is skipped, and not an entry that never counts as expired.
        deadlines = self._deadlines
        if deadlines is not None and deadline != math.inf:
            heappush(deadlines, (deadline, place))
            if len(deadlines) > 2 * len(slots) + 64:
                self._deadlines = None  # most of them are of entries that are gone
        slots[place] = slot
        slots.move_to_end(place)
        while len(slots) > self.threshold:
            # Looked at before it is asked, which with the lines above takes 3 % less.
            none_expired = self._deadlines and self._deadlines[0][0] > now
            if none_expired or not self._drop_expired(now):
                slots.popitem(last=False)

    def _drop_expired(self, now: float) -> bool:
        """Remove the entry that expired first; ``False`` where none has."""
        deadlines = self._deadlines
        if deadlines is None:
            # Not the OrderedDict's own iterator, which a reader's move_to_end breaks.
            deadlines = self._deadlines = [
                (slot[0], place) for place, slot in dict.items(self._slots) if slot[0] != math.inf
            ]
            heapify(deadlines)
        while deadlines and deadlines[0][0] <= now:
            deadline, place = heappop(deadlines)
            slot = self._slots.get(place)
            # Overwritten, touched or deleted entries leave their old deadline in the heap.
            if slot is not None and slot[0] == deadline:
                del self._slots[place]
                return True
        return False

    # -- outside of the lock ---------------------------------------------------------

    def _place(self, key: str) -> Hashable:
        return key if self._tenant is None else (self._tenant(), key)

    def _places(self, keys: tuple[str, ...]) -> Any:
        tenant = self._tenant() if self._tenant is not None else None
        return [(tenant, key) for key in keys]

    def _deadline(self, life: float) -> float:
        return self._clock() + life if life else math.inf

    def _frozen(self, value: Any) -> tuple[Any, Callable[[Any], Any] | None]:
        """Make what is kept of a value: what nobody can change, and what reads it."""
        return (value, None) if type(value) in ATOMS else self._copied(value)

    def _copied(self, value: Any) -> tuple[Any, Callable[[Any], Any] | None]:
        if type(value) is Entry:
            if type(value.value) in ATOMS:
                return value, None
            content: Any = serialized(self._serializer, value.value)
            return value._replace(value=content), self._thawed_entry
        if self._is_pickle:
            try:  # bare, which takes a third less
                return pickle.dumps(value, pickle.HIGHEST_PROTOCOL), self._loads
            except Exception:  # noqa: BLE001, S110 (below it fails again, and says why)
                pass
        return serialized(self._serializer, value), self._loads

    def _thawed_entry(self, entry: Entry) -> Entry:
        return Entry(self._loads(entry.value), entry.names, entry.stamps)


def _thawed(slot: Slot) -> Any:
    """Return a copy of the value, or `MISSING` where it can't be made any more."""
    _, content, thaw = slot
    try:
        return content if thaw is None else thaw(content)
    except Exception:  # noqa: BLE001 (whatever unpickling raises, the entry is a miss)
        return MISSING
