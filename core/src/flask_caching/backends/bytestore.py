"""How does a store of bytes become a backend? By writing five small methods.

`BytesCache` takes care of keys, prefix, serialization, compression, seals, lives, counters, bulk
operations and the translation of errors. A subclass talks to its store::

    class FooCache(BytesCache):
        store_errors = (FooError,)
        settings = {"CACHE_FOO_URL": "url"}

        def raw_get(self, name): ...
        def raw_set(self, name, payload, life): ...
        def raw_delete(self, name): ...
        def raw_swap(self, name, expected, payload, life): ...
        def raw_clear(self, prefix): ...

and overrides the ``raw_…_many`` methods, too or instead, where the store can take many names in
one trip, ``name`` where it takes only some names, and ``raw_prune`` or ``raw_discard`` where it
forgets nothing by itself. The deadline travels in the payload, so expiry in the store may be late,
or missing altogether. What the backend promises beyond that, its ``capabilities`` say
(`Capability`).
"""

from __future__ import annotations

import inspect
import math
import random
import time
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from ..compression import LARGEST, PLAIN, Compression, expanded
from ..display import without_passwords
from ..errors import CacheUnavailableError, ConfigError, NotSupportedError
from ..payload import Entry, Packed, deadline_of, pack, packing, unpack
from ..seals import CHECKSUM, Seal
from ..serializers import PickleSerializer, Serializer, dumping, tag_of
from ..typing import MISSING, Timeout
from .base import (
    BaseCache,
    Capability,
    checked_delta,
    checked_key,
    counter_sum,
    without_unknown_default,
)

if TYPE_CHECKING:
    from flask import Flask

#: How often a compare-and-swap is tried against racing writers before it counts as an outage.
SWAP_ATTEMPTS = 64
#: Seconds to pause before another attempt, at most: doubled each time, up to the second.
FIRST_PAUSE, LONGEST_PAUSE = 0.00002, 0.01


#: How many texts are known again where they are read together with few others, how many these may
#: be, and how long a text's payload (bytes).
MOST_KNOWN, FEW, LONGEST_KNOWN = 1_024, 8, 256


class _KnownText(NamedTuple):
    """A text, and the payload that it was once read from."""

    payload: bytes
    seal: Seal
    #: When it expires, by the backend's clock.
    deadline: float
    text: str


