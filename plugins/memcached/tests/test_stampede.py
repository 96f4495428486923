"""Do many processes and threads that miss one key compute it once?"""

from __future__ import annotations

from flask import Flask

from flask_caching import Cache
from flask_caching_conformance.harness.stampede import computations


def test_of_all_processes_one_computes(servers, prefix):
    config = {
        "CACHE_TYPE": "memcached",
        "CACHE_MEMCACHED_SERVERS": [server.address for server in servers],
        "CACHE_KEY_PREFIX": prefix,
        "CACHE_SINGLE_FLIGHT_WAIT": 60,
    }

    assert computations(lambda: Cache(Flask("caller"), config=config)) == (1, [1] * 100)
