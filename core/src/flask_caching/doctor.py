"""What commonly goes wrong with the backends and the application? ``flask cache doctor``."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .arguments import Decorator, served_undecorated
from .backends.null import NullCache
from .decorated import all_decorated
from .display import shown_error
from .errors import CacheError
from .extension import Cache, caches_of, no_cache, nothing_is_cached
from .installation import Finding
from .registry import installed_registry
from .settings import warn_about_misspelled
from .trust import MARK, REASONS, described, is_shared, watch_of
from .views import CachedView

if TYPE_CHECKING:
    from flask import Flask


def examined(load_app: Callable[[], Flask]) -> list[Finding]:
    """Look at the backends that are installed, and at the application if it can be loaded."""
    findings = [*_backends()]
    try:
        app = load_app()
    except Exception as error:  # noqa: BLE001 (the application's own code: anything may come)
        # Flask tells of an ImportError, as a missing backend is, by its whole traceback.
        cause = error.__context__ if isinstance(error.__context__, CacheError) else error
        return [*findings, Finding(False, f"The application can't be loaded: {shown_error(cause)}")]
    return [*findings, *_application(app)]


def _backends() -> Iterator[Finding]:
    """Load each backend: a plugin that is broken, or claims a name twice, says so."""
    registry = installed_registry()
    for name in registry.installed():
        try:
            registry.load(name)
        except CacheError as error:
            yield Finding(False, str(error))
        else:
            yield Finding(True, f"The backend {name!r} can be imported.")
    for plugin, cause in registry.left_out.items():
        yield Finding(False, f"The plugin {plugin} can't be loaded: {shown_error(cause)}")


def _application(app: Flask) -> Iterator[Finding]:
    caches = caches_of(app)
    if not caches:
        yield Finding(False, str(no_cache(app)))
    with app.app_context():
        for cache in caches:
            yield from _settings(cache)
            yield _store(cache)
            yield from _trust(cache)
        yield from _views(app)


def _views(app: Flask) -> Iterator[Finding]:
    """Look for views that are served as they were before they were decorated."""
    views = list(app.view_functions.values())
    for each in all_decorated():
        # One that is served both ways is meant to be.
        if _is_one(each.function, views) and not _is_one(each.wrapper, views):
            decorator: Decorator = "cached" if isinstance(each, CachedView) else "memoize"
            yield Finding(False, served_undecorated(each.function, decorator))


def _is_one(function: Any, views: list[Any]) -> bool:
    return any(view is function for view in views)


def _settings(cache: Cache) -> Iterator[Finding]:
    settings = cache.lookup.settings
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_about_misspelled(settings.config)
    yield from (Finding(False, str(warning.message)) for warning in caught)
    if not settings.safe_views:
        yield Finding(
            False,
            "CACHE_VIEW_POLICY is 'legacy': answers with cookies, or made for one visitor's "
            "session, are stored and replayed to others.",
        )
    if settings.default_timeout < 0:
        yield Finding(
            False,
            f"CACHE_DEFAULT_TIMEOUT is {settings.default_timeout}: what is stored without a "
            "timeout has expired already. 0 means for ever.",
        )
    if isinstance(cache.cache, NullCache) and not settings.config["CACHE_NO_NULL_WARNING"]:
        yield Finding(False, nothing_is_cached(settings))


def _store(cache: Cache) -> Finding:
    name = type(cache.cache).__name__
    try:
        cache.cache.get("flask-caching:probe")
    except Exception as error:  # noqa: BLE001 (whatever the driver raises is the finding)
        return Finding(False, f"The store of {name} can't be used: {shown_error(error)}")
    return Finding(True, f"The store of {name} answers.")


def _trust(cache: Cache) -> Iterator[Finding]:
    """Say how entries are signed, and what was found in the store that is not."""
    backend: Any = cache.cache
    watch = watch_of(backend)
    if watch is None:
        return
    is_well = not is_shared(backend) or watch.keys() is not None or watch.is_switched_off()
    name = type(backend).__name__
    repair = (
        "" if is_well else ": set CACHE_SIGNING_KEY or SECRET_KEY, or CACHE_SIGNING_KEY = False"
    )
    yield Finding(is_well, f"The entries in {name} are {described(watch)}{repair}.")
    try:
        word = backend.get(MARK)
    except Exception:  # noqa: BLE001 (said already)
        return
    if isinstance(word, dict) and word.get("reason") in REASONS:
        yield Finding(
            False,
            f"At least {word['count']} entries of {name} were not believed in the last day. The "
            f"last, {word['key']!r}, {REASONS[word['reason']]}",
        )
    for reason in watch.counts:
        yield Finding(False, f"An entry in {name} that this command has read {REASONS[reason]}")
