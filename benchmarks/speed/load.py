"""What do visitors notice of a cache, under load? By gunicorn and wrk."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from flask_caching_conformance.harness.servers import (
    HOST,
    Server,
    accepts,
    find_program,
    free_port,
)

from .contestants.registry import Place
from .environment import peers_python
from .results import OURS, Result
from .rows import ORIGINAL
from .turns import BENCHMARKS, Effort, environment

GROUP = "Under load: gunicorn with 2 processes of 4 threads"
NO_CACHE = "no cache"
CONNECTIONS = 16
TURNS = 3
#: Seconds of load in a turn, for each second that a turn of the other rows takes.
SECONDS = 50
FIGURES = ("a request, all in all", "p50", "p99")
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


def loaded(place: Place, effort: Effort) -> Iterator[Result]:
    """Visit one page again and again, on each store; milliseconds."""
    seconds = max(round(effort.turn * SECONDS), 1)
    nothing = _medians([_visited(_python_of(OURS), None, seconds) for _ in range(TURNS)])
    for store, settings in _stores(place).items():
        turns: dict[str, list[dict[str, float]]] = {OURS: [], ORIGINAL: []}
        for _ in range(TURNS):
            for label, seen in turns.items():
                seen.append(_visited(_python_of(label), settings, seconds))
        medians = {label: _medians(seen) for label, seen in turns.items()} | {NO_CACHE: nothing}
        for figure in FIGURES:
            values = {label: figures[figure] for label, figures in medians.items()}
            yield Result(GROUP, f"{store}: {figure}", "ms", values)


def _medians(seen: list[dict[str, float]]) -> dict[str, float]:
    return {figure: median(each[figure] for each in seen) for figure in FIGURES}


def _stores(place: Place) -> dict[str, dict[str, Any]]:
    return {
        "in memory": {"CACHE_TYPE": "SimpleCache"},
        "on files": {"CACHE_TYPE": "FileSystemCache", "CACHE_DIR": ""},
        "on Redis": {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_PORT": place.redis_port},
        "on memcached": {
            "CACHE_TYPE": "MemcachedCache",
            "CACHE_MEMCACHED_SERVERS": [f"{HOST}:{place.memcached_port}"],
        },
    }


def _python_of(label: str) -> str:
    return sys.executable if label == OURS else peers_python()


def _visited(python: str, settings: Mapping[str, Any] | None, seconds: int) -> dict[str, float]:
    port = free_port()
    options = ["-w2", "--threads=4", "--chdir", str(BENCHMARKS), "--bind", f"{HOST}:{port}"]
    command = [python, "-m", "gunicorn", *options, "speed.contestants.pages:app"]
    with tempfile.TemporaryDirectory() as folder:
        own = None if settings is None else {**settings, "CACHE_KEY_PREFIX": f"{port}_"}
        if own and "CACHE_DIR" in own:
            own["CACHE_DIR"] = f"{folder}/entries"
        variables = {**environment(), "LOAD_CONFIG": json.dumps(own)}
        with Server(command, Path(folder), lambda: accepts(port), variables):
            _wrk(port, 1)  # until both processes have started, and have stored the page
            return _wrk(port, seconds)


def _wrk(port: int, seconds: int) -> dict[str, float]:
    program = find_program("wrk", "wrk")
    # A connection for each request, as proxies make them. Those that stay open lie with the process
    # that took them first, often one of the two for all, and the figures tell of that.
    options = ["--latency", f"-c{CONNECTIONS}", "-t1", f"-d{seconds}s", "-HConnection: close"]
    done = subprocess.run(  # noqa: S603 (ours)
        [program, *options, f"http://{HOST}:{port}/page/1"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Non-2xx" not in done.stdout, done.stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    assert rate, done.stdout
    latencies = (_latency(percent, done.stdout) for percent in ("50", "99"))
    return dict(zip(FIGURES, (1000 / float(rate[1]), *latencies), strict=True))


def _latency(percent: str, told: str) -> float:
    found = re.search(rf"{percent}%\s+([\d.]+)([a-z]+)", told)
    assert found, told
    return float(found[1]) * UNITS[found[2]]
