"""A hundred greenlets of a real ``gunicorn -k gevent`` on one cold key."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection

import pytest

#: Seconds after which something that does not happen has failed; nothing ever lasts that long.
PATIENCE = 60
PAUSE = 0.05  # seconds between two looks
VISITORS = 100

APPLICATION = f"""
import time

import gevent
from flask import Flask
from flask_caching import Cache

app = Flask(__name__)
cache = Cache(
    app, config={{"CACHE_TYPE": "simple", "CACHE_SINGLE_FLIGHT_WAIT": {2 * PATIENCE}}}
)
computed = []

def compute(name):
    "Give the other greenlets the time to come, all of them."
    deadline = time.monotonic() + {PATIENCE}
    computed.append(name)
    while cache.lookup.statistics.waits < {VISITORS - 1} and time.monotonic() < deadline:
        gevent.sleep(0.001)
    return {{"computed": name}}

@cache.memoize()
def memoized(name):
    return compute(name)

@app.get("/cached")
@cache.cached()
def cached():
    return compute("cached")

@app.get("/memoized")
def of_memoized():
    return memoized("memoized")

@app.get("/seen")
def seen():
    return {{
        "computed": computed,
        "waits": cache.lookup.statistics.waits,
        "patched": gevent.monkey.is_module_patched("threading"),
    }}
"""


class Server:
    """A running server: each request has a connection of its own."""

    def __init__(self, port):
        self.port = port

    def ask(self, path, times=1):
        """Send the same request so many times before any answer is read; return the answers."""
        connections = [
            HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE) for _ in range(times)
        ]
        try:
            for connection in connections:
                connection.request("GET", path)
            return [_answer(connection) for connection in connections]
        finally:
            for connection in connections:
                connection.close()


@pytest.fixture
def server(tmp_path):
    """Give a gunicorn with one gevent worker, on a port that the system chose."""
    (tmp_path / "greenlets.py").write_text(APPLICATION)
    log = tmp_path / "log"
    # Greenlets would confuse a measurement of coverage that follows threads.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    options = ["-k", "gevent", "-w", "1", "-b", "127.0.0.1:0", "--backlog", "256"]
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *options, "greenlets:app"],
            cwd=tmp_path,
            env=kept,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield Server(_port(process, log))
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)


def _port(process, log):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        listening = re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", log.read_text())
        if listening:
            return int(listening[1])
        time.sleep(PAUSE)
    raise AssertionError(f"gunicorn does not listen:\n{log.read_text()}")


def _answer(connection):
    response = connection.getresponse()
    return response.status, json.loads(response.read())


@pytest.mark.parametrize("kind", ["cached", "memoized"])
def test_one_of_a_hundred_greenlets_computes_and_all_are_answered(server, kind):
    answers = server.ask(f"/{kind}", times=VISITORS)

    assert answers == [(200, {"computed": kind})] * VISITORS
    [(_, seen)] = server.ask("/seen")
    assert seen == {"computed": [kind], "waits": VISITORS - 1, "patched": True}


def test_the_hub_lives_on_afterwards(server):
    server.ask("/cached", times=VISITORS)

    answers = server.ask("/cached", times=5)

    assert answers == [(200, {"computed": "cached"})] * 5
    [(_, seen)] = server.ask("/seen")
    assert seen["computed"] == ["cached"]
