"""How does a value become bytes, and bytes a value again?

A serializer raises; it never turns a failure into ``None``, which would be stored or read
as a value.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import io
import json
import pickle
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from types import ModuleType
from typing import Any, Protocol, runtime_checkable

from werkzeug.local import LocalProxy
from werkzeug.wrappers import Response

from .errors import ConfigError, SerializationError

#: Values of exactly these types can't be changed, so the cache may hand out the same object.
ATOMS: frozenset[type] = frozenset({str, bytes, int, float, bool, type(None)})
#: Bytes that name a serializer in a payload.
TAG_SIZE = 4


@runtime_checkable
class Serializer(Protocol):
    """Anything with ``dumps`` and ``loads``; cachelib's serializers are such objects."""

    def dumps(self, value: Any) -> bytes: ...

    def loads(self, payload: bytes, /) -> Any: ...


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
                f"{_repair(value)}"
            ) from error

    #: Returns the value again; raises whatever pickle raises on bytes it can't read. The function
    #: itself, as every hit calls it; the payload's seal is checked before.
    loads = staticmethod(pickle.loads)


class JSONSerializer:
    """Carries text, numbers, ``True``, ``False``, ``None``, and lists and dicts of them.

    What would come back as something else is refused: a tuple, a dict's key that is no text.
    Whoever writes into the store can at most write such values.
    """

    def dumps(self, value: Any) -> bytes:
        """Return `value` as bytes.

        :raises SerializationError: for a value that JSON does not carry as it is.
        """
        _check_plain(value, "JSON", _JSON_ATOMS, _JSON_KEYS)
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "surrogatepass")

    def loads(self, payload: bytes) -> Any:
        """Return the value again; raises whatever the reader raises on bytes it can't read."""
        return json.loads(payload)


class MessagePackSerializer:
    """Carries what `JSONSerializer` does, and bytes; any of these but a list or a dict is a key.

    Needs ``msgspec`` or ``msgpack``; each reads what the other has written.
    """

    def __init__(self) -> None:
        self._dump, self._load = _message_pack()

    def dumps(self, value: Any) -> bytes:
        """Return `value` as bytes.

        :raises SerializationError: for a value that MessagePack does not carry as it is.
        """
        _check_plain(value, "MessagePack", ATOMS, ATOMS)
        return self._dump(value)

    def loads(self, payload: bytes) -> Any:
        """Return the value again; raises whatever the reader raises on bytes it can't read."""
        return self._load(payload)


#: What ``CACHE_SERIALIZER`` may name.
NAMED: dict[str, Callable[[], Serializer]] = {
    "pickle": PickleSerializer,
    "json": JSONSerializer,
    "msgpack": MessagePackSerializer,
}


def read_serializer(value: Any) -> Serializer:
    """Make a serializer of what ``CACHE_SERIALIZER`` is.

    A name, a dotted path, a class, or an object with ``dumps`` and ``loads``, as a module is.

    :raises ConfigError: for what can't work.
    """
    found = _named(value) if isinstance(value, str) else value
    try:
        serializer: Any = found() if isinstance(found, type) else found
    except TypeError as error:
        raise ConfigError(
            "CACHE_SERIALIZER", f"{value!r} can't be made without arguments; give an instance"
        ) from error
    if not callable(getattr(serializer, "dumps", None)) or not callable(
        getattr(serializer, "loads", None)
    ):
        raise ConfigError(
            "CACHE_SERIALIZER",
            "must be 'pickle', 'json', 'msgpack', or an object, a class or the dotted path of one "
            f"with dumps and loads, not {value!r}",
        )
    made: Serializer = serializer
    return made


def tag_of(serializer: Serializer) -> bytes:
    """Return the bytes that tell whose work a payload is; none for pickle.

    What one serializer has written, another may well read, as something else.
    """
    if type(serializer) is PickleSerializer:
        return b""
    if isinstance(serializer, ModuleType):
        name = serializer.__name__
    else:
        name = f"{type(serializer).__module__}.{type(serializer).__qualname__}"
    return hashlib.sha256(name.encode()).digest()[:TAG_SIZE]


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


def dumping(serializer: Serializer) -> Callable[[Any], bytes]:
    """Return what makes bytes of values as `serialized` does, which every write is to be spared.

    `PickleSerializer` promises the same by itself.
    """
    if type(serializer) is PickleSerializer:
        return serializer.dumps
    return partial(serialized, serializer)


def _repair(value: Any) -> str:
    """Return what to do about a value that can't be pickled."""
    if isinstance(value, io.IOBase):
        return "Read it, and cache what it holds."
    if type(value) is LocalProxy:  # which looks like an awaitable, and like whatever it stands for
        return "It stands for an object of this request: cache what you need of that."
    if inspect.isawaitable(value):
        return "Await it, and cache what it gives."
    if isinstance(value, Iterator | AsyncIterator):
        return "Make a list of it, and cache that."
    if isinstance(value, Response) and value.is_streamed:
        return "A streamed response is stored by cached(buffer=True), which joins its body."
    return "Return plain data from the cached function, or give the type a __reduce__."


_JSON_ATOMS = ATOMS - {bytes}
_JSON_KEYS = frozenset({str})


def _check_plain(value: Any, what: str, atoms: frozenset[type], keys: frozenset[type]) -> None:
    kind = type(value)
    if kind in atoms:
        return
    if kind is list:
        for each in value:
            _check_plain(each, what, atoms, keys)
    elif kind is dict:
        for key, each in value.items():
            if type(key) not in keys:
                raise SerializationError(
                    f"{what} can't carry a dict with a key of type {type(key).__name__}"
                )
            _check_plain(each, what, atoms, keys)
    else:
        raise SerializationError(
            f"{what} can't carry a value of type {kind.__name__} as it is. Return plain data from "
            "the cached function, or set CACHE_SERIALIZER to one that can."
        )


def _named(name: str) -> Any:
    if name.lower() in NAMED:
        return NAMED[name.lower()]
    module, _, attribute = name.replace(":", ".").rpartition(".")
    if not module:
        return name  # which is refused
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigError("CACHE_SERIALIZER", f"{name!r} can't be imported ({error})") from error


def _message_pack() -> tuple[Callable[[Any], bytes], Callable[[bytes], Any]]:
    try:
        module: Any = importlib.import_module("msgspec.msgpack")
    except ImportError:
        pass
    else:
        return module.encode, module.decode
    try:
        module = importlib.import_module("msgpack")
    except ImportError as error:
        raise ConfigError(
            "CACHE_SERIALIZER",
            "'msgpack' needs a package that is not installed. Install one of the two with: "
            "pip install msgspec, or: pip install msgpack",
        ) from error
    # A dict's keys may be of any type here, not only text.
    return module.packb, lambda payload: module.unpackb(payload, strict_map_key=False)
