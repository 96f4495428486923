"""Does no process return a value older than the last invalidation, by any of them?"""

from __future__ import annotations

import random

from flask import Flask

from flask_caching import Cache
from flask_caching_conformance.harness.invalidation import play_in_processes


def test_no_call_returns_a_value_older_than_the_last_invalidation(servers, prefix):
    seed = random.randrange(2**32)
    config = {
        "CACHE_TYPE": "memcached",
        "CACHE_MEMCACHED_SERVERS": [server.address for server in servers],
        "CACHE_KEY_PREFIX": prefix,
    }

    reports = play_in_processes(lambda: Cache(Flask("player"), config=config), seed, steps=500)

    assert not [report.broken for report in reports if report.broken], f"seed {seed}"
    assert all(report.hits > 100 and not report.errors for report in reports), reports
