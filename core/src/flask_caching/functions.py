"""How is a function memoized? `Cache.memoize`, and what `Cache.delete_memoized` undoes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any, Literal

from werkzeug.exceptions import HTTPException

from .arguments import parameter_names
from .decorated import BypassError, Decorated, Options, placed
from .invalidated import Invalidated
from .keys.function import FunctionKeys, identity, version_name
from .keys.source import namespace_of, signature_of
from .keys.text import key_text
from .lookup import Lookup
from .notices import warn_once
from .settings import Settings
from .signals import cache_memoize_hit, cache_memoize_miss
from .statistics import NOBODY, Counts

#: The names of all functions that were memoized in this process.
_memoized_names: set[str] = set()


class MemoizedFunction(Decorated[FunctionKeys]):
    """A function under `Cache.memoize`."""

    def __init__(
        self,
        find_lookup: Callable[[], Lookup],
        function: Callable[..., Any],
        options: Options,
        make_name: Callable[[str], str] | None = None,
        args_to_ignore: Iterable[str] | None = None,
    ) -> None:
        self.make_name = make_name if callable(make_name) else None
        self.args_to_ignore = parameter_names(args_to_ignore)
        super().__init__(find_lookup, function, options)
        self._own_key = self.wrapper.make_cache_key = self.make_cache_key
        self.wrapper.memoized = self
        _memoized_names.add(namespace_of(function))
        self.wrapper.invalidate = self.invalidate

    def new_keys(self, settings: Settings) -> FunctionKeys:
        return self._keys_for(settings, self.function)

    def keys(
        self, lookup: Lookup, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[str, ...]:
        try:
            keys = self.keys_of(lookup)(args, kwargs)
        except TypeError as error:
            try:
                signature_of(self.function).bind(*args, **kwargs)
            except TypeError:
                raise BypassError from error  # the function's own error says it best
            raise
        make_cache_key = self.wrapper.make_cache_key
        if make_cache_key is self._own_key:
            return keys
        return (*keys[:-1], key_text(make_cache_key(self.wrapper.uncached, *args, **kwargs)))

    def make_cache_key(self, f: Callable[..., Any], /, *args: Any, **kwargs: Any) -> str:
        """Return the key of a call's value, for whichever function is given."""
        lookup = self._find_lookup()
        keys = self.keys_of(lookup) if f is self.function else self._keys_for(lookup.settings, f)
        return keys(args, kwargs)[-1]

    def invalidate(self, *args: Any, **kwargs: Any) -> Invalidated:
        """Invalidate all calls, or with arguments one; of a method, with the object first.

        :raises TypeError: where the object is missing: `invalidate` is an attribute of the
            function, so what it is reached through does not tell.
        """
        self._check_object(self._find_lookup(), args)
        return delete_memoized(self._find_lookup(), self.wrapper, args, kwargs)

    def refresh(self, *args: Any, **kwargs: Any) -> Any:
        self._check_object(self._find_lookup(), args)
        return super().refresh(*args, **kwargs)

    def _check_object(self, lookup: Lookup, args: tuple[Any, ...]) -> None:
        if not (args and self.keys_of(lookup).is_method):
            return
        owner = args[0] if inspect.isclass(args[0]) else type(args[0])
        members = (
            getattr(each, "__func__", each) for cls in owner.__mro__ for each in vars(cls).values()
        )
        if not any(getattr(each, "memoized", None) is self for each in members):
            name = namespace_of(self.function)
            raise TypeError(
                f"{args[0]!r} has no method {name}. Reached through a method, invalidate() and "
                "refresh() still take the object, or the class, as their first argument: "
                f"{name}.invalidate(obj, …)."
            )

    def shares(self, error: Exception) -> bool:
        return may_share(error)

    def announce(
        self, lookup: Lookup, hit: bool, key: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        if lookup.settings.enable_signals:
            signal = cache_memoize_hit if hit else cache_memoize_miss
            signal.send(
                cache=lookup.cache, cache_key=key, f=self.function, args=args, kwargs=kwargs
            )

    def _keys_for(self, settings: Settings, function: Callable[..., Any]) -> FunctionKeys:
        hash_method, source_check = self.options.hashing(settings)
        return FunctionKeys(
            function, hash_method, source_check, self.make_name, self.args_to_ignore
        )


def key_maker(
    find_lookup: Callable[[], Lookup],
    options: Options,
    make_name: Callable[[str], str] | None,
    args_to_ignore: Iterable[str] | None,
) -> Callable[..., str]:
    """Return ``make_cache_key(f, *args, **kwargs)``, which gives the keys of any function's calls.

    Arguments by name that the function does not take belong in the key, as in 2.x: there are
    views that add those of the query string.
    """

    def make_cache_key(f: Callable[..., Any], /, *args: Any, **kwargs: Any) -> str:
        taken, others = _divided(f, kwargs)

        def name(namespace: str) -> str:
            named = make_name(namespace) if callable(make_name) else namespace
            return f"{named}{others}" if others else named

        keys = FunctionKeys(f, *options.hashing(find_lookup().settings), name, args_to_ignore)
        return keys(args, taken)[-1]

    return make_cache_key


def _divided(
    function: Callable[..., Any], kwargs: dict[str, Any]
) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """Divide arguments into those that a function takes, and the others in order."""
    parameters = signature_of(function).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return kwargs, []
    others = sorted((name, value) for name, value in kwargs.items() if name not in parameters)
    return {name: value for name, value in kwargs.items() if name in parameters}, others


def may_share(error: Exception) -> bool:
    """Return whether callers that waited for a computation may have a copy of what it raised."""
    # An HTTPException answers one request: a 401 for one user must not reach another.
    return not isinstance(error, HTTPException)


def delete_memoized(
    lookup: Lookup, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Invalidated:
    """Invalidate what a memoized function stored.

    Without arguments all of it, or for a bound method all of its object's; with arguments one
    call. The object, or the class, may be given explicitly as the first argument or come with
    the bound method.
    """
    memoized: MemoizedFunction | None = getattr(function, "memoized", None)
    owner = getattr(function, "__self__", None)
    if not args and not kwargs:
        return _delete_all(lookup, function, memoized, owner)
    if memoized is None:
        return _delete_call(lookup, function, args, kwargs)
    if owner is not None and not (args and args[0] is owner):
        args = (owner, *args)
    keys = memoized.keys_of(lookup)
    missing = _missing(keys, args, kwargs)
    if missing and len(args) == 1 and not kwargs:
        token = keys.owner(args)
        if token is not None:
            name = version_name(memoized.function, token)
            return _new_version(lookup, "object", name, _counts(lookup, memoized))
        if inspect.isclass(owner):
            return _delete_all(lookup, function, memoized, owner)
    if missing:
        warn_once(
            ("delete_memoized", namespace_of(memoized.function), tuple(missing)),
            "delete_memoized(%s) was called without %s, which counts as None.",
            namespace_of(memoized.function),
            ", ".join(missing),
        )
        kwargs = {**kwargs, **dict.fromkeys(missing)}
    return _delete_call(lookup, memoized.wrapper, args, kwargs)


def _missing(keys: FunctionKeys, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[str]:
    """Return the names of required parameters that are left out; refuse what no call has."""
    try:
        return keys.missing(args, kwargs)
    except TypeError as error:
        raise TypeError(
            f"No call of {namespace_of(keys.function)} has these arguments ({error}), so there is "
            "none to forget. Give those that the function is called with, or none for all calls."
        ) from None


def _delete_call(
    lookup: Lookup, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Invalidated:
    """Invalidate one call, also of what somebody else decorated in the manner of `memoize`."""
    try:
        make_cache_key, uncached = function.make_cache_key, function.uncached
    except AttributeError:
        raise TypeError(
            f"{function!r} is not a memoized function, so the key of a call can't be told. "
            "Give delete_memoized() the decorated function."
        ) from None
    key = placed(function, key_text(make_cache_key(uncached, *args, **kwargs)))
    counts = _counts(lookup, getattr(function, "memoized", None))
    return Invalidated("call", key, lookup.delete(key, counts))


def delete_version(lookup: Lookup, function: Callable[..., Any]) -> None:
    """Remove the version of a memoized function, or of a bound method's object."""
    memoized: MemoizedFunction | None = getattr(function, "memoized", None)
    owner = getattr(function, "__self__", None)
    lookup.delete(_version_of(lookup, function, memoized, owner)[1])


def _delete_all(
    lookup: Lookup, function: Any, memoized: MemoizedFunction | None, owner: Any
) -> Invalidated:
    scope, name = _version_of(lookup, function, memoized, owner)
    return _new_version(lookup, scope, name, _counts(lookup, memoized))


def _version_of(
    lookup: Lookup, function: Any, memoized: MemoizedFunction | None, owner: Any
) -> tuple[Literal["function", "object"], str]:
    # Versions go by name, so the undecorated function, or one wrapped again, will do as well.
    named = function if memoized is None else memoized.function
    if memoized is None and namespace_of(function) not in _memoized_names:
        _warn_of_no_memoized(function)
    if owner is None or inspect.isclass(owner):
        return "function", version_name(named)
    token = identity(owner) if memoized is None else memoized.keys_of(lookup).owner((owner,))
    return ("function" if token is None else "object"), version_name(named, token)


def _warn_of_no_memoized(function: Callable[..., Any]) -> None:
    """Warn of a function whose version nothing depends on, as far as this process knows."""
    name = namespace_of(function)
    if getattr(function, "decorated", None) is None:
        repair = "Give it the decorated function"
    else:  # with `cached`, then
        repair = "What cached() stores is removed by delete_cached()"
    warn_once(
        ("not memoized", name),
        "delete_memoized() was given %s, which is not memoized here, so nothing is removed. %s.",
        name,
        repair,
    )


def _new_version(
    lookup: Lookup, scope: Literal["function", "object"], name: str, counts: Counts
) -> Invalidated:
    lookup.invalidate(name, counts)
    return Invalidated(scope, name, removed=True)


def _counts(lookup: Lookup, memoized: MemoizedFunction | None) -> Counts:
    return NOBODY if memoized is None else memoized.counts(lookup)
