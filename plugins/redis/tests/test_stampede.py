"""Do many processes and threads that miss one key compute it once?"""

from __future__ import annotations

from flask import Flask

from flask_caching import Cache
from flask_caching_conformance.harness.servers import HOST
from flask_caching_conformance.harness.stampede import computations, computed_after_a_death

#: Seconds; and after how many its life is surely over.
LOCK_LIFE, LATEST = 2, 60


def test_of_all_processes_one_computes(server, prefix):
    config = {
        "CACHE_TYPE": "redis",
        "CACHE_REDIS_HOST": HOST,
        "CACHE_REDIS_PORT": server.port,
        "CACHE_KEY_PREFIX": prefix,
        "CACHE_SINGLE_FLIGHT_WAIT": 60,
    }

    assert computations(lambda: Cache(Flask("caller"), config=config)) == (1, [1] * 100)


def test_a_leader_that_is_killed_delays_others_no_longer_than_its_lock_lives(server, prefix):
    config = {
        "CACHE_TYPE": "redis",
        "CACHE_REDIS_HOST": HOST,
        "CACHE_REDIS_PORT": server.port,
        "CACHE_KEY_PREFIX": prefix,
        "CACHE_SINGLE_FLIGHT_WAIT": LOCK_LIFE,
    }

    answer, waited = computed_after_a_death(lambda: Cache(Flask("caller"), config=config))

    assert answer == "of the living"
    assert waited < LATEST
