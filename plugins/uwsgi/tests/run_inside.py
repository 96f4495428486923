"""Runs pytest; uWSGI calls this by ``--pyrun``, with the paths of two files as arguments.

The first one lists the tests to run and pytest's options, as JSON; the second one takes a line
for each of pytest's reports.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest


class Chooser:
    """Runs the tests that are asked for; not every id of a test can be an argument of pytest."""

    def __init__(self, tests):
        self._tests = frozenset(tests)

    def pytest_collection_modifyitems(self, items):
        items[:] = [item for item in items if item.nodeid in self._tests]


class Reporter:
    """Writes down each report as soon as there is one, in case the server dies."""

    def __init__(self, path):
        self._path = Path(path)

    def pytest_runtest_logreport(self, report):
        skipped = isinstance(report.longrepr, tuple)
        line = {
            "test": report.nodeid,
            "when": report.when,
            "outcome": report.outcome,
            "text": report.longrepr[2] if skipped else report.longreprtext,
            "xfail": getattr(report, "wasxfail", None),
            "judged": getattr(report, "conformance", None),
        }
        with self._path.open("a") as reports:
            reports.write(json.dumps(line) + "\n")


_, wanted, reports = sys.argv
given = json.loads(Path(wanted).read_text())
tests = given["tests"]
files = sorted({test.partition("::")[0] for test in tests})
# In one interpreter, one after another: the outer session divides the work.
plugins = [Chooser(tests), Reporter(reports)]
sys.exit(pytest.main(["-p", "no:cacheprovider", *given["options"], *files], plugins=plugins))
