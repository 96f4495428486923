"""The plugin as it is installed, in the running application, scraped as Prometheus does."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import zipfile
from contextlib import contextmanager
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest
from prometheus_client.parser import text_string_to_metric_families
from uv import find_uv_bin

from flask_caching_conformance.harness.waiting import wait_until

EXAMPLE = Path(__file__).parents[1]
ANSWER_DEADLINE = 60.0  # seconds
STOP_DEADLINE = 10.0  # seconds
#: Flask 2.1 is told the application by a variable only.
RUN = ("flask", "run", "--port", "{port}")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with the plugin, unpacked from its wheel."""
    wheels, folder = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("installed")
    build = [find_uv_bin(), "--quiet", "build", "--wheel", "--python", sys.executable]
    subprocess.run([*build, "--out-dir", str(wheels), str(EXAMPLE)], check=True)
    (wheel,) = wheels.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@contextmanager
def serving(*command, path, **environment):
    """Run the example on a free port; give a function that gets an address of it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FLASK_")}
    process = subprocess.Popen(
        [sys.executable, "-m", *(part.format(port=port) for part in command)],
        cwd=EXAMPLE,
        env={**inherited, "PYTHONPATH": str(path), **environment},
    )
    opener = build_opener(ProxyHandler({}))

    def get(address):
        with opener.open(f"http://127.0.0.1:{port}{address}", timeout=ANSWER_DEADLINE) as response:
            return response.read().decode()

    def listens():
        assert process.poll() is None, "the example ended"
        with socket.socket() as attempt:
            return attempt.connect_ex(("127.0.0.1", port)) == 0

    try:
        wait_until(listens)
        yield get
    finally:
        process.terminate()
        process.wait(STOP_DEADLINE)


def scraped(get):
    """Return the numbers of the plugin, by event, and its gauge."""
    samples = [
        sample
        for family in text_string_to_metric_families(get("/metrics"))
        for sample in family.samples
        if sample.name in ("flask_cache_events_total", "flask_cache_left_alone")
    ]
    assert {sample.labels["app"] for sample in samples} == {"shop"}
    return {sample.labels.get("event", "left alone"): sample.value for sample in samples}


NOTHING = {"hit": 0, "miss": 0, "store": 0, "refuse": 0, "stale": 0, "error": 0, "left alone": 0}


def test_what_the_cache_does_can_be_scraped(installed):
    with serving(*RUN, path=installed, FLASK_APP="app") as get:
        before = scraped(get)
        answers = [get("/square/3"), get("/square/3"), get("/square/4"), get("/square/3")]
        after = scraped(get)

    assert answers == ["9", "9", "16", "9"]
    assert before == NOTHING
    assert after == {**NOTHING, "hit": 2, "miss": 2, "store": 2}


def test_the_readme_shows_what_it_gives(installed):
    readme = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    asked = re.findall(r"http://127.0.0.1:5000(\S+)", readme)
    shown = re.findall(r"^flask_cache_.+ [\d.]+$", readme, re.MULTILINE)

    with serving(*RUN, path=installed, FLASK_APP="app") as get:
        *_, metrics = [get(address) for address in asked]

    assert asked[-1] == "/metrics"
    assert len(shown) == 4
    assert set(shown) <= set(metrics.splitlines())


def test_one_process_answers_for_all(installed, tmp_path):
    command = ("gunicorn", "--workers", "2", "--bind", "127.0.0.1:{port}", "app:create_app()")
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    with serving(*command, path=installed, **shared) as get:
        for _ in range(40):
            get("/square/3")
        after = scraped(get)

    # Each process has a cache of its own, so that each may have missed once.
    assert after["hit"] + after["miss"] == 40
    assert 1 <= after["miss"] == after["store"] <= 2


def test_without_the_plugin_the_application_runs_and_counts_nothing(tmp_path):
    with serving(*RUN, path=tmp_path, FLASK_APP="app") as get:
        get("/square/3")

        assert "flask_cache" not in get("/metrics")
