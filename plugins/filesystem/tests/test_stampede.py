"""Do many processes and threads that miss one key compute it once?"""

from __future__ import annotations

from flask import Flask

from flask_caching import Cache
from flask_caching_conformance.harness.stampede import computations


def test_of_all_processes_one_computes(folder):
    config = {
        "CACHE_TYPE": "filesystem",
        "CACHE_DIR": str(folder),
        "CACHE_SINGLE_FLIGHT_WAIT": 60,
    }

    assert computations(lambda: Cache(Flask("caller"), config=config)) == (1, [1] * 100)
