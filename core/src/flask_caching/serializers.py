"""How does a value become bytes, and bytes a value again?

A serializer raises; it never turns a failure into ``None``, which would be stored or read
as a value.
"""

from __future__ import annotations

import pickle
from typing import Any, Protocol, runtime_checkable

from .errors import SerializationError

#: Values of exactly these types can't be changed, so the cache may hand out the same object.
ATOMS: frozenset[type] = frozenset({str, bytes, int, float, bool, type(None)})


@runtime_checkable
class Serializer(Protocol):
    """Anything with ``dumps`` and ``loads``; cachelib's serializers are such objects."""

    def dumps(self, value: Any) -> bytes: ...

    def loads(self, payload: bytes) -> Any: ...


class PickleSerializer:
    """Carries nearly every Python object. Only unpickle what you trust."""

    def dumps(self, value: Any) -> bytes:
        """Return `value` as bytes.

        :raises SerializationError: where pickle can't carry the value, for whatever reason:
            besides ``PicklingError`` it raises ``TypeError``, ``AttributeError``,
            ``RecursionError`` and whatever a ``__reduce__`` raises.
        """
        try:
            return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        except Exception as error:
            raise SerializationError(
                f"A value of type {type(value).__name__} can't be pickled ({error}). "
                "Return plain data from the cached function, or give the type a __reduce__."
            ) from error

    def loads(self, payload: bytes) -> Any:
        """Return the value again; raises whatever pickle raises on bytes it can't read."""
        return pickle.loads(payload)  # noqa: S301 (the payload's seal is checked before)


def serialized(serializer: Serializer, value: Any) -> bytes:
    """Return `value` as bytes.

    :raises SerializationError: whatever the serializer raises, and where it answers with
        something else than bytes (cachelib's serializers answer ``None`` on failure).
    """
    try:
        payload = serializer.dumps(value)
    except SerializationError:
        raise
    except Exception as error:
        raise SerializationError(
            f"{type(serializer).__name__} can't carry a value of type "
            f"{type(value).__name__} ({error})"
        ) from error
    if not isinstance(payload, bytes):
        raise SerializationError(
            f"{type(serializer).__name__} can't carry a value of type {type(value).__name__}"
        )
    return payload
