"""Runs the kit as a stranger's tests do, inside a test, and says what came out."""

from __future__ import annotations

import gc
import os
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flask_caching_conformance.catalogue import case_of

ROOT = Path(__file__).parents[2]
COMMAND = [
    "-q",
    "--tb=short",
    "--import-mode=importlib",
    f"--rootdir={ROOT}",
    f"-c{os.devnull}",
    "-ofilterwarnings=error",
]


@dataclass
class Outcome:
    """What a run gave, by the ids of the cases."""

    exit_code: int
    failed: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    expected: dict[str, list[str]] = field(default_factory=dict)
    skipped: dict[str, list[str]] = field(default_factory=dict)
    passed: dict[str, int] = field(default_factory=dict)


class Watching:
    """A plugin that runs some cases and keeps what they gave."""

    def __init__(self, only):
        self.only = only
        self.outcome = Outcome(-1)
        self.ids = {}

    def pytest_collection_modifyitems(self, items):
        for item in items:
            case = case_of(item.function)
            self.ids[item.nodeid] = case.id if case else item.nodeid
        if self.only is not None:
            items[:] = [item for item in items if self.ids[item.nodeid] in self.only]

    def pytest_runtest_logreport(self, report):
        case, outcome = self.ids[report.nodeid], self.outcome
        if hasattr(report, "wasxfail"):
            outcome.expected.setdefault(case, []).append(report.wasxfail)
        elif report.failed and report.when != "call":
            outcome.errors.setdefault(case, []).append(report.longreprtext)
        elif report.failed:
            outcome.failed.setdefault(case, []).append(report.longreprtext)
        elif report.skipped:
            outcome.skipped.setdefault(case, []).append(report.longrepr[2])
        elif report.when == "call":
            outcome.passed[case] = outcome.passed.get(case, 0) + 1


def run(target, *only):
    """Run a module's tests, or one class's (``"module.py::TestClass"``), of some cases."""
    watching = Watching(set(only) or None)
    # The surrounding run has the alarm clock, and workers of its own.
    unwanted = [f"-pno:{plugin}" for plugin in ("cacheprovider", "timeout", "xdist", "pytest_cov")]
    watching.outcome.exit_code = pytest.main(
        [*COMMAND, *unwanted, str(target)],
        plugins=[watching],
    )
    with warnings.catch_warnings():
        # A wrong backend may leave its sockets open.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    # What is left stays: the next run's searches for garbage need not go through it.
    gc.freeze()
    return watching.outcome
