"""What does a cache do, in commands of Redis?

Redis keeps the time: lives are sent in milliseconds, and payloads carry no deadline, since the
clocks of machines differ. Integers lie there as plain decimals, so that ``INCRBY`` counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from redis.exceptions import OutOfMemoryError, RedisError, ResponseError

from flask_caching.backends.base import Capability, counter_sum
from flask_caching.backends.bytestore import SWAP_ATTEMPTS, BytesCache
from flask_caching.errors import CacheUnavailableError, ValueTooLargeError
from flask_caching.notices import warn_once
from flask_caching.payload import MAGIC
from flask_caching.serializers import Serializer
from flask_caching.typing import MISSING, Timeout

from .decimals import as_decimal, from_decimal
from .driver import Command
from .exchange import checked
from .greeting import greet
from .refusals import STORE_ERRORS, is_uncountable, is_wrong_type
from .server import Servers

#: Bytes of a string in Redis (its ``proto-max-bulk-len``), at most.
LARGEST = 512 * 1024 * 1024
#: What PTTL answers instead of milliseconds.
NO_KEY, FOR_EVER = -2, -1


class RedisOperations(BytesCache):
    """Base of the backends on Redis.

    :param servers: where the commands go.
    :param where: what messages call them.
    """

    keeps_entries = True
    store_errors = STORE_ERRORS
    #: The server's clock goes by milliseconds.
    resolution = 0.001
    capabilities = frozenset(
        {
            Capability.SHARED,
            Capability.ATOMIC_ADD,
            Capability.ATOMIC_INC,
            Capability.BULK,
            Capability.PREFIX,
            Capability.SUBSECOND,
            Capability.TOUCH,
            Capability.NETWORK,
        }
    )

    def __init__(
        self,
        servers: Servers,
        where: str,
        default_timeout: Timeout,
        *,
        key_prefix: str | Callable[[], str] | None,
        serializer: Serializer | None,
        ignore_delete_many_errors: bool,
    ) -> None:
        super().__init__(
            default_timeout,
            key_prefix=key_prefix,
            serializer=serializer,
            ignore_delete_many_errors=ignore_delete_many_errors,
        )
        self._servers = servers
        greet(servers, None if callable(self.key_prefix) else self._namespace(), where)

    @property
    def _write_client(self) -> Any:
        """The driver's client; applications reach for it by this name since 2.x."""
        return self._servers.writing

    @property
    def _read_client(self) -> Any:
        return self._servers.reading

    # -- operations that Redis has itself --------------------------------------------

    def has(self, key: str) -> bool:
        name = self.name(key)
        with self._translated("has"):
            return bool(self._servers.read(name, "EXISTS", name))

    def add(self, key: str, value: Any, timeout: Timeout | None = None) -> bool:
        name, life = self.name(key), self.life(timeout)
        payload = self._payload(name, value, life)
        with self._translated("add"):
            if life < 0:
                return not self._servers.read(name, "EXISTS", name)
            command = (*_setting(name, payload, life), "NX")
            (stored,) = self._servers.write_once(name, [command])
        return stored is not None

    def inc(self, key: str, delta: int = 1) -> int:
        name, life = self.name(key), self.life(None)
        step = counter_sum(key, MISSING, delta)  # of 64 bits, as the result
        if life < 0:
            return self._inc_by_swap(key, name, step, life)
        commands = [(*_setting(name, b"0", life), "NX"), ("INCRBY", name, step)]
        with self._translated("inc"):
            *_, total = self._servers.write_once(name, commands)
            if is_uncountable(total):
                return self._inc_by_swap(key, name, step, life)
            checked([total])
        return int(total)

    def touch(self, key: str, timeout: Timeout | None = None) -> bool:
        name, life = self.name(key), self.life(timeout)
        if life < 0:
            return self.delete(key)
        with self._translated("touch"):
            if life:
                return bool(self._servers.write(name, "PEXPIRE", name, _milliseconds(life)))
            # PERSIST answers 0 for an entry that lives for ever already, as for none.
            commands = [("PERSIST", name), ("EXISTS", name)]
            _, exists = checked(self._servers.write_once(name, commands))
        return bool(exists)

    def life_left(self, key: str) -> float | None:
        name = self.name(key)
        with self._translated("life_left"):
            milliseconds = int(self._servers.read(name, "PTTL", name))
        if milliseconds == NO_KEY:
            return None
        return 0 if milliseconds == FOR_EVER else milliseconds / 1000

    def delete(self, key: str) -> bool:
        name = self.name(key)
        with self._translated("delete"):
            return self.raw_delete(name)

    def close(self) -> None:
        self._servers.close()

    # -- the store -------------------------------------------------------------------

    def raw_get(self, name: str) -> bytes | None:
        try:
            found: bytes | None = self._servers.read(name, "GET", name)
        except ResponseError as error:
            if not is_wrong_type(error):
                raise
            return None
        return found

    def raw_set(self, name: str, payload: bytes, life: float) -> bool:
        try:
            if life:
                self._servers.write(name, "SET", name, payload, "PX", math.ceil(life * 1000))
            else:
                self._servers.write(name, "SET", name, payload)
        except OutOfMemoryError as error:
            return self._took(error)
        return True

    def raw_delete(self, name: str) -> bool:
        return bool(self._servers.write(name, "UNLINK", name))

    def raw_clear(self, prefix: str) -> None:
        self._servers.clear(prefix)

    def raw_get_many(self, names: Sequence[str]) -> Sequence[bytes | None]:
        return self._servers.read_many(names)

    def raw_set_many(self, payloads: Mapping[str, bytes], life: float) -> list[str]:
        ending = _ending(life)
        commands = [("SET", name, payload, *ending) for name, payload in payloads.items()]
        answers = self._servers.write_many(commands)
        if not any(isinstance(answer, RedisError) for answer in answers):
            return list(payloads)
        return [name for name, answer in zip(payloads, answers, strict=True) if self._took(answer)]

    def raw_delete_many(self, names: Sequence[str]) -> None:
        self._servers.remove_many(names)

    # -- inside ----------------------------------------------------------------------

    def _inc_by_swap(self, key: str, name: str, step: int, life: float) -> int:
        """Count where something else than a decimal lies, or nothing may be stored.

        :raises TypeError: where a value lies there that is no counter; what is no entry of
            this cache counts as nothing.
        """
        for _ in range(SWAP_ATTEMPTS):
            with self._translated("inc"):
                raw = self.raw_get(name)
            value = self._value(name, raw)
            total = counter_sum(key, value, step)
            command: Command = ("SET", name, total, "KEEPTTL")
            if value is MISSING:
                if life < 0:
                    return total
                command = _setting(name, b"%d" % total, life)
            with self._translated("inc"):
                if self._swapped(key, name, raw, command):
                    return total
        raise CacheUnavailableError(
            f"{type(self).__name__}.inc gave up: {SWAP_ATTEMPTS} other writers came first"
        )

    def _swapped(self, key: str, name: str, raw: bytes | None, command: Command) -> bool:
        try:
            return self._servers.swap(name, raw, command)
        except ResponseError as error:
            if not is_wrong_type(error):
                raise
            raise TypeError(
                f"{key!r} does not hold a counter, but another type of Redis"
            ) from error

    def _deadline(self, life: float) -> float:
        return 0.0  # Redis forgets it in time

    def _payload(self, name: str, value: Any, life: float) -> bytes:
        number = as_decimal(value) if type(value) is int else None
        payload = number or super()._payload(name, value, life)
        if len(payload) > LARGEST:
            raise _too_large(payload)
        return payload

    def _payloads_of(self, values: Mapping[str, Any], life: float) -> dict[str, bytes]:
        numbers = {name: number for name, value in values.items() if (number := as_decimal(value))}
        others = {name: value for name, value in values.items() if name not in numbers}
        payloads = {**numbers, **super()._payloads_of(others, life)}
        for payload in payloads.values():
            if len(payload) > LARGEST:
                raise _too_large(payload)
        return payloads

    def _untrusted(self, name: str, payload: bytes) -> Any:
        number = None if payload.startswith(MAGIC) else from_decimal(payload)
        return super()._untrusted(name, payload) if number is None else number

    def _took(self, answer: Any) -> bool:
        """Tell whether the server stored something; it refuses when it is full."""
        if not isinstance(answer, OutOfMemoryError):
            checked([answer])
            return True
        warn_once(
            (type(self), "maxmemory"),
            "Redis is full and refuses to store (%s). Set its maxmemory-policy to allkeys-lru, "
            "or give it more memory.",
            answer,
        )
        return False


def _too_large(payload: bytes) -> ValueTooLargeError:
    return ValueTooLargeError(
        f"A value of {len(payload)} bytes is larger than Redis takes, {LARGEST} bytes."
    )


def _setting(name: str, payload: bytes, life: float) -> Command:
    """Return the command that stores."""
    return ("SET", name, payload, *_ending(life))


def _ending(life: float) -> Command:
    """Return the end of a command that stores; a life of ``0`` is for ever."""
    return ("PX", _milliseconds(life)) if life else ()


def _milliseconds(life: float) -> int:
    return math.ceil(life * 1000)
