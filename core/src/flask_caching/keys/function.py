"""The keys of a memoized function: of a call's value, and of the versions it depends on."""

from __future__ import annotations

import base64
import hashlib
import inspect
from collections.abc import Callable, Iterable
from typing import Any

from ..notices import warn_once
from ..serializers import ATOMS
from ..typing import HashMethod
from .source import namespace_of, signature_of, source_of

#: How many calls a function's argument map remembers before it is emptied.
REMEMBERED_CALLS = 1024
#: A call with more text than this in its arguments is not remembered (characters).
REMEMBERED_LENGTH = 512
#: 22 characters of base64 are 132 bits: no two calls meet by accident, or by design.
DIGEST_LENGTH = 22


class _Keywords:
    """Stands between positional and keyword arguments in the argument map."""


_KEYWORDS = _Keywords()
_REMEMBERED_TYPES = ATOMS | {_Keywords}


def version_name(function: Callable[..., Any], owner: str | None = None) -> str:
    """Return the key that holds a function's version, or that of one object's method."""
    name = f"memver/{namespace_of(function)}"
    return name if owner is None else f"{name}/{_digest(hashlib.sha256, owner)}"


def identity(obj: Any) -> str:
    """Return what stands for an object in keys: its ``__caching_id__()``, or its ``repr``."""
    caching_id = getattr(obj, "__caching_id__", None)
    # Reached through a class, the method of its instances identifies none of them.
    if caching_id is not None and (inspect.ismethod(caching_id) or not isinstance(obj, type)):
        return str(caching_id())
    _warn_about_address(obj)
    return repr(obj)


