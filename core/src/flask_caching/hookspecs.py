"""Which hooks are there?

Two entry-point groups lead here:

``flask_caching.backends``
    A name for `CACHE_TYPE`, leading to a backend class (its classmethod ``factory`` is the
    hook) or to a factory function. Only the one that is asked for is imported and called.

``flask_caching.plugins``
    An object or a module with any of the other hooks. All are imported at start, each behind
    a fence: one that fails is logged and left out. Take the arguments that you need, by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from flask import Flask

    from .backends.base import BaseCache

PROJECT = "flask_caching"
hookspec = pluggy.HookspecMarker(PROJECT)


@hookspec
def factory(app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]) -> Any:
    """Make the backend of an application (a backend's hook).

    :param config: the configuration with the cache's defaults filled in; not to be changed.
    :param args: ``CACHE_ARGS``, a copy.
    :param kwargs: ``default_timeout`` in seconds, and what ``CACHE_OPTIONS`` names; a copy.
    """


@hookspec
def cache_ready(app: Flask, cache: Any, backend: BaseCache) -> None:
    """``init_app`` has given `app` its `cache`, which stores in `backend`."""


@hookspec
def cache_event(app: Flask, cache: Any, event: str, key: str) -> None:
    """Something happened to the entry under `key`.

    `event` is one of

    - ``"hit"`` and ``"miss"``, of decorated functions, fragments, and the proxies of `Cache`;
    - ``"stale"``: a stale value was given, and is computed anew; ``"wait"``: a caller waits for
      another one's computation, and tells of a hit or a miss later;
    - ``"store"``, and ``"refuse"``: computed, or given, and not stored;
    - ``"delete"``, and ``"invalidate"``: many entries were outdated at once, all that depend on
      the version named by `key`; all there are, where it is empty;
    - ``"error"``: the store failed, or a function of the application that makes keys;
    - ``"untrusted"``: what lies under `key`, as the store names it, is not signed as the
      application signs, and counts as missing;
    - of the store as a whole, with an empty `key`: ``"open"`` and ``"close"`` (the circuit
      breaker does).

    More may come. Called from whichever thread the application runs on, while the caller waits;
    what it raises is logged.
    """
