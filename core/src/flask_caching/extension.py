"""What does the application hold in its hands? `Cache`.

A `Cache` holds no application's state: settings, flights and statistics live in the `Lookup`
that `Cache.init_app` hangs on the application, so one `Cache` serves many applications, and
one application many caches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast
from weakref import ref

from flask import Flask

from .backends.base import BaseCache
from .backends.foreign import ForeignCache, is_extended
from .context import app_context
from .decorated import Options
from .decorators import Decorators
from .errors import ConfigError, NotInitializedError
from .functions import delete_version, key_maker
from .jinja2ext import JINJA_CACHE_ATTR_NAME, CacheExtension
from .keys.source import parameters_of
from .keys.tags import tag_versions
from .keys.text import key_text
from .lookup import Lookup
from .namespaces import Namespace, named
from .notices import warn_caller
from .overridden import is_flow, is_overridden, through_overrides, to_store
from .payload import Entry
from .settings import Settings, read_settings
from .signals import send_event
from .statistics import Statistics
from .trust import protect
from .typing import MISSING, HashMethod, Timeout

#: Where an application keeps the backends, by `Cache`; 2.x keeps them there too.
BACKENDS = "cache"
#: Where an application keeps the flows, by `Cache`.
LOOKUPS = "flask_caching"


class Cache(Decorators):
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
        _check_switch(with_jinja2_ext)
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
        _check_app(app)
        from .registry import installed_registry  # pluggy takes 10 ms to import

        settings = read_settings(app.config, self.config, config)
        if (
            settings.backend in ("NullCache", "null")
            and not settings.config["CACHE_NO_NULL_WARNING"]
        ):
            warn_caller(nothing_is_cached(settings))
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

    def stats(self) -> Statistics:
        """Return what happened on the active application, in this process.

        Counted are the calls of decorated functions, template fragments and `get_or_set`, and
        of the proxies those that give or store values: `get`, `get_value`, `get_many`,
        `get_dict`, `set`, `set_many`, `add`; and whatever deletes or invalidates.
        """
        return self._lookup().statistics.read()

    # -- proxies ---------------------------------------------------------------------
    #
    # `options` are parameters that only the backend knows; they go to it as they are. Where the
    # store fails, reading finds nothing and writing stores nothing (`Happenings.instead`); what
    # removes raises, since an invalidation that did not happen must not look like one.

    def get(self, key: str, default: Any = None, **options: Any) -> Any:
        """Return the value, or `default`; also where the value is an outdated entry."""
        lookup = self._lookup()
        key = key_text(key)
        try:
            if options:
                given = (key,) if default is None else (key, default)
                value = lookup.unwrapped(self._backend(options).get(*given, **options), default)
            elif default is None:
                value = lookup.backend.get(key)
                if type(value) is Entry:
                    value = lookup.unwrapped(value, None)
            else:
                value = lookup.unwrapped(lookup.backend.get_value(key, default), default)
        except OSError as error:
            return lookup.instead(error, key, default)
        # As `Happenings.asked` does, which a hit is spared.
        if lookup.only_counts and value is not default:
            lookup.statistics.hits += 1
        else:
            lookup.asked(key, value is not default)
        return value

    def get_value(self, key: str, default: Any = None) -> Any:
        """Return the value, a stored ``None`` too, or `default`."""
        lookup = self._lookup()
        key = key_text(key)
        try:
            value = lookup.unwrapped(lookup.backend.get_value(key, MISSING))
        except OSError as error:
            return lookup.instead(error, key, default)
        lookup.asked(key, value is not MISSING)
        return default if value is MISSING else value

    def get_many(self, *keys: str, **options: Any) -> list[Any]:
        """Return the values in the order of the keys, ``None`` for the missing ones."""
        lookup = self._lookup()
        wanted = [key_text(key) for key in keys]
        try:
            found: list[Any] = self._backend(options).get_many(*wanted, **options)
            found = lookup.valid_values(found, None)
        except OSError as error:
            return lookup.instead(error, named(wanted), [None] * len(wanted))
        for key, value in zip(wanted, found, strict=False):
            lookup.asked(key, value is not None)
        return found

    def get_dict(self, *keys: str, **options: Any) -> dict[str, Any]:
        """Return a dict with every key asked."""
        if not options:
            return dict(zip(keys, self.get_many(*keys), strict=True))
        try:
            found: dict[str, Any] = self._backend(options).get_dict(*keys, **options)
        except OSError as error:
            return self._lookup().instead(error, named(keys), dict.fromkeys(keys))
        for key, value in found.items():
            self._lookup().asked(key, value is not None)
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
        self,
        key: str,
        value: Any,
        timeout: Timeout | None = None,
        *,
        tags: Any = None,
        **options: Any,
    ) -> bool | None:
        """Store a value; ``True`` when it is stored.

        :param tags: what `invalidate_tags` knows the value by: a text, or several. What it
            invalidates from here on is missed; what happened while the value was made, before
            this call, nobody knows. A backend whose ``set`` has tags of its own is given them.
        """
        lookup = self._lookup()
        key = key_text(key)
        try:
            if tags is not None or options or not lookup.only_counts:
                return self._set(lookup, key, value, timeout, tags, options)
            # What that comes to in nearly all cases; the way through it takes a tenth longer.
            if not lookup.flights.is_quiet:
                lookup.forget(key)
            answer: bool | None = lookup.backend.set(key, value, timeout)
        except OSError as error:
            return lookup.instead(error, key, answer=False, writing=True)
        if answer is False:
            lookup.gave(key, stored=False)
        else:
            lookup.statistics.stores += 1
        return answer

    def _set(
        self,
        lookup: Lookup,
        key: str,
        value: Any,
        timeout: Timeout | None,
        tags: Any,
        options: dict[str, Any],
    ) -> bool | None:
        if tags is not None and "tags" in parameters_of(self.cache.set):
            options["tags"] = tags
        elif tags is not None:
            stamped = lookup.stamped({key: value}, tag_versions(tags))
            if not stamped:
                lookup.gave(key, stored=False)
                return False
            value = stamped[key]
        if lookup.seen is not lookup.backend:
            kept = to_store(key, value)
            if kept is not MISSING:
                return lookup.backend.set(key, kept, timeout)
        lookup.forget(key)
        answer: bool | None = self._backend(options).set(key, value, timeout, **options)
        lookup.gave(key, answer is not False)
        return answer

    def set_many(
        self, mapping: Mapping[str, Any], timeout: Timeout | None = None, **options: Any
    ) -> list[str]:
        """Store several values; return the keys stored."""
        if not isinstance(mapping, Mapping):
            raise TypeError(f"set_many() takes a dict of values by key, not {mapping!r}.")
        entries = {key_text(key): value for key, value in mapping.items()}
        lookup = self._lookup()
        lookup.forget(*entries)
        try:
            answer: list[str] = self._backend(options).set_many(entries, timeout, **options)
        except OSError as error:
            nothing: list[str] = []
            return lookup.instead(error, named(entries), nothing, writing=True)
        lookup.gave_many(entries, set(answer))
        return answer

    def add(self, key: str, value: Any, timeout: Timeout | None = None, **options: Any) -> bool:
        """Store a value where there is none; ``True`` when it was stored."""
        lookup = self._lookup()
        key = key_text(key)
        try:
            answer: bool = self._backend(options).add(key, value, timeout, **options)
        except OSError as error:
            return lookup.instead(error, key, answer=False, writing=True)
        if answer:
            lookup.gave(key, stored=True)
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
        lookup = self._lookup()
        key = key_text(key)
        lookup.forget(key)
        answer: bool = self._backend(options).delete(key, **options)
        if not is_flow():
            lookup.deleted(key)
        return answer

    def delete_many(self, *keys: str, **options: Any) -> list[str]:
        """Remove several entries; return the keys under which nothing is left."""
        wanted = [key_text(key) for key in keys]
        lookup = self._lookup()
        lookup.forget(*wanted)
        answer: list[str] = self._backend(options).delete_many(*wanted, **options)
        lookup.deleted(*wanted)
        return answer

    def unlink(self, *keys: str, **options: Any) -> list[str]:
        """Remove several entries, in the background where the store can."""
        wanted = [key_text(key) for key in keys]
        lookup = self._lookup()
        lookup.forget(*wanted)
        answer: list[str] = self._backend(options).unlink(*wanted, **options)
        lookup.deleted(*wanted)
        return answer

    def clear(self) -> bool:
        """Remove every entry of this cache's prefix, and nothing else."""
        lookup = self._lookup()
        lookup.flights.forget_all()
        answer = lookup.backend.clear()
        lookup.invalidated("")
        return answer

    def namespace(self, name: str) -> Namespace:
        """Return a part of this cache, with keys of its own, that can be cleared at one stroke."""
        return Namespace(self._lookup, self._space.within(name))

    # -- as in 2.x -------------------------------------------------------------------

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

    def _own_key_maker(self, **parameters: Any) -> Callable[..., str] | None:
        if is_overridden(self, Cache, "_memoize_make_cache_key"):
            return self._memoize_make_cache_key(**parameters)
        return None

    def delete_memoized_verhash(self, f: Any, *args: Any) -> None:
        """Remove the version of a memoized function; all that it has stored is outdated then."""
        if not callable(f):
            raise TypeError(
                f"delete_memoized_verhash() takes the decorated function itself, not {f!r}."
            )
        delete_version(self._lookup(), f)

    def _backend(self, options: dict[str, Any]) -> Any:
        """Return what a proxy calls: with options of its own, the backend itself."""
        return self.cache if options else self._lookup().backend


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


