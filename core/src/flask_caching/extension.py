"""What does the application hold in its hands? `Cache`.

A `Cache` holds no application's state: settings, flights and statistics live in the `Lookup`
that `Cache.init_app` hangs on the application, so one `Cache` serves many applications, and
one application many caches.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Literal, cast, overload
from weakref import ref

from flask import Flask

from .backends.base import BaseCache
from .backends.foreign import ForeignCache, is_extended
from .context import app_context
from .decorated import Options, resolved_timeout
from .errors import ConfigError, NotInitializedError
from .functions import (
    Invalidated,
    MemoizedFunction,
    delete_memoized,
    delete_version,
    key_maker,
    may_share,
)
from .jinja2ext import JINJA_CACHE_ATTR_NAME, CacheExtension
from .keys.text import key_text
from .keys.view import ViewKey
from .lookup import Call, Lookup, Miss
from .overridden import is_overridden, through_overrides, to_store
from .settings import Settings, is_safe_policy, read_settings
from .typing import (
    MISSING,
    CachedFunction,
    HashMethod,
    P,
    QueryArgs,
    R,
    T,
    Timeout,
    TimeoutOption,
)
from .typing import (
    MemoizedFunction as Memoized,
)
from .view_policy import SafePolicy
from .views import CachedView

#: Where an application keeps the backends, by `Cache`; 2.x keeps them there too.
BACKENDS = "cache"
#: Where an application keeps the flows, by `Cache`.
LOOKUPS = "flask_caching"


class Cache:
    """Caches what an application's views and functions give.

    :param app: the application; or call `init_app` later, for each application.
    :param with_jinja2_ext: whether to install the ``{% cache %}`` template tag.
    :param config: settings that take precedence over ``app.config``.
    """

    def __init__(
        self,
        app: Flask | None = None,
        with_jinja2_ext: bool = True,
        config: dict[str, Any] | None = None,
    ) -> None:
        _check_config(config)
        self.with_jinja2_ext = with_jinja2_ext
        self.config = config
        #: The application that was initialized last: it answers where no context is active.
        self.app: Flask | None = None
        if app is not None:
            self.init_app(app, config)

    def init_app(self, app: Flask, config: dict[str, Any] | None = None) -> None:
        """Give an application its cache.

        :param config: settings that take precedence over ``app.config``.
        :raises ConfigError: for a setting that can't work.
        :raises BackendNotFoundError: where the backend is not installed.
        """
        _check_config(config)
        from .registry import installed_registry  # pluggy takes 10 ms to import

        settings = read_settings(app.config, self.config, config)
        if (
            settings.backend in ("NullCache", "null")
            and not settings.config["CACHE_NO_NULL_WARNING"]
        ):
            warnings.warn(
                f"Flask-Caching: CACHE_TYPE is {settings.backend!r}, so nothing is cached. "
                "Set CACHE_NO_NULL_WARNING = True if that is what you want.",
                stacklevel=2,
            )
        registry = installed_registry()
        backend = registry.build(app, settings)
        if settings.serializer is not None:
            _set_serializer(backend, settings)
        backends = app.extensions.get(BACKENDS)
        if not isinstance(backends, Backends):
            backends = app.extensions[BACKENDS] = Backends(app, backends or {})
        app.extensions.setdefault(LOOKUPS, {})
        backends.use(self, backend, settings)
        self.app = app
        if self.with_jinja2_ext:
            setattr(app.jinja_env, JINJA_CACHE_ATTR_NAME, self)
            app.jinja_env.add_extension(CacheExtension)
        for ready in registry.observers("cache_ready"):
            ready(app=app, cache=self, backend=backend)

    @property
    def cache(self) -> BaseCache:
        """The backend of the active application, for what `Cache` does not proxy."""
        return cast("BaseCache", self.lookup.app.extensions[BACKENDS][self])

    @property
    def lookup(self) -> Lookup:
        """The flow of the active application.

        :raises NotInitializedError: where `init_app` never ran for it.
        """
        return self._lookup()

    def _lookup(self) -> Lookup:
        # Paid by every hit: the context variable is read here and not through current_app.
        context = app_context(None)
        app = self.app if context is None else context.app
        try:
            found: Lookup = app.extensions[LOOKUPS][self]  # type: ignore[union-attr]
        except (KeyError, AttributeError):
            raise NotInitializedError(_not_initialized(app)) from None
        return found

    @property
    def hash_method(self) -> HashMethod | None:
        """``CACHE_HASH_METHOD`` of the active application; ``None`` before `init_app`."""
        return None if self.app is None else self.lookup.settings.hash_method

    @property
    def source_check(self) -> bool | None:
        """``CACHE_SOURCE_CHECK`` of the active application; ``None`` before `init_app`."""
        return None if self.app is None else self.lookup.settings.source_check

    @property
    def serializer(self) -> Any:
        """The object made of ``CACHE_SERIALIZER``; ``None`` where the backend's own is used."""
        return None if self.app is None else self.lookup.settings.serializer

    @property
    def enable_signals(self) -> bool:
        """``CACHE_ENABLE_SIGNALS`` of the active application."""
        return self.app is not None and self.lookup.settings.enable_signals

    # -- proxies ---------------------------------------------------------------------
    #
    # `options` are parameters that only the backend knows; they go to it as they are. Where the
    # store fails, reading finds nothing and writing stores nothing (`Lookup.instead`); what
    # removes raises, since an invalidation that did not happen must not look like one.

    def get(self, key: str, default: Any = None, **options: Any) -> Any:
        """Return the value, or `default`; also where the value is an outdated entry."""
        lookup = self._lookup()
        key = key_text(key)
        try:
            if options:
                given = (key,) if default is None else (key, default)
                return lookup.unwrapped(self._backend(options).get(*given, **options), default)
            if default is None:
                return lookup.unwrapped(lookup.backend.get(key), None)
            return lookup.unwrapped(lookup.backend.get_value(key, default), default)
        except OSError as error:
            return lookup.instead(error, key, default)

    def get_value(self, key: str, default: Any = None) -> Any:
        """Return the value, a stored ``None`` too, or `default`."""
        lookup = self._lookup()
        key = key_text(key)
        try:
            return lookup.unwrapped(lookup.backend.get_value(key, default), default)
        except OSError as error:
            return lookup.instead(error, key, default)

    def get_many(self, *keys: str, **options: Any) -> list[Any]:
        """Return the values in the order of the keys, ``None`` for the missing ones."""
        lookup = self._lookup()
        wanted = [key_text(key) for key in keys]
        try:
            found: list[Any] = self._backend(options).get_many(*wanted, **options)
            return [lookup.unwrapped(value, None) for value in found]
        except OSError as error:
            return lookup.instead(error, _named(wanted), [None] * len(wanted))

    def get_dict(self, *keys: str, **options: Any) -> dict[str, Any]:
        """Return a dict with every key asked."""
        if not options:
            return dict(zip(keys, self.get_many(*keys), strict=True))
        try:
            found: dict[str, Any] = self._backend(options).get_dict(*keys, **options)
        except OSError as error:
            return self._lookup().instead(error, _named(keys), dict.fromkeys(keys))
        return found

    def has(self, key: str, **options: Any) -> bool:
        """Return whether an entry is there."""
        key = key_text(key)
        try:
            answer: bool = self._backend(options).has(key, **options)
        except OSError as error:
            return self._lookup().instead(error, key, answer=False)
        return answer

    def set(
        self, key: str, value: Any, timeout: Timeout | None = None, **options: Any
    ) -> bool | None:
        """Store a value; ``True`` when it is stored."""
        lookup = self._lookup()
        key = key_text(key)
        try:
            if lookup.seen is not lookup.backend:
                kept = to_store(key, value)
                if kept is not MISSING:
                    return lookup.backend.set(key, kept, timeout)
            lookup.forget(key)
            answer: bool | None = self._backend(options).set(key, value, timeout, **options)
        except OSError as error:
            return lookup.instead(error, key, answer=False, writing=True)
        return answer

    def set_many(
        self, mapping: Mapping[str, Any], timeout: Timeout | None = None, **options: Any
    ) -> list[str]:
        """Store several values; return the keys stored."""
        entries = {key_text(key): value for key, value in mapping.items()}
        lookup = self._lookup()
        lookup.forget(*entries)
        try:
            answer: list[str] = self._backend(options).set_many(entries, timeout, **options)
        except OSError as error:
            nothing: list[str] = []
            return lookup.instead(error, _named(entries), nothing, writing=True)
        return answer

    def add(self, key: str, value: Any, timeout: Timeout | None = None, **options: Any) -> bool:
        """Store a value where there is none; ``True`` when it was stored."""
        key = key_text(key)
        try:
            answer: bool = self._backend(options).add(key, value, timeout, **options)
        except OSError as error:
            return self._lookup().instead(error, key, answer=False, writing=True)
        return answer

    def inc(self, key: str, delta: int = 1, **options: Any) -> int | None:
        """Add to a counter and return it; absent, it starts at `delta`.

        ``None`` where the store fails.
        """
        key = key_text(key)
        try:
            answer: int | None = self._backend(options).inc(key, delta, **options)
        except OSError as error:
            return self._lookup().instead(error, key, None, writing=True)
        return answer

    def dec(self, key: str, delta: int = 1, **options: Any) -> int | None:
        """Subtract from a counter and return it; absent, it starts at ``-delta``.

        ``None`` where the store fails.
        """
        key = key_text(key)
        try:
            answer: int | None = self._backend(options).dec(key, delta, **options)
        except OSError as error:
            return self._lookup().instead(error, key, None, writing=True)
        return answer

    def touch(self, key: str, timeout: Timeout | None = None) -> bool:
        """Give a live entry a new life; ``True`` when there was one."""
        lookup = self._lookup()
        key = key_text(key)
        try:
            return lookup.backend.touch(key, timeout)
        except OSError as error:
            return lookup.instead(error, key, answer=False, writing=True)

    def delete(self, key: str, **options: Any) -> bool:
        """Remove an entry; ``True`` only when a live one was there.

        Exact within a process: no computation that began before stores after it.
        """
        key = key_text(key)
        self._lookup().forget(key)
        answer: bool = self._backend(options).delete(key, **options)
        return answer

    def delete_many(self, *keys: str, **options: Any) -> list[str]:
        """Remove several entries; return the keys under which nothing is left."""
        wanted = [key_text(key) for key in keys]
        self._lookup().forget(*wanted)
        answer: list[str] = self._backend(options).delete_many(*wanted, **options)
        return answer

    def unlink(self, *keys: str, **options: Any) -> list[str]:
        """Remove several entries, in the background where the store can."""
        wanted = [key_text(key) for key in keys]
        self._lookup().forget(*wanted)
        answer: list[str] = self._backend(options).unlink(*wanted, **options)
        return answer

    def clear(self) -> bool:
        """Remove every entry of this cache's prefix, and nothing else."""
        lookup = self._lookup()
        lookup.flights.forget_all()
        return lookup.backend.clear()

    def _backend(self, options: dict[str, Any]) -> Any:
        """Return what a proxy calls: with options of its own, the backend itself."""
        return self.cache if options else self._lookup().backend

    @overload
    def get_or_set(
        self, key: str, default: Callable[[], T], timeout: TimeoutOption = None
    ) -> T: ...
    @overload
    def get_or_set(self, key: str, default: T, timeout: TimeoutOption = None) -> T: ...
    def get_or_set(self, key: str, default: Any, timeout: TimeoutOption = None) -> Any:
        """Return the value, a stored ``None`` too; where there is none, store `default`.

        :param default: the value, or a function that computes it: once, however many callers
            miss at the same time.
        """
        lookup = self._lookup()
        keys = (key_text(key),)
        found = lookup.read(keys)
        if type(found) is not Miss:
            lookup.hit(keys[0])
            return found
        compute: Any = default if callable(default) else lambda: default
        call = Call(
            keys,
            compute,
            timeout=functools.partial(resolved_timeout, timeout),
            shares=may_share,
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
    ) -> Callable[[Callable[P, R]], CachedFunction[P, R]]:
        """Decorate a view, or a function without arguments, so that its answer is cached.

        The decorated function has the attributes ``uncached`` (the function itself),
        ``cache_timeout`` and ``make_cache_key``, which may be replaced at any time.

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
        """
        options = Options(
            timeout,
            unless,
            forced_update,
            is_stale,
            response_filter,
            hash_method,
            cache_none,
            source_check,
        )

        named = (vary_on,) if isinstance(vary_on, str) else vary_on
        headers = tuple(sorted({header.lower() for header in named}))
        is_view = isinstance(key_prefix, str) and "%s" in key_prefix
        by_path = is_view and not callable(make_cache_key)
        rules = SafePolicy(is_view, by_path, _statuses(cache_statuses), frozenset(headers))

        def decorate(function: Callable[..., Any]) -> Any:
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
            ).wrapper

        return _through_descriptors(decorate)

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
    ) -> Callable[[Callable[P, R]], Memoized[P, R]]:
        """Decorate a function or a method, so that each call's result is cached by arguments.

        Arguments count by their ``repr``; the object of a method by its ``__caching_id__()``,
        or else its ``repr``. The decorated function has the attributes ``uncached``,
        ``cache_timeout``, ``make_cache_key``, which may be replaced at any time, and
        ``delete_memoized()``.

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
        """
        options = Options(
            timeout,
            unless,
            forced_update,
            is_stale,
            response_filter,
            hash_method,
            cache_none,
            source_check,
        )

        def decorate(function: Callable[..., Any]) -> Any:
            memoized = MemoizedFunction(self._lookup, function, options, make_name, args_to_ignore)
            wrapper = memoized.wrapper
            wrapper.delete_memoized = lambda: self.delete_memoized(wrapper)
            if is_overridden(self, Cache, "_memoize_make_cache_key"):
                wrapper.make_cache_key = self._memoize_make_cache_key(
                    make_name=make_name,
                    hash_method=hash_method,
                    source_check=source_check,
                    args_to_ignore=args_to_ignore,
                )
            return wrapper

        return _through_descriptors(decorate)

    def _memoize_make_cache_key(
        self,
        make_name: Callable[..., str] | None = None,
        hash_method: HashMethod | None = None,
        source_check: bool | None = None,
        args_to_ignore: list[str] | None = None,
        *,
        timeout: Any = None,
        forced_update: Any = None,
    ) -> Callable[..., str]:
        """Return what makes the keys of calls: ``make_cache_key(f, *args, **kwargs)``.

        A subclass that overrides it makes the keys of memoized functions; nothing else asks
        for it. `timeout` and `forced_update` have no effect; before 2.5 they are passed.
        """
        options = Options(hash_method=hash_method, source_check=source_check)
        return key_maker(self._lookup, options, make_name, args_to_ignore)

    # -- invalidation ----------------------------------------------------------------

    def delete_cached(
        self,
        f: Any,
        path: str | None = None,
        query_args: QueryArgs | None = None,
        **kwargs: Any,
    ) -> bool:
        """Remove the answer of a function decorated with `cached`.

        :param path: the ``request.path`` that it answered; by default it is built from the
            view's arguments in `kwargs`.
        :param query_args: the query string, where the view is cached by it.
        :return: whether an answer was there.
        """
        return self.delete(f.make_cache_key(path=path, query_args=query_args, **kwargs))

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

    def delete_memoized_verhash(self, f: Any, *args: Any) -> None:
        """Remove the version of a memoized function; all that it has stored is outdated then."""
        if not callable(f):
            raise TypeError(
                f"delete_memoized_verhash() takes the decorated function itself, not {f!r}."
            )
        delete_version(self._lookup(), f)