class BytesCache(BaseCache):
    """Base of backends whose store keeps bytes under names.

    :param default_timeout: seconds that an entry lives where none are given; ``0``: for ever.
    :param key_prefix: keeps programs that share a store apart; a callable is asked at each
        operation.
    :param serializer: an object with ``dumps`` and ``loads``; pickle where none is given.
    :param ignore_delete_many_errors: whether `delete_many` answers with an empty list where the
        store fails, instead of raising.
    :param clock: gives the wall clock's time in seconds, which the processes share.
    """

    keeps_entries = True
    #: What the store's driver raises when the store can't be reached or fails.
    store_errors: ClassVar[tuple[type[Exception], ...]] = (OSError,)
    #: The settings that the constructor takes, each with the name of its parameter:
    #: ``{"CACHE_FOO_URL": "url"}``. What is not configured is not handed over.
    settings: ClassVar[Mapping[str, str]] = {}

    #: How large values are compressed, if they are; an application's ``CACHE_COMPRESSION``.
    compression: Compression | None = None
    #: Told the name and the bytes of what lies in the store and is no entry of this backend's.
    tell_untrusted: Callable[[str, bytes], None] | None = None
    #: ``None`` until somebody was asked for it.
    _seal: Seal | None = CHECKSUM
    _find_seal: Callable[[], Seal | None] | None = None
    _known_texts: dict[str, _KnownText]
    #: The prefix of the last name, and what its names begin with.
    _known_namespace: tuple[str | None, str] = ("", "|")

    #: Whether `name` is this class's own.
    _names_are_plain: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._names_are_plain = cls.name is BytesCache.name

    def __init__(
        self,
        default_timeout: Timeout = 300,
        *,
        key_prefix: str | Callable[[], str] | None = None,
        serializer: Serializer | None = None,
        ignore_delete_many_errors: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(default_timeout, ignore_delete_many_errors)
        self.key_prefix = key_prefix or ""
        self.serializer = serializer or PickleSerializer()
        self._clock = clock

    @classmethod
    def factory(
        cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> BytesCache:
        options = cls._configured(config, args, kwargs) | without_unknown_default(cls, kwargs)
        backend = cls(*args, **options)
        # Set here, so that a constructor need not have them among its parameters.
        if "key_prefix" not in kwargs:
            backend.key_prefix = config["CACHE_KEY_PREFIX"]
        if "ignore_delete_many_errors" not in kwargs:
            backend.ignore_delete_many_errors = config["CACHE_IGNORE_ERRORS"]
        return backend

    @property
    def serializer(self) -> Serializer:
        """What makes bytes of values."""
        return self._serializer

    @serializer.setter
    def serializer(self, serializer: Serializer) -> None:
        self._serializer, self._tag = serializer, tag_of(serializer)
        self._dumps, self._loads = dumping(serializer), serializer.loads
        self._known_texts = {}

    @property
    def seal(self) -> Seal:
        """What seals the entries: a checksum, or the signature of whoever has a secret."""
        seal, find = self._seal, self._find_seal
        if find is not None and (seal is None or seal is CHECKSUM):
            seal = self._seal = find() or CHECKSUM
        return seal or CHECKSUM

    @seal.setter
    def seal(self, seal: Seal) -> None:
        self._seal = seal

    def seal_by(self, find: Callable[[], Seal | None]) -> None:
        """Ask what seals the entries: at the first use, and at each until there is one."""
        self._seal, self._find_seal = None, find

    # -- the store: to be written by the subclass ------------------------------------

    def raw_get(self, name: str) -> bytes | None:
        """Return the bytes under a name, or ``None``."""
        self._check_override("raw_get")
        return self.raw_get_many([name])[0]

    def raw_set(self, name: str, payload: bytes, life: float) -> bool:
        """Create or overwrite; ``False`` where the store refuses (too large, full).

        :param life: seconds after which the store may forget it; ``0``: for ever.
        """
        self._check_override("raw_set")
        return bool(self.raw_set_many({name: payload}, life))

    def raw_delete(self, name: str) -> bool:
        """Remove a name; ``True`` when it was there."""
        self._check_override("raw_delete")
        return bool(self.raw_delete_many([name]))

    def raw_clear(self, prefix: str) -> None:
        """Remove every name that begins with `prefix`, and nothing else."""
        raise NotSupportedError(type(self), "clear")

    def raw_swap(
        self, name: str, expected: bytes | None, payload: bytes, life: float
    ) -> bool | None:
        """Write only if exactly `expected` lies there (``None``: nothing); ``False`` if not.

        ``None`` where the store refuses the payload (too large, full), so that nobody tries
        again. Everything that must not race is made of this. This default is not atomic: a backend
        that keeps it must not declare ``ATOMIC_ADD`` or ``ATOMIC_INC``.
        """
        return self.raw_get(name) == expected and self.raw_set(name, payload, life)

    # -- the store: to be overridden where it has something better --------------------

    def raw_get_many(self, names: Sequence[str]) -> Sequence[bytes | None]:
        return [self.raw_get(name) for name in names]

    def raw_set_many(self, payloads: Mapping[str, bytes], life: float) -> list[str]:
        """Write several; return the names that were stored."""
        return [n for n, payload in payloads.items() if self.raw_set(n, payload, life)]

    def raw_delete_many(self, names: Sequence[str]) -> int | None:
        """Remove several; return how many were there, if `raw_delete` is not overridden."""
        return sum(self.raw_delete(name) for name in names)

    def raw_discard(self, name: str, payload: bytes) -> None:
        """Remove what was read, which has expired or is no entry, if it still lies there.

        Called by reading operations, which fail for no failure of this. By default such
        entries stay until they are overwritten, deleted or forgotten by the store.
        """

    def raw_prune(self, prefix: str, now: float) -> int:
        """Remove what has expired of the names that begin with `prefix`; return how many.

        `flask_caching.payload.deadline_of` tells when, where the store itself does not know.

        :param now: the time by the backend's clock.
        """
        raise NotSupportedError(type(self), "prune")

    def name(self, key: str) -> str:
        """Return the name under which `key` lies in the store.

        Override it for a store that takes only some names: map what is illegal to something
        legal with a collision-resistant hash; never cut, strip or lower-case.
        """
        return self._namespace() + checked_key(key)

    # -- reading ---------------------------------------------------------------------

    def get(self, key: str) -> Any:
        return self.get_value(key, None)

    def get_value(self, key: str, default: Any = None) -> Any:
        name = self.name(key)
        try:  # not _translated, which costs half as much as reading a file
            payload = self.raw_get(name)
        except self.store_errors as error:
            raise self._unavailable("get", error) from error
        value = self._value(name, payload)
        return default if value is MISSING else value

    def get_many(self, *keys: str) -> list[Any]:
        if not keys:
            return []
        names = self._names_of(keys)
        try:  # as in get_value
            payloads = self.raw_get_many(names)
        except self.store_errors as error:
            raise self._unavailable("get_many", error) from error
        value = self._value if len(keys) > FEW else self._value_again
        return [
            None if (found := value(name, payload)) is MISSING else found
            for name, payload in zip(names, payloads, strict=True)
        ]

    def has(self, key: str) -> bool:
        return self._found(self.name(key), "has")[1] is not None

    # -- writing ---------------------------------------------------------------------

    def set(self, key: str, value: Any, timeout: Timeout | None = None) -> bool:
        name, life = self.name(key), self.life(timeout)
        payload = self._payload(name, value, life)
        try:  # as in get_value
            if life < 0:
                self.raw_delete(name)
                return True
            return self.raw_set(name, payload, life)
        except self.store_errors as error:
            raise self._unavailable("set", error) from error

    def set_many(self, mapping: Mapping[str, Any], timeout: Timeout | None = None) -> list[str]:
        entries = dict(mapping)
        if not entries:
            return []
        names, life = self._names_of(entries), self.life(timeout)
        payloads = self._payloads_of(dict(zip(names, entries.values(), strict=True)), life)
        with self._translated("set_many"):
            if life < 0:
                self.raw_delete_many(names)
                return list(entries)
            stored = set(self.raw_set_many(payloads, life))
        return [key for name, key in zip(names, entries, strict=True) if name in stored]

    def add(self, key: str, value: Any, timeout: Timeout | None = None) -> bool:
        name, life = self.name(key), self.life(timeout)
        payload = self._payload(name, value, life)
        for _ in _attempts():
            raw, found = self._found(name, "add")
            if found is not None:
                return False
            if life < 0:
                return True
            with self._translated("add"):
                stored = self.raw_swap(name, raw, payload, life)
            if stored is not False:
                return bool(stored)
        return False

    def inc(self, key: str, delta: int = 1) -> int:
        name = self.name(key)
        checked_delta(delta)
        for _ in _attempts():
            raw, found = self._found(name, "inc")
            value = MISSING if found is None else self._opened(found)
            total = counter_sum(key, value, delta)
            if found is None or value is MISSING:
                life = self.life(None)
                if life < 0:
                    return total
                deadline = self._deadline(life)
            else:
                deadline = found.deadline
                life = max(deadline - self._clock(), 0.001) if deadline else 0
            payload = self._sealed(name, Packed(deadline, (), (), *self._body(total)))
            with self._translated("inc"):
                stored = self.raw_swap(name, raw, payload, life)
            if stored:
                return total
            if stored is None:
                raise CacheUnavailableError(
                    f"{type(self).__name__}.inc failed: the store refused {len(payload)} bytes"
                )
        raise CacheUnavailableError(
            f"{type(self).__name__}.inc gave up: {SWAP_ATTEMPTS} other writers came first"
        )

    def dec(self, key: str, delta: int = 1) -> int:
        return self.inc(key, -checked_delta(delta))

    def touch(self, key: str, timeout: Timeout | None = None) -> bool:
        if Capability.TOUCH not in self.capabilities:
            raise NotSupportedError(type(self), "touch")
        name, life = self.name(key), self.life(timeout)
        for _ in _attempts():
            raw, found = self._found(name, "touch")
            if found is None:
                return False
            if life < 0:
                return self.delete(key)
            payload = self._sealed(name, found._replace(deadline=self._deadline(life)))
            with self._translated("touch"):
                stored = self.raw_swap(name, raw, payload, life)
            if stored is not False:
                return bool(stored)
        return False

    def life_left(self, key: str) -> float | None:
        _, found = self._found(self.name(key), "life_left")
        if found is None:
            return None
        return found.deadline - self._clock() if found.deadline else 0

    # -- removing --------------------------------------------------------------------

    def delete(self, key: str) -> bool:
        name = self.name(key)
        raw, found = self._found(name, "delete")
        if raw is None:
            return False
        with self._translated("delete"):
            return self.raw_delete(name) and found is not None

    def delete_many(self, *keys: str) -> list[str]:
        wanted = list(dict.fromkeys(keys))
        if not wanted:
            return []
        names = self._names_of(wanted)
        try:
            with self._translated("delete_many"):
                self.raw_delete_many(names)
        except CacheUnavailableError:
            if not self.ignore_delete_many_errors:
                raise
            return []  # some may be gone, but nobody knows which
        return wanted

    def clear(self) -> bool:
        with self._translated("clear"):
            self.raw_clear(self._namespace())
        return True

    def prune(self) -> int:
        with self._translated("prune"):
            return self.raw_prune(self._namespace(), self._clock())

    # -- inside ----------------------------------------------------------------------

    def namespace(self) -> str:
        """Return what this prefix's names in the store begin with."""
        return self._namespace()

    @classmethod
    def _configured(
        cls, config: Mapping[str, Any], args: Sequence[Any], options: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return what the settings give the constructor.

        :raises ConfigError: where one is missing that the constructor can't do without.
        """
        given = {
            name: config[key]
            for key, name in cls.settings.items()
            if config.get(key) not in (None, "")
        }
        parameters = inspect.signature(cls).parameters
        for key, name in cls.settings.items():
            needed = name in parameters and parameters[name].default is inspect.Parameter.empty
            if needed and not args and name not in {*given, *options}:
                raise ConfigError(key, f"is not set, and {cls.__name__} needs it.")
        return given

    def _check_override(self, operation: str) -> None:
        """Refuse an operation that, like its form for many names, a subclass did not write."""
        in_bulk = f"{operation}_many"
        if getattr(type(self), in_bulk) is getattr(BytesCache, in_bulk):
            raise NotSupportedError(type(self), operation)

    def _namespace(self) -> str:
        """Return what every name of this prefix begins with, and no name of another's.

        Plainly joined, the prefixes ``a`` and ``ab`` would share names, and clearing one
        would clear both.
        """
        prefix = self.key_prefix
        if callable(prefix):
            prefix = prefix()
        known, namespace = self._known_namespace
        if prefix is not known:  # nearly always it is, and every operation asks
            if not (prefix is None or isinstance(prefix, str)):
                raise ConfigError("CACHE_KEY_PREFIX", f"gave {prefix!r}, and must give a str")
            namespace = (prefix or "").replace("%", "%25").replace("|", "%7C") + "|"
            self._known_namespace = prefix, namespace
        return namespace

    def _names_of(self, keys: Collection[str]) -> list[str]:
        if not self._names_are_plain:
            return [self.name(key) for key in keys]
        # What `name` does, in one piece: it is a twentieth of writing many.
        namespace = self._namespace()
        return [
            namespace + (key if type(key) is str and key.isascii() else checked_key(key))
            for key in keys
        ]

    def _deadline(self, life: float) -> float:
        return self._clock() + life if life else 0.0

    def _payload(self, name: str, value: Any, life: float) -> bytes:
        """Make the bytes to store; the stamps of an `Entry` go into the header."""
        names: tuple[str, ...] = ()
        stamps: tuple[str, ...] = ()
        if type(value) is Entry:
            value, names, stamps = value
        body, tag, method = self._body(value)  # before the life begins
        deadline, seal = self._deadline(life), self.seal
        return pack(name, body, deadline, names, stamps, tag=tag, compression=method, seal=seal)

    def _payloads_of(self, values: Mapping[str, Any], life: float) -> dict[str, bytes]:
        """Make the bytes to store of several values, by their names."""
        plain = all(type(value) is not Entry for value in values.values())
        if self.compression is not None or not plain:
            return {name: self._payload(name, value, life) for name, value in values.items()}
        dumps = self._dumps
        bodies = {name: dumps(value) for name, value in values.items()}  # before the life begins
        packed = packing(self._deadline(life), self._tag, self.seal)
        return {name: packed(name, body) for name, body in bodies.items()}

    def _body(self, value: Any) -> tuple[bytes, bytes, int]:
        """Return a value as bytes, the serializer's tag, and how they are compressed."""
        body, method = self._dumps(value), PLAIN
        if self.compression is not None:
            method, body = self.compression.applied(body)
        return body, self._tag, method

    def _sealed(self, name: str, packed: Packed) -> bytes:
        deadline, names, stamps, body, tag, method = packed
        return pack(
            name,
            body,
            deadline,
            names,
            stamps,
            tag=tag,
            compression=method,
            seal=self.seal,
        )

    def _found(self, name: str, operation: str) -> tuple[bytes | None, Packed | None]:
        """Return the raw bytes, and the live entry that they are, if they are one."""
        with self._translated(operation):
            payload = self.raw_get(name)
        return payload, None if payload is None else self._live(name, payload)

    def _live(self, name: str, payload: bytes) -> Packed | None:
        seal = self._seal
        if seal is None or seal is CHECKSUM:  # a signature asks nobody
            seal = self.seal
        packed = unpack(name, payload, seal)
        if packed is None:
            if self.tell_untrusted is not None:
                self.tell_untrusted(name, payload)
            return None
        if packed.deadline and not self._clock() < packed.deadline < math.inf:  # nor if it is NaN
            return None
        return packed

    def _value(self, name: str, payload: bytes | None) -> Any:
        """Return the value or the `Entry` that bytes are, or `MISSING`.

        In one piece, as `_live` and `_opened` do it: just after a trip each call takes a hit over
        the network another two per cent, since the processor has other things at hand by then.
        """
        if payload is None:
            return MISSING
        seal = self._seal
        if seal is None or seal is CHECKSUM:
            seal = self.seal
        packed = unpack(name, payload, seal)
        if packed is None:
            return self._untrusted(name, payload)
        deadline, names, stamps, body, tag, method = packed
        if deadline and not self._clock() < deadline < math.inf:
            self._discard_read(name, payload)
            return MISSING
        if method or tag != self._tag:
            return self._opened(packed)
        try:
            value = self._loads(body)
        except Exception:  # noqa: BLE001 (as in `_opened`)
            return MISSING
        return tuple.__new__(Entry, (value, names, stamps)) if names else value

    def _value_again(self, name: str, payload: bytes | None) -> Any:
        """Return what `_value` does, at once where the same short text lay there before.

        That is what a version is, which every hit of a memoized function reads: to check its seal
        and unpickle it anew would be a quarter of what that hit does.
        """
        seal = self.seal
        known = self._known_texts.get(name)
        if known is not None:
            before, sealed_by, deadline, text = known
            if before == payload and sealed_by is seal and self._clock() < deadline:
                return text
        value = self._value(name, payload)
        if type(value) is str and payload is not None and len(payload) <= LONGEST_KNOWN:
            if len(self._known_texts) >= MOST_KNOWN:
                self._known_texts.clear()
            deadline = deadline_of(payload) or math.inf
            self._known_texts[name] = _KnownText(payload, seal, deadline, value)
        return value

    def _untrusted(self, name: str, payload: bytes) -> Any:
        """Return what bytes are that are no entry of this backend's: nothing."""
        if self.tell_untrusted is not None:
            self.tell_untrusted(name, payload)
        self._discard_read(name, payload)
        return MISSING

    def _discard_read(self, name: str, payload: bytes) -> None:
        with suppress(*self.store_errors):
            self.raw_discard(name, payload)

    def _opened(self, packed: Packed) -> Any:
        """Return the value or the `Entry`, or `MISSING` where it can't be read any more."""
        if packed.tag != self._tag:
            return MISSING
        try:
            body = packed.body
            if packed.compression:
                largest = LARGEST if self.compression is None else self.compression.largest
                body = expanded(packed.compression, body, largest)
            value = self._loads(body)
        except Exception:  # noqa: BLE001 (whatever the serializer raises, the entry is a miss)
            return MISSING
        return Entry(value, packed.names, packed.stamps) if packed.names else value

    @contextmanager
    def _translated(self, operation: str) -> Generator[None]:
        try:
            yield
        except self.store_errors as error:
            raise self._unavailable(operation, error) from error

    def _unavailable(self, operation: str, error: Exception) -> CacheUnavailableError:
        return CacheUnavailableError(
            f"{type(self).__name__}.{operation} failed: {type(error).__name__}: "
            f"{without_passwords(str(error))}"
        )


def _attempts() -> Iterator[None]:
    """Go round a loop, with pauses of random length: they let some of many writers get ahead."""
    pause = FIRST_PAUSE
    yield
    for _ in range(SWAP_ATTEMPTS - 1):
        time.sleep(random.uniform(0, pause))  # noqa: S311 (no secret)
        pause = min(2 * pause, LONGEST_PAUSE)
        yield