def caches_of(app: Flask) -> list[Cache]:
    """Return the caches of an application, in the order in which they were initialized."""
    return list(app.extensions.get(BACKENDS, ()))


def no_cache(app: Flask) -> NotInitializedError:
    """Return the error for an application that has no cache."""
    return NotInitializedError(
        f"The application {app.name!r} has no cache: call cache.init_app(app) when you make it."
    )


def nothing_is_cached(settings: Settings) -> str:
    """Say that the backend stores nothing, and how to have it so without being told."""
    return (
        f"CACHE_TYPE is {settings.backend!r}, so nothing is cached. "
        "Set CACHE_NO_NULL_WARNING = True if that is what you want."
    )


def _flow(cache: Cache, app: Flask, backend: Any, settings: Settings) -> Lookup:
    """Return the flow of a cache on an application, with a backend."""
    from .registry import installed_registry

    store = _with_entries(backend)
    seen = through_overrides(cache, Cache, store)
    observers = installed_registry().observers("cache_event")
    if settings.enable_signals:
        observers.append(send_event)
    lookup = Lookup(app, cache, store, settings, seen, observers)
    protect(lookup, backend)
    return lookup


def _check_switch(with_jinja2_ext: Any) -> None:
    """Warn of settings in its place."""
    if isinstance(with_jinja2_ext, Mapping):
        warn_caller(
            "The second argument of Cache is with_jinja2_ext, so these settings have no effect. "
            "Give them as config=, as in Cache(app, config={…})."
        )


def _check_config(config: Any) -> None:
    if not (config is None or isinstance(config, dict)):
        raise ConfigError(
            "config",
            f"must be a dict such as {{'CACHE_TYPE': 'simple'}}, or None, "
            f"not {type(config).__name__}",
        )


def _check_app(app: Any) -> None:
    if not hasattr(app, "config"):
        raise TypeError(
            f"A Cache is given the Flask application, not {type(app).__name__}: cache.init_app(app)"
            ", or Cache(app). Settings are given as config=, as in Cache(app, config={…})."
        )


def _with_entries(backend: Any) -> BaseCache:
    """Return the backend as the flow uses it: somebody else's sees plain values only."""
    if isinstance(backend, BaseCache) and backend.keeps_entries and not is_extended(type(backend)):
        return backend
    return ForeignCache(backend)


def _set_serializer(backend: Any, settings: Settings) -> None:
    if hasattr(backend, "serializer"):
        backend.serializer = settings.serializer
    else:
        warn_caller(
            f"CACHE_SERIALIZER has no effect on {type(backend).__name__}, "
            "which does not use a serializer."
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