class Backends(dict[Cache, Any]):
    """``app.extensions["cache"]``: the backends of an application, by `Cache`.

    Applications put another backend there, in tests above all; the flow then uses that one.
    """

    def __init__(self, app: Flask, backends: Mapping[Cache, Any]) -> None:
        super().__init__(backends)
        self._app = ref(app)

    def __setitem__(self, cache: Cache, backend: Any) -> None:
        app, known = self._app(), self.get(cache)
        if app is None or known is None or known is backend:
            super().__setitem__(cache, backend)
        else:
            self.use(cache, backend, app.extensions[LOOKUPS][cache].settings)

    def use(self, cache: Cache, backend: Any, settings: Settings) -> None:
        """Let a cache store in a backend from here on."""
        super().__setitem__(cache, backend)
        app = self._app()
        if app is not None:
            app.extensions[LOOKUPS][cache] = _flow(cache, app, backend, settings)


def _flow(cache: Cache, app: Flask, backend: Any, settings: Settings) -> Lookup:
    """Return the flow of a cache on an application, with a backend."""
    from .registry import installed_registry

    store = _with_entries(backend)
    seen = through_overrides(cache, Cache, store)
    observers = installed_registry().observers("cache_event")
    return Lookup(app, cache, store, settings, seen, observers)


