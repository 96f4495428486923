"""Many threads that ask for one thing that nobody has: how often is it computed?"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

from .flask_caching_application import FLASK_CACHING, application
from .registry import Operation, Place, contestant

#: Seconds that computing takes.
SLOW = 0.2


@contestant("100 threads on one cold key", FLASK_CACHING)
def _threads(_place: Place) -> Operation:
    app, cache = application()
    return _crowd(100, cache.memoize, app.app_context)


@contestant("100 threads on one cold key", "dogpile.cache")
def _dogpile(_place: Place) -> Operation:
    from contextlib import nullcontext

    from dogpile.cache import make_region

    region = make_region().configure("dogpile.cache.memory", expiration_time=300)
    return _crowd(100, region.cache_on_arguments, nullcontext)


@contestant("4 processes of 25 threads on one cold key on Redis", FLASK_CACHING)
def _processes(place: Place) -> Operation:
    where = {"CACHE_REDIS_PORT": place.redis_port, "CACHE_REDIS_DB": place.redis_db}
    app, cache = application(CACHE_TYPE="RedisCache", **where)

    def memoize() -> Any:
        try:
            return cache.memoize(lock=True)
        except TypeError:  # 2.5.1 has no such thing
            return cache.memoize()

    return _crowd(25, memoize, app.app_context)


def _crowd(size: int, decorator: Callable[[], Any], context: Callable[[], Any]) -> Operation:
    """Return what lets so many threads ask at once, and gives how often it was computed."""
    computed: list[int] = []
    numbers = itertools.count()

    @decorator()  # type: ignore[untyped-decorator]
    def slow(number: int) -> int:
        computed.append(number)
        time.sleep(SLOW)
        return number

    def ask(number: int, together: threading.Barrier) -> None:
        with context():
            together.wait()
            slow(number)

    def crowd() -> int:
        number, together = next(numbers), threading.Barrier(size)
        threads = [threading.Thread(target=ask, args=(number, together)) for _ in range(size)]
        computed.clear()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(computed)

    return crowd
