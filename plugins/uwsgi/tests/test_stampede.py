"""Do many processes and threads of one server that miss one key compute it once?"""

from __future__ import annotations

from .uwsgi_server import printed_inside

SOURCE = """
from flask import Flask
from flask_caching import Cache
from flask_caching_conformance.harness.stampede import computations

config = {
    "CACHE_TYPE": "uwsgi",
    "CACHE_UWSGI_NAME": "first",
    "CACHE_SINGLE_FLIGHT_WAIT": 60,
}
print(computations(lambda: Cache(Flask("caller"), config=config)) == (1, [1] * 100))
"""


def test_of_all_processes_one_computes(tmp_path):
    options = ["--cache2=name=first,items=100", "--enable-threads"]

    assert printed_inside(tmp_path, SOURCE, *options) == "True"