def _through_descriptors(
    decorate: Callable[[Callable[..., Any]], Any],
) -> Callable[[Any], Any]:
    """Let a decorator stand above ``@classmethod`` and ``@staticmethod`` as well as below."""

    @functools.wraps(decorate)
    def through(function: Any) -> Any:
        if isinstance(function, classmethod | staticmethod):
            return type(function)(decorate(function.__func__))
        return decorate(function)

    return through


def _statuses(given: Any) -> frozenset[int] | None:
    if given is None:
        return None
    if isinstance(given, str) or not isinstance(given, Collection):
        raise ConfigError(
            "cached(cache_statuses=…)",
            f"must be a list of statuses such as [200, 404], not {given!r}",
        )
    return frozenset(given)


def _named(keys: Iterable[Any]) -> str:
    """Return the keys of a call on many as one text, for who is told of its error."""
    return ", ".join(map(str, keys))


def _check_config(config: Any) -> None:
    if not (config is None or isinstance(config, dict)):
        raise ValueError(f"`config` must be a dict or None, not {type(config).__name__}")


def _with_entries(backend: Any) -> BaseCache:
    """Return the backend as the flow uses it: somebody else's sees plain values only."""
    if isinstance(backend, BaseCache) and backend.keeps_entries and not is_extended(type(backend)):
        return backend
    return ForeignCache(backend)


def _set_serializer(backend: Any, settings: Settings) -> None:
    if hasattr(backend, "serializer"):
        backend.serializer = settings.serializer
    else:
        warnings.warn(
            f"Flask-Caching: CACHE_SERIALIZER has no effect on {type(backend).__name__}, "
            "which does not use a serializer.",
            stacklevel=3,
        )


def _not_initialized(app: Flask | None) -> str:
    if app is None:
        return (
            "This Cache has no application yet: call cache.init_app(app) when you make the "
            "application, or pass it to Cache(app)."
        )
    return (
        f"This Cache was never initialized for the application {app.name!r}: call "
        "cache.init_app(app) when you make it."
    )
