"""What do a `Cache` and a namespace of it have in common? The decorators, and what undoes them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable
from typing import Any, Literal, overload

from .arguments import (
    Decorator,
    check_jitter,
    check_key_prefix,
    header_names,
    no_function,
    stale_seconds,
    status_codes,
    warn_of_no_effect,
    warn_of_order,
)
from .decorated import Options, resolved_timeout
from .errors import NotInitializedError
from .functions import MemoizedFunction, delete_memoized, may_share
from .invalidated import Invalidated
from .keys.tags import EVERYWHERE, Space, dependencies, tag_versions
from .keys.text import key_text
from .keys.view import ViewKey
from .lookup import Call, Lookup
from .reading import Miss
from .refreshing import in_background_of
from .settings import is_safe_policy
from .typing import (
    CachedFunction,
    HashMethod,
    P,
    QueryArgs,
    R,
    T,
    Tags,
    Timeout,
    TimeoutOption,
)
from .typing import (
    MemoizedFunction as Memoized,
)
from .view_policy import SafePolicy
from .views import CachedView, delete_cached


class Decorators:
    """What keeps the results of functions and views, in a cache or in a namespace of it."""

    #: The namespace that the keys lie in.
    _space: Space = EVERYWHERE

    def _lookup(self) -> Lookup:
        """Return the flow of the active application."""
        raise NotImplementedError

    @overload
    def get_or_set(
        self,
        key: str,
        default: Callable[[], T],
        timeout: TimeoutOption = None,
        *,
        tags: Tags = None,
        jitter: float = 0,
        stale: Timeout | None = None,
        lock: bool = False,
    ) -> T: ...
    @overload
    def get_or_set(
        self,
        key: str,
        default: T,
        timeout: TimeoutOption = None,
        *,
        tags: Tags = None,
        jitter: float = 0,
        stale: Timeout | None = None,
        lock: bool = False,
    ) -> T: ...
    def get_or_set(
        self,
        key: str,
        default: Any,
        timeout: TimeoutOption = None,
        *,
        tags: Tags = None,
        jitter: float = 0,
        stale: Timeout | None = None,
        lock: bool = False,
    ) -> Any:
        """Return the value, a stored ``None`` too; where there is none, store `default`.

        :param default: the value, or a function that computes it: once, however many callers
            miss at the same time.
        :param tags: as for `memoize`. What was stored without them counts as missing.
        :param jitter: as for `cached`.
        :param stale: as for `cached`.
        :param lock: as for `cached`.
        """
        check_jitter(jitter)
        seconds = stale_seconds(stale)
        lookup = self._lookup()
        depends = dependencies(self._space, tags, stale=seconds > 0)
        keys = depends.keys((key_text(key),)) if depends else (key_text(key),)
        found = lookup.read(keys)
        if type(found) is not Miss:
            lookup.hit(keys[-1])
            return found
        compute: Any = default if callable(default) else lambda: default
        call = Call(
            keys,
            compute,
            timeout=functools.partial(resolved_timeout, timeout),
            shares=may_share,
            jitter=jitter,
            stale=seconds,
            later=functools.partial(in_background_of, lookup.app) if seconds else None,
            lock=lock,
            result_names=None if depends.of_result is None else depends.result_names,
        )
        return lookup.answer(call, found)

    # -- decorators ------------------------------------------------------------------

    def cached(
        self,
        timeout: TimeoutOption = None,
        key_prefix: str | Callable[[], str] = "view/%s",
        unless: Callable[..., Any] | None = None,
        forced_update: Callable[..., Any] | None = None,
        is_stale: Callable[..., Any] | None = None,
        response_filter: Callable[..., Any] | None = None,
        query_string: bool = False,
        hash_method: HashMethod | None = None,
        cache_none: bool = False,
        make_cache_key: Callable[..., Any] | None = None,
        source_check: bool | None = None,
        response_hit_indication: bool | None = False,
        *,
        policy: Literal["safe", "legacy"] | None = None,
        cache_statuses: Collection[int] | None = None,
        vary_on: Iterable[str] = (),
        buffer: bool = False,
        tags: Tags = None,
        versioned: bool = False,
        jitter: float = 0,
        stale: Timeout | None = None,
        lock: bool = False,
    ) -> Callable[[Callable[P, R]], CachedFunction[P, R]]:
        """Decorate a view, or a function without arguments, so that its answer is cached.

        The decorated function has the attributes ``uncached`` (the function itself),
        ``cache_timeout`` and ``make_cache_key``, which may be replaced at any time,
        ``invalidate()``, ``refresh()`` and ``stats()``.

        :param timeout: how long an answer lives: seconds, a ``timedelta``, or a callable that
            gives one of them, and is given the answer where it takes an argument. ``0``:
            for ever; ``None``: ``CACHE_DEFAULT_TIMEOUT``.
        :param key_prefix: the key, with ``%s`` for the request's path, or a callable that
            gives the key. Without ``%s``, it can be called outside of requests.
        :param unless: where this returns ``True``, the cache is bypassed. Called with the
            function and the call's arguments, if it takes any.
        :param forced_update: where this returns ``True``, the answer is computed and stored
            anew. Called with the call's arguments, if it takes any.
        :param is_stale: where this returns ``True`` for a stored answer, it is computed anew.
            Called with the answer and, if it takes more, the call's arguments.
        :param response_filter: where this returns something false for a computed answer, it
            is not stored.
        :param query_string: whether the key also depends on the query string's arguments,
            in any order.
        :param hash_method: hashes the query string; ``CACHE_HASH_METHOD`` by default.
        :param cache_none: whether a stored ``None`` counts as an answer.
        :param make_cache_key: makes the key from the call's arguments.
        :param source_check: whether the key also depends on the function's source text;
            ``CACHE_SOURCE_CHECK`` by default.
        :param response_hit_indication: whether a hit adds the header ``hit_cache: True``.
        :param policy: ``"safe"`` or ``"legacy"``, instead of ``CACHE_VIEW_POLICY``.
        :param cache_statuses: the statuses to store, and no others.
        :param vary_on: names of request headers whose values belong in the key.
        :param buffer: whether to join a streamed body, so that it can be stored.
        :param tags: what `invalidate_tags` knows the answers by: a text, several, or a callable
            that gives them: called with the call's arguments, if it takes any; and, if it has a
            parameter ``result``, with the computed answer, where a hit takes two trips.
        :param versioned: whether `delete_cached` can remove all answers, or all for one path,
            whatever the query string and the headers.
        :param jitter: by how much of its life, at most, each entry expires early at random, such
            as ``0.1`` for a tenth; so that what was computed together is not missed together.
        :param stale: for how long (seconds) after its life an answer is still given, while it is
            computed anew: once, in the background, and after a failure not again for a while.
        :param lock: whether of all processes that share the store only one computes a missing
            answer, and the others wait for it: at most ``CACHE_SINGLE_FLIGHT_WAIT`` seconds.
        """
        options = Options(
            timeout=timeout,
            unless=unless,
            forced_update=forced_update,
            is_stale=is_stale,
            response_filter=response_filter,
            hash_method=hash_method,
            cache_none=cache_none,
            source_check=source_check,
            tags=tags,
            jitter=jitter,
            stale=stale,
            lock=lock,
            space=self._space,
        )
        check_key_prefix(key_prefix)
        warn_of_no_effect(make_cache_key=make_cache_key)
        headers = header_names(vary_on)
        is_view = isinstance(key_prefix, str) and "%s" in key_prefix
        by_path = is_view and not callable(make_cache_key)
        rules = SafePolicy(is_view, by_path, status_codes(cache_statuses), frozenset(headers))

        def decorate(function: Callable[..., Any]) -> Any:
            if is_view:
                self._check_order(function, "cached")
            return CachedView(
                self._lookup,
                function,
                options,
                ViewKey(function, key_prefix, query_string, headers),
                make_cache_key=make_cache_key,
                response_hit_indication=bool(response_hit_indication),
                policy=rules,
                is_safe=None if policy is None else is_safe_policy("cached(policy=…)", policy),
                buffer=buffer,
                versioned=versioned,
            ).wrapper

        return _through_descriptors(decorate, "cached", timeout)

    def memoize(
        self,
        timeout: TimeoutOption = None,
        make_name: Callable[..., str] | None = None,
        unless: Callable[..., Any] | None = None,
        forced_update: Callable[..., Any] | None = None,
        is_stale: Callable[..., Any] | None = None,
        response_filter: Callable[..., Any] | None = None,
        hash_method: HashMethod | None = None,
        cache_none: bool = False,
        source_check: bool | None = None,
        args_to_ignore: list[str] | None = None,
        *,
        tags: Tags = None,
        jitter: float = 0,
        stale: Timeout | None = None,
        lock: bool = False,
    ) -> Callable[[Callable[P, R]], Memoized[P, R]]:
        """Decorate a function or a method, so that each call's result is cached by arguments.

        Arguments count by their ``repr``; the object of a method by its ``__caching_id__()``,
        or else its ``repr``. The decorated function has the attributes ``uncached``,
        ``cache_timeout``, ``make_cache_key``, which may be replaced at any time,
        ``delete_memoized()``, ``invalidate()``, ``refresh()`` and ``stats()``.

        :param timeout: as for `cached`.
        :param make_name: makes, from the function's name, the name that counts in keys.
        :param unless: as for `cached`.
        :param forced_update: as for `cached`.
        :param is_stale: as for `cached`.
        :param response_filter: as for `cached`.
        :param hash_method: hashes the arguments; ``CACHE_HASH_METHOD`` by default.
        :param cache_none: whether a stored ``None`` counts as a result.
        :param source_check: as for `cached`.
        :param args_to_ignore: names of parameters that don't tell calls apart.
        :param tags: as for `cached`.
        :param jitter: as for `cached`.
        :param stale: as for `cached`.
        :param lock: as for `cached`.
        """
        options = Options(
            timeout=timeout,
            unless=unless,
            forced_update=forced_update,
            is_stale=is_stale,
            response_filter=response_filter,
            hash_method=hash_method,
            cache_none=cache_none,
            source_check=source_check,
            tags=tags,
            jitter=jitter,
            stale=stale,
            lock=lock,
            space=self._space,
        )
        warn_of_no_effect(make_name=make_name)

        def decorate(function: Callable[..., Any]) -> Any:
            self._check_order(function, "memoize")
            memoized = MemoizedFunction(self._lookup, function, options, make_name, args_to_ignore)
            wrapper = memoized.wrapper
            wrapper.delete_memoized = lambda: self.delete_memoized(wrapper)
            make_cache_key = self._own_key_maker(
                make_name=make_name,
                hash_method=hash_method,
                source_check=source_check,
                args_to_ignore=args_to_ignore,
            )
            if make_cache_key is not None:
                wrapper.make_cache_key = make_cache_key
            return wrapper

        return _through_descriptors(decorate, "memoize", timeout)

    def _check_order(self, function: Callable[..., Any], decorator: Decorator) -> None:
        try:
            app = self._lookup().app
        except NotInitializedError:  # its views are not known yet; `flask cache doctor` looks
            return
        warn_of_order(app, function, decorator)

    def _own_key_maker(self, **parameters: Any) -> Callable[..., str] | None:
        """Return what makes the keys of a memoized function, where the application says so."""
        return None

    # -- invalidation ----------------------------------------------------------------

    def delete_cached(
        self,
        f: Any,
        path: str | None = None,
        query_args: QueryArgs | None = None,
        **kwargs: Any,
    ) -> bool:
        """Remove the answer of a function decorated with `cached`.

        Of one decorated with ``cached(versioned=True)`` all its answers; with a path, or the
        view's arguments, all answers for that path; with `query_args` too, that one.

        :param path: the ``request.path`` that it answered; by default it is built from the
            view's arguments in `kwargs`.
        :param query_args: the query string, where the view is cached by it.
        :return: whether an answer was there; always where a version was written.
        """
        return delete_cached(self._lookup(), f, path, query_args, kwargs).removed

    def delete_memoized(self, f: Any, *args: Any, **kwargs: Any) -> Invalidated:
        """Remove what a function decorated with `memoize` has stored.

        Without arguments: of a function, of a class's method or classmethod, everything; of
        a bound method, everything of its object. With arguments: that one call.

        :raises TypeError: where `f` is not a function.
        :raises CacheUnavailableError: where the store did not take it.
        """
        if not callable(f):
            raise TypeError(f"delete_memoized() takes the decorated function itself, not {f!r}.")
        return delete_memoized(self._lookup(), f, args, kwargs)

    def invalidate_tags(self, *tags: str, soft: bool = False) -> tuple[Invalidated, ...]:
        """Invalidate everything that has one of these tags, in every namespace.

        However many entries that are, this is two small writes. No computation that began before
        has its value stored for later callers, in any process.

        :param soft: let what was cached with ``stale=`` only get stale: it is given until it is
            computed anew. Everything else is invalidated as ever.
        :return: what was done, for each tag.
        :raises CacheUnavailableError: where the store did not take it.
        """
        names = tag_versions(tags)
        self._lookup().invalidate_tags(*names, soft=soft)
        return tuple(Invalidated("tag", name, removed=True, soft=soft) for name in names)


def _through_descriptors(
    decorate: Callable[[Callable[..., Any]], Any],
    decorator: Decorator,
    timeout: Any,
) -> Callable[[Any], Any]:
    """Let a decorator stand above ``@classmethod`` and ``@staticmethod`` as well as below.

    :raises TypeError: where it does not decorate a function, as without its parentheses.
    """

    @functools.wraps(decorate)
    def through(*given: Any, **named: Any) -> Any:
        function = given[0] if len(given) == 1 and not named else None
        if isinstance(function, classmethod | staticmethod):
            return type(function)(decorate(function.__func__))
        if not callable(function):
            raise no_function(decorator, timeout, (*given, *named.values()))
        return decorate(function)

    return through
