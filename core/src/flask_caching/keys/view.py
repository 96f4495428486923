"""The key of a function decorated with `Cache.cached`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from ..typing import HashMethod, QueryArgs
from .function import REMEMBERED_CALLS, REMEMBERED_LENGTH
from .source import namespace_of, signature_of, source_of
from .text import key_text

#: Characters of the digest of header values.
VARY_LENGTH = 32


def view_version(function: Callable[..., Any], path: str | None = None) -> str:
    """Return the key that holds the version of a view's answers, or of those for one path."""
    name = f"viewver/{namespace_of(function)}"
    return name if path is None else f"{name}:{path}"


@dataclass(frozen=True, slots=True)
class ViewKey:
    """What the decorator says of a function's keys.

    :param key_prefix: a text, where ``%s`` stands for the path, or a callable that gives the
        whole key.
    :param query_string: whether the arguments of the query string belong in the key.
    :param vary_on: the request headers whose values belong in the key.
    """

    function: Callable[..., Any]
    key_prefix: str | Callable[[], str]
    query_string: bool
    vary_on: tuple[str, ...] = ()
    #: Whether the key is a view's: ``key_prefix`` has a place for the path.
    varies_on_path: bool = field(init=False)

    def __post_init__(self) -> None:
        by_path = isinstance(self.key_prefix, str) and "%s" in self.key_prefix
        object.__setattr__(self, "varies_on_path", by_path)

    def varied(self, key: str, request: Request | None) -> str:
        """Append what the request's headers say that the answer varies on."""
        values = [None if request is None else request.headers.get(name) for name in self.vary_on]
        return f"{key}+{hashlib.sha256(repr(values).encode()).hexdigest()[:VARY_LENGTH]}"

    def named_arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return a call's arguments by name, as ``url_for`` wants them."""
        names = [
            parameter.name
            for parameter in signature_of(self.function).parameters.values()
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        ]
        return {**kwargs, **dict(zip(names, args, strict=False))}

    def needed(self, request: Request | None) -> Request:
        """Return the request.

        :raises RuntimeError: where there is none.
        """
        if request is None:
            raise RuntimeError(
                f"The cache key of {namespace_of(self.function)} depends on the request, and "
                "there is none. Give cached() a key_prefix without %s to call it anywhere."
            )
        return request


class ViewKeys:
    """How requests become the keys of one decorated function; the same ones as in 2.x.

    Those by query string are remembered, by its text as long as nothing has parsed it: a hit is
    spared parsing, sorting and hashing, which is most of what it would take.
    """

    def __init__(self, key: ViewKey, hash_method: HashMethod, source_check: bool = False) -> None:
        self._key = key
        self._hash_method = hash_method
        self._source_check = source_check
        #: The key but for the path, where that is all there is to it.
        self._by_path: str | None = None
        if isinstance(key.key_prefix, str) and key.varies_on_path and not source_check:
            self._by_path = None if key.query_string else key.key_prefix
        self._remembered: dict[tuple[Any, ...], str] = {}

    def __call__(self, request: Request | None) -> str:
        """Return the key of the request that is being answered.

        :raises RuntimeError: where the key needs a request and there is none.
        """
        if self._by_path is not None and request is not None:
            return self._by_path % request.path
        key = self._key
        prefix = self._prefix(key.needed(request).path if key.varies_on_path else None)
        if key.query_string:
            return self._for_query(prefix, key.needed(request))
        return self._with_source(prefix) if self._source_check else prefix

    def for_path(self, path: str | None, query_args: Any) -> str:
        """Return the key for a path and a query string, without a request."""
        prefix = self._prefix(path)
        if self._key.query_string:
            return prefix + self._digest(_sorted_text(query_args_as_pairs(query_args)))
        return self._with_source(prefix) if self._source_check else prefix

    def _prefix(self, path: str | None) -> str:
        prefix = self._key.key_prefix
        if callable(prefix):
            return key_text(prefix())
        return prefix % path if self._key.varies_on_path else prefix

    def _with_source(self, prefix: str) -> str:
        return prefix + str(self._hash_method(source_of(self._key.function)).hexdigest())

    def _for_query(self, prefix: str, request: Request) -> str:
        """Append the hash of a request's arguments."""
        kind = type(request)
        parsed = request.__dict__.get("args")
        if parsed is None and kind.args is Request.args:
            call: tuple[Any, ...] = (prefix, kind, request.query_string)
        elif type(request.args) is ImmutableMultiDict:
            call = (prefix, request.args)
        else:  # of a class of the application's, which may change it
            return prefix + self._digest(_sorted_text(request.args.items(multi=True)))
        key = self._remembered.get(call)
        if key is None:
            text = _sorted_text(request.args.items(multi=True))
            key = prefix + self._digest(text)
            if max(len(text), len(request.query_string)) <= REMEMBERED_LENGTH:
                if len(self._remembered) >= REMEMBERED_CALLS:
                    self._remembered.clear()
                self._remembered[call] = key
        return key

    def _digest(self, text: str) -> str:
        digest = self._hash_method(text.encode())
        if self._source_check:
            digest.update(source_of(self._key.function))
        return str(digest.hexdigest())


def _sorted_text(pairs: Iterable[tuple[str, str]]) -> str:
    """Write arguments down, so that their order does not matter."""
    return str(tuple(sorted(pairs)))


def query_args_as_pairs(query_args: QueryArgs) -> list[tuple[str, str]]:
    """Return a query string, a mapping or pairs as pairs of texts."""
    if isinstance(query_args, str):
        return parse_qsl(query_args.lstrip("?"), keep_blank_values=True)
    items: Iterable[tuple[str, Any]]
    if isinstance(query_args, MultiDict):
        items = cast("MultiDict[str, Any]", query_args).items(multi=True)
    elif isinstance(query_args, Mapping):
        items = cast("Mapping[str, Any]", query_args).items()
    else:
        items = query_args
    return [(key, str(value)) for key, value in items]
