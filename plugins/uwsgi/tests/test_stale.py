"""How is a stale value computed anew where uWSGI lets no threads run?"""

from __future__ import annotations

import pytest

from .uwsgi_server import printed_inside

SOURCE = """
import itertools, logging, threading, time
from flask import Flask
from flask_caching import Cache

logging.basicConfig(level="WARNING", stream=sys.stdout, format="%(message).23s")
config = {"CACHE_TYPE": "uwsgi", "CACHE_UWSGI_NAME": "first", "CACHE_SIGNING_KEY": "secret"}
cache = Cache(Flask("application"), config=config)
lookup, threads, counts = cache.lookup, [], itertools.count(1)

@cache.memoize(60, stale=60)
def count():
    threads.append(threading.current_thread() is threading.main_thread())
    return next(counts)

seen = [count()]
lookup.clock = lambda: time.time() + 61
seen.append(count())
while len(threads) < 2 or lookup.refreshes._table().begun:
    time.sleep(0)
lookup.clock = time.time
print([*seen, count()], threads)
"""


@pytest.mark.parametrize(
    ("options", "printed"),
    [
        (["--enable-threads"], "[1, 1, 2] [True, False]"),
        ([], "Threads don't run in th\n[1, 1, 2] [True, True]"),
    ],
    ids=["with threads", "without"],
)
def test_a_stale_value_is_computed_anew_with_threads_and_without(tmp_path, options, printed):
    cache = "--cache2=name=first,items=100"

    assert printed_inside(tmp_path, SOURCE, cache, *options) == printed
