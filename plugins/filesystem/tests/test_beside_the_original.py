"""May Flask-Caching 2.5.1 and this one use one folder, during an upgrade?"""

from __future__ import annotations

import importlib.util
import json
import subprocess
from pathlib import Path

import pytest

from flask_caching_filesystem import FileSystemCache

ORIGINALS = Path(__file__).parents[3] / "core/tests/differential/originals.py"
PROGRAM = """
import json, sys
from flask_caching.backends.filesystemcache import FileSystemCache

folder, threshold, calls = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
backend = FileSystemCache(folder, threshold=threshold)
print(json.dumps([getattr(backend, name)(*args) for name, *args in calls]))
"""


@pytest.fixture
def original(request, tmp_path, folder):
    """Return a function that makes calls on 2.5.1's backend; a warning of it is a failure."""
    if not ORIGINALS.exists():
        pytest.skip("the environments of the originals are made by the whole repository only")
    spec = importlib.util.spec_from_file_location("originals", ORIGINALS)
    originals = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(originals)
    cache = getattr(request.config, "cache", None)
    environments = tmp_path if cache is None else cache.mkdir("flask-caching-originals")
    python = originals.python_with("2.5.1", environments)

    def call(*calls, threshold=500):
        done = subprocess.run(
            [python, "-E", "-s", "-c", PROGRAM, folder, str(threshold), json.dumps(calls)],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    return call


@pytest.mark.timeout(240)
def test_each_reads_the_others_entries_as_misses(original, folder):
    ours = FileSystemCache(folder)
    ours.set("key", "ours")
    ours.set("only ours", 1)

    seen = original(["get", "key"], ["has", "only ours"], ["set", "key", "theirs"], ["get", "key"])

    assert seen == [None, False, True, "theirs"]
    assert ours.get("key") == "ours"


@pytest.mark.timeout(240)
def test_neither_clears_or_evicts_what_is_the_others(original, folder):
    ours = FileSystemCache(folder, threshold=2)
    ours.set("key", "ours")
    sets = [["set", f"key {number}", number] for number in range(5)]

    assert original(*sets, ["clear"], ["set", "key", "theirs"], threshold=2)[-2:] == [True, True]
    assert ours.get("key") == "ours"
    for number in range(5):
        ours.set(f"key {number}", number)
    ours.prune()
    ours.clear()

    assert original(["get", "key"]) == ["theirs"]
