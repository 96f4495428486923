"""Does the application answer the same on Flask-Caching 2.5.1 and here?"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2]
#: Makes the environment of the original, which the differential tests of the core use too.
ORIGINALS = EXAMPLES.parent / "core" / "tests" / "differential" / "originals.py"
DEADLINE = 100  # seconds


def answers(python):
    command = [str(python), "-s", str(Path(__file__).parent / "visit.py"), str(EXAMPLES)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=DEADLINE, check=False, cwd=EXAMPLES.parent
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def original(request, tmp_path):
    """Return the interpreter of an environment with Flask-Caching 2.5.1."""
    spec = importlib.util.spec_from_file_location("originals", ORIGINALS)
    originals = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(originals)
    kept = getattr(request.config, "cache", None)
    folder = tmp_path if kept is None else kept.mkdir("flask-caching-originals")
    return originals.python_with("2.5.1", folder)


def test_it_runs_as_it_says(routes):
    assert "/search" in routes("migrating")


def test_it_answers_the_same_on_the_original(original):
    there, here = answers(original), answers(sys.executable)

    assert here == there


def test_what_is_cached_is_not_computed_again():
    calls = [called for *_, called in answers(sys.executable)]

    assert calls[:2] == [["index"], []]
    assert calls[2:6] == [["search"], [], ["search"], ["search"]]
    assert calls[6:12] == [["title of 1"], [], ["title of 2"], [], ["title of 1"], []]
    assert calls[12:] == [["index"], ["all posts"], [], [], ["index"], ["all posts"]]
