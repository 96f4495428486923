"""The key of a function decorated with `Cache.cached`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

from werkzeug.datastructures import MultiDict

from ..typing import HashMethod, QueryArgs
from .source import namespace_of, signature_of, source_of
from .text import key_text

if TYPE_CHECKING:
    from flask import Request


#: Characters of the digest of header values.
VARY_LENGTH = 32


def view_version(function: Callable[..., Any], path: str | None = None) -> str:
    """Return the key that holds the version of a view's answers, or of those for one path."""
    name = f"viewver/{namespace_of(function)}"
    return name if path is None else f"{name}:{path}"


@dataclass(frozen=True, slots=True)
class ViewKey:
    """How calls of one decorated function become keys; the same ones as in 2.x.

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

    def for_request(
        self, request: Request | None, hash_method: HashMethod, source_check: bool
    ) -> str:
        """Return the key of the request that is being answered.

        :raises RuntimeError: where the key needs a request and there is none.
        """
        path = self.needed(request).path if self.varies_on_path else None
        if not self.query_string:
            return self._with_source(self._prefix(path), hash_method, source_check)
        pairs = self.needed(request).args.items(multi=True)
        return self._with_query(self._prefix(path), pairs, hash_method, source_check)

    def for_path(
        self, path: str | None, query_args: Any, hash_method: HashMethod, source_check: bool
    ) -> str:
        """Return the key for a path and a query string, without a request."""
        prefix = self._prefix(path)
        if self.query_string:
            return self._with_query(
                prefix, query_args_as_pairs(query_args), hash_method, source_check
            )
        return self._with_source(prefix, hash_method, source_check)

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

    def _prefix(self, path: str | None) -> str:
        if callable(self.key_prefix):
            return key_text(self.key_prefix())
        return self.key_prefix % path if self.varies_on_path else self.key_prefix

    def _with_query(
        self,
        prefix: str,
        pairs: Iterable[tuple[str, str]],
        hash_method: HashMethod,
        source_check: bool,
    ) -> str:
        """Append the hash of the sorted pairs, so that their order does not matter."""
        digest = hash_method(str(tuple(sorted(pairs))).encode())
        if source_check:
            digest.update(source_of(self.function))
        return prefix + str(digest.hexdigest())

    def _with_source(self, prefix: str, hash_method: HashMethod, source_check: bool) -> str:
        if not source_check:
            return prefix
        return prefix + str(hash_method(source_of(self.function)).hexdigest())

    def needed(self, request: Request | None) -> Request:
        if request is None:
            raise RuntimeError(
                f"The cache key of {namespace_of(self.function)} depends on the request, and "
                "there is none. Give cached() a key_prefix without %s to call it anywhere."
            )
        return request


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
