"""What do values, timeouts and decorated functions look like to a type checker?"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import (
    Any,
    Concatenate,
    Final,
    Literal,
    ParamSpec,
    Protocol,
    TypeAlias,
    TypeVar,
    overload,
)

from .invalidated import Invalidated
from .statistics import Statistics

P = ParamSpec("P")
Rest = ParamSpec("Rest")
R = TypeVar("R")
T = TypeVar("T")
R_co = TypeVar("R_co", covariant=True)
Owner_contra = TypeVar("Owner_contra", contravariant=True)


class Missing(enum.Enum):
    """The type of `MISSING`; an enum, so that type checkers can narrow it away."""

    MISSING = "MISSING"

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> Literal[False]:
        return False


#: What a lookup gives when nothing is stored, so that a stored ``None`` is a value.
MISSING: Final = Missing.MISSING

#: How long an entry lives: seconds, or a ``timedelta``. ``0`` means for ever, a negative
#: number "already expired"; ``None``, where it is allowed, the backend's default.
Timeout: TypeAlias = float | timedelta

#: What the decorators take as a timeout: also a callable, asked each time a value is stored.
#: It is given the value where it takes an argument.
TimeoutOption: TypeAlias = Timeout | Callable[..., Timeout | None] | str | None

#: What an entry is tagged with: a text, several, or a callable that gives them. It is given the
#: call's arguments where it takes any, and the result where it has a parameter ``result``.
Tags: TypeAlias = str | Iterable[str] | Callable[..., str | Iterable[str] | None] | None

#: A query string, a mapping, or pairs.
QueryArgs: TypeAlias = str | Mapping[str, Any] | Iterable[tuple[str, Any]]

#: Makes a hash object, like ``hashlib.sha256``.
HashMethod: TypeAlias = Callable[..., Any]


class BoundCachedFunction(Protocol[Owner_contra, P, R_co]):
    """A method decorated with `Cache.cached`, reached through an instance."""

    cache_timeout: TimeoutOption
    make_cache_key: Callable[..., str]
    invalidate: Callable[..., Invalidated]
    stats: Callable[[], Statistics]

    @property
    def uncached(self) -> Callable[Concatenate[Owner_contra, P], R_co]: ...

    @property
    def refresh(self) -> Callable[Concatenate[Owner_contra, P], R_co]: ...

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


class CachedFunction(Protocol[P, R]):
    """What `Cache.cached` makes of a function."""

    uncached: Callable[P, R]
    cache_timeout: TimeoutOption
    make_cache_key: Callable[..., str]
    invalidate: Callable[..., Invalidated]
    stats: Callable[[], Statistics]
    refresh: Callable[P, R]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...

    # At run time the decorators return a plain function, which binds by itself; a protocol
    # has to say so, or type checkers see an attribute that never receives ``self``. Through
    # ``@classmethod`` and ``@staticmethod`` they look: what takes a class first is bound to it,
    # and the last overload is for what takes neither. mypy goes by `instance` alone.
    @overload
    def __get__(
        self: CachedFunction[Concatenate[T, Rest], R], instance: None, owner: type[T], /
    ) -> CachedFunction[P, R]: ...
    @overload
    def __get__(
        self: CachedFunction[Concatenate[type[T], Rest], R], instance: None, owner: type[T], /
    ) -> BoundCachedFunction[type[T], Rest, R]: ...
    @overload
    def __get__(self, instance: None, owner: type | None = None, /) -> CachedFunction[P, R]: ...
    @overload
    def __get__(
        self: CachedFunction[Concatenate[T, Rest], R], instance: T, owner: type | None = None, /
    ) -> BoundCachedFunction[T, Rest, R]: ...
    @overload
    def __get__(
        self: CachedFunction[Concatenate[type[T], Rest], R], instance: T, owner: type[T], /
    ) -> BoundCachedFunction[type[T], Rest, R]: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None, /) -> CachedFunction[P, R]: ...


class BoundMemoizedFunction(Protocol[Owner_contra, P, R_co]):
    """A method decorated with `Cache.memoize`, reached through an instance."""

    cache_timeout: TimeoutOption
    make_cache_key: Callable[..., str]
    delete_memoized: Callable[[], Invalidated]
    invalidate: Callable[..., Invalidated]
    stats: Callable[[], Statistics]

    @property
    def uncached(self) -> Callable[Concatenate[Owner_contra, P], R_co]: ...

    @property
    def refresh(self) -> Callable[Concatenate[Owner_contra, P], R_co]: ...

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


class MemoizedFunction(Protocol[P, R]):
    """What `Cache.memoize` makes of a function."""

    uncached: Callable[P, R]
    cache_timeout: TimeoutOption
    make_cache_key: Callable[..., str]
    delete_memoized: Callable[[], Invalidated]
    invalidate: Callable[..., Invalidated]
    stats: Callable[[], Statistics]
    refresh: Callable[P, R]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...

    @overload
    def __get__(
        self: MemoizedFunction[Concatenate[T, Rest], R], instance: None, owner: type[T], /
    ) -> MemoizedFunction[P, R]: ...
    @overload
    def __get__(
        self: MemoizedFunction[Concatenate[type[T], Rest], R], instance: None, owner: type[T], /
    ) -> BoundMemoizedFunction[type[T], Rest, R]: ...
    @overload
    def __get__(self, instance: None, owner: type | None = None, /) -> MemoizedFunction[P, R]: ...
    @overload
    def __get__(
        self: MemoizedFunction[Concatenate[T, Rest], R], instance: T, owner: type | None = None, /
    ) -> BoundMemoizedFunction[T, Rest, R]: ...
    @overload
    def __get__(
        self: MemoizedFunction[Concatenate[type[T], Rest], R], instance: T, owner: type[T], /
    ) -> BoundMemoizedFunction[type[T], Rest, R]: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None, /) -> MemoizedFunction[P, R]: ...
