"""Runs pytest; uWSGI calls this by ``--pyrun``, with the paths of two files as arguments.

The first one lists the tests to run; the second one takes a line for each of pytest's reports.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest


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
        }
        with self._path.open("a") as reports:
            reports.write(json.dumps(line) + "\n")


_, tests, reports = sys.argv
# In one interpreter, one after another: the outer session divides the work.
sys.exit(pytest.main(["-p", "no:cacheprovider", f"@{tests}"], plugins=[Reporter(reports)]))
