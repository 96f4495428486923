"""Many threads that ask for one thing that nobody has: how often is it computed?"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

from .flask_caching_application import FLASK_CACHING, application
from .registry import Figures, Operation, Place, contestant

#: Seconds that computing takes.
SLOW = 0.2
#: Of the hot key: seconds of a life, lives in a run, and the threads that ask for it.
LIFE, LIVES, HOT = 1, 3, 16


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


@contestant("100 threads on 100 cold keys", FLASK_CACHING)
def _cold_keys(_place: Place) -> Operation:
    """Give the milliseconds until all have their answers."""
    app, cache = application()

    @cache.memoize()  # type: ignore[untyped-decorator]
    def slow(number: int) -> int:
        time.sleep(SLOW)
        return number

    turns = itertools.count()

    def ask(number: int, together: threading.Barrier) -> None:
        with app.app_context():
            together.wait()
            slow(number)

    def crowd() -> int:
        turn, together = next(turns), threading.Barrier(101)
        threads = [
            threading.Thread(target=ask, args=(turn * 100 + number, together))
            for number in range(100)
        ]
        for thread in threads:
            thread.start()
        together.wait()
        began = time.perf_counter()
        for thread in threads:
            thread.join()
        return round((time.perf_counter() - began) * 1000)

    return crowd


@contestant("one hot key that expires under load", FLASK_CACHING)
def _hot_key(_place: Place) -> Operation:
    return lambda: _hammered({})


@contestant("one hot key that expires under load", "with stale=")
def _hot_stale_key(_place: Place) -> Operation:
    return lambda: _hammered({"stale": 60})


def _hammered(options: dict[str, Any]) -> Figures:
    """Give how often it was computed in some lives, and the 99th percentile of a call.

    Each thread asks again a little later, as requests come in.
    """
    app, cache = application()
    computed: list[float] = []
    waited: list[float] = []

    @cache.memoize(timeout=LIFE, **options)  # type: ignore[untyped-decorator]
    def hot() -> float:
        computed.append(1)
        time.sleep(SLOW / 4)
        return 1.0

    def ask() -> None:
        with app.app_context():
            while time.perf_counter() < until:
                began = time.perf_counter()
                hot()
                waited.append(time.perf_counter() - began)
                time.sleep(0.02)

    with app.app_context():
        hot()
    computed.clear()
    until = time.perf_counter() + LIVES * LIFE
    threads = [threading.Thread(target=ask) for _ in range(HOT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    waited.sort()
    p99 = waited[len(waited) * 99 // 100] * 1000
    return Figures({"computations": len(computed), "p99 of a call": round(p99, 3)})


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
