"""Which signals does the cache send? Only where ``CACHE_ENABLE_SIGNALS`` is set.

Those of calls are sent with ``cache`` (the `Cache`), ``cache_key``, ``args`` and ``kwargs``;
those of memoized functions also with ``f``, the undecorated function. Those of events, whoever
caused them, are sent with ``app``, ``cache`` and ``cache_key``; what their receivers raise is
logged, since some are sent while the cache has work to finish.
"""

from __future__ import annotations

import logging
from typing import Any

from blinker import NamedSignal, Namespace

logger = logging.getLogger(__package__)

_signals = Namespace()

#: A function decorated with `Cache.cached` was answered from the cache.
cache_view_hit = _signals.signal("cache-view-hit")

#: A function decorated with `Cache.cached` was not in the cache and is called.
cache_view_miss = _signals.signal("cache-view-miss")

#: A function decorated with `Cache.memoize` was answered from the cache.
cache_memoize_hit = _signals.signal("cache-memoize-hit")

#: A function decorated with `Cache.memoize` was not in the cache and is called.
cache_memoize_miss = _signals.signal("cache-memoize-miss")

#: The answer of a function decorated with `Cache.cached` was refused by the view policy: not
#: stored, and given to nobody else. Sent with ``refusal`` (its ``rule``, ``reason`` and
#: ``repair``) besides.
cache_view_refused = _signals.signal("cache-view-refused")

#: The circuit breaker opened: from here on calls are answered without asking the store, in this
#: process. Sent with ``cache``.
cache_breaker_opened = _signals.signal("cache-breaker-opened")

#: The store answers again, and is asked. Sent with ``cache``.
cache_breaker_closed = _signals.signal("cache-breaker-closed")

# -- events, of decorated functions, fragments and direct calls alike ------------------------

#: A value was found.
cache_hit = _signals.signal("cache-hit")

#: No value was found; or, of a decorated function, it is called.
cache_miss = _signals.signal("cache-miss")

#: A value was stored.
cache_store = _signals.signal("cache-store")

#: A value was computed, or given, and not stored.
cache_refuse = _signals.signal("cache-refuse")

#: A key was deleted, whether or not an entry was there.
cache_delete = _signals.signal("cache-delete")

#: Many entries were outdated at once. ``cache_key`` is the name of the version that they depend
#: on (``tagver/user:1``, say), and empty where the cache was cleared.
cache_invalidate = _signals.signal("cache-invalidate")

#: A stale value was given, and is computed anew.
cache_stale = _signals.signal("cache-stale")

#: A caller waits for another one's computation.
cache_wait = _signals.signal("cache-wait")

#: The store failed, or a function of the application that makes keys.
cache_error = _signals.signal("cache-error")

#: An entry in the store was not signed as the application signs, and counts as missing. Sent with
#: the ``reason`` besides: ``"unsigned"``, ``"unverified"`` (signed with none of its keys), or
#: ``"signed"`` where it has no key. ``cache_key`` is as the store names it.
cache_entry_untrusted = _signals.signal("cache-entry-untrusted")

_OF_EVENTS = {
    "hit": cache_hit,
    "miss": cache_miss,
    "store": cache_store,
    "refuse": cache_refuse,
    "delete": cache_delete,
    "invalidate": cache_invalidate,
    "stale": cache_stale,
    "wait": cache_wait,
    "error": cache_error,
}


def send_event(app: Any, cache: Any, event: str, key: str) -> None:
    """Send an event's signal, if it has one and somebody listens."""
    signal = _OF_EVENTS.get(event)
    if signal is not None and signal.receivers:
        _send(signal, app=app, cache=cache, cache_key=key)


def send_untrusted(app: Any, cache: Any, key: str, reason: str) -> None:
    """Send `cache_entry_untrusted`."""
    _send(cache_entry_untrusted, app=app, cache=cache, cache_key=key, reason=reason)


def _send(signal: NamedSignal, **facts: Any) -> None:
    try:
        signal.send(**facts)
    except Exception:
        logger.exception("A receiver of the signal %r failed and was ignored.", signal.name)
