"""Which signals does the cache send? Only where ``CACHE_ENABLE_SIGNALS`` is set.

Those of calls are sent with ``cache`` (the `Cache`), ``cache_key``, ``args`` and ``kwargs``;
those of memoized functions also with ``f``, the undecorated function.
"""

from blinker import Namespace

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