class FunctionKeys:
    """How calls of one memoized function become keys.

    Calling it gives the names of the versions and, last, the key of the value: the keys that
    one ``get_many`` asks for. Calls with plain arguments are remembered.

    :param make_name: makes another name of the function's for the value's key.
    :param args_to_ignore: names of parameters that don't belong in the key.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        hash_method: HashMethod,
        source_check: bool = False,
        make_name: Callable[[str], str] | None = None,
        args_to_ignore: Iterable[str] | None = None,
    ) -> None:
        self.function = function
        self._hash_method = hash_method
        self._source_check = source_check
        self._make_name = make_name
        self._ignored = frozenset(args_to_ignore or ())
        # A method that was bound before it was decorated: its object tells calls apart too.
        self._bound: tuple[Any, ...] = ()
        if inspect.ismethod(function):
            self._bound, function = (function.__self__,), function.__func__
        self._signature = signature_of(function)
        self._check_ignored()
        first = next(iter(self._signature.parameters.values()), None)
        self._first = (
            first.name
            if first is not None
            and first.kind in (first.POSITIONAL_ONLY, first.POSITIONAL_OR_KEYWORD)
            and first.name in ("self", "cls")
            else None
        )
        self._identifies_first = self._first is not None and self._first not in self._ignored
        self._version = version_name(function)
        # What `make_name` gives, and the repr of a default, may be another one at each call.
        self._remembers = make_name is None and all(
            parameter.default is parameter.empty
            or type(parameter.default) in ATOMS
            or parameter.name in self._ignored
            for parameter in self._signature.parameters.values()
        )
        self._remembered: dict[tuple[type, ...], dict[tuple[Any, ...], tuple[str, ...]]] = {}
        self._count = 0

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str, ...]:
        """Return the keys of a call.

        :raises TypeError: where the function does not take these arguments.
        """
        if self._bound:
            args = (*self._bound, *args)
        if self._identifies_first:
            args, kwargs = self._identified(args, kwargs)
        call = (*args, _KEYWORDS, *kwargs, *kwargs.values()) if kwargs else args
        types = tuple(map(type, call))
        known = self._remembered.get(types)
        if known is not None:
            keys = known.get(call)
            if keys is not None:
                return keys
        keys = self._made(args, kwargs)
        if self._remembers and _REMEMBERED_TYPES.issuperset(types):
            self._remember(types, call, keys)
        return keys

    @property
    def is_method(self) -> bool:
        """Whether the first argument of a call is an object or a class, which counts in keys."""
        return self._identifies_first and not self._bound

    def owner(self, args: tuple[Any, ...]) -> str | None:
        """Return the identity of the object whose method is called, if it is one."""
        if self._first == "self" and self._identifies_first and args and not self._bound:
            return identity(args[0])
        return None

    def missing(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[str]:
        """Return the names of required parameters that a call leaves out, but for the object."""
        given = self._signature.bind_partial(*self._bound, *args, **kwargs).arguments
        variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        return [
            parameter.name
            for parameter in self._signature.parameters.values()
            if parameter.default is parameter.empty
            and parameter.kind not in variadic
            and parameter.name not in given
            and not (self._identifies_first and parameter.name == self._first)
        ]

    def _check_ignored(self) -> None:
        """Warn of a name that is no parameter's, as a misspelled one: it has no effect."""
        parameters = self._signature.parameters
        if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
            return
        for name in sorted(self._ignored - parameters.keys()):
            warn_once(
                ("args_to_ignore", namespace_of(self.function), name),
                "args_to_ignore of %s names %r, which is none of its parameters: %s.",
                namespace_of(self.function),
                name,
                ", ".join(parameters) or "it has none",
            )

    def _identified(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Put what identifies the object now in its place: objects change."""
        if args:
            return (identity(args[0]), *args[1:]), kwargs
        rest = dict(kwargs)
        if self._first not in rest:
            raise TypeError(f"missing a required argument: {self._first!r}")
        return (identity(rest.pop(self._first)),), rest

    def _made(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str, ...]:
        """Make the keys of a call; the first argument of a method is its identity already."""
        name = namespace_of(self.function)
        key_name = name if self._make_name is None else self._make_name(name)
        text = f"{key_name}{self._canonical(args, kwargs)}"
        source = source_of(self.function) if self._source_check else b""
        key = f"{name}/{_digest(self._hash_method, text, source)}"
        if self._first == "self" and self._identifies_first:
            return (self._version, version_name(self.function, args[0]), key)
        return (self._version, key)

    def _canonical(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        """Write a call down so that equal calls look equal, however they were spelled."""
        bound = self._signature.bind(*args, **kwargs)
        bound.apply_defaults()
        written: list[Any] = []
        for name, value in bound.arguments.items():
            kind = self._signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                written.append([_written(each) for each in value])
            elif kind is inspect.Parameter.VAR_KEYWORD:
                counted = sorted(value.keys() - self._ignored)
                written.append([(key, _written(value[key])) for key in counted])
            elif name not in self._ignored:
                written.append((name, _written(value)))
        return repr(written)

    def _remember(
        self, types: tuple[type, ...], call: tuple[Any, ...], keys: tuple[str, ...]
    ) -> None:
        # 0.0 and -0.0 are equal and hash alike, and are different arguments.
        if any(type(each) is float and not each for each in call):
            return
        if sum(len(each) for each in call if isinstance(each, str | bytes)) > REMEMBERED_LENGTH:
            return
        if self._count >= REMEMBERED_CALLS:
            self._remembered.clear()
            self._count = 0
        self._remembered.setdefault(types, {})[call] = keys
        self._count += 1


def _written(value: Any) -> str:
    """Return an argument's repr, to be quoted, so that no repr can pass for two arguments."""
    _warn_about_address(value)
    return repr(value)


def _digest(hash_method: HashMethod, text: str, source: bytes = b"") -> str:
    digest = hash_method()
    # repr() shows a lone surrogate escaped, but a name or an identity may hold one.
    digest.update(text.encode(errors="backslashreplace"))
    digest.update(source)
    return base64.urlsafe_b64encode(digest.digest())[:DIGEST_LENGTH].decode()


def _warn_about_address(obj: object) -> None:
    """Warn of a repr that shows a memory address and nothing else."""
    cls = type(obj)
    default: object = object.__repr__
    if cls.__repr__ is not default:
        return
    warn_once(
        ("repr", cls.__module__, cls.__qualname__),
        "%s.%s has the default repr, which shows a memory address: as an argument of a "
        "memoized function it never hits in another process, and another object may get "
        "the same address later. Give it a __repr__, or a __caching_id__() method where "
        "it is the object of a memoized method.",
        cls.__module__,
        cls.__qualname__,
    )
