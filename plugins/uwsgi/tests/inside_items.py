"""How do tests run inside a uWSGI server, and yet count as tests of the session outside?

Each test of the folder `inside` is collected as usual, but stands here for what happens to it
in the server: the first one that is to run lets a server run all of them, by `run_inside.py`,
and then each reports what the server's own pytest session reported.
"""

from __future__ import annotations

import fcntl
import json
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

import pytest

from .uwsgi_server import CACHES, uwsgi

RUN = Path(__file__).with_name("run_inside.py")
#: Seconds for all of them. The session inside ends a test that hangs much sooner.
PATIENCE = 500

_results = pytest.StashKey()


class InsideItem(pytest.Item):
    """A test that runs in the server."""

    @classmethod
    def of(cls, function):
        item = cls.from_parent(function.parent, name=function.name)
        item.keywords.update(dict.fromkeys(function.keywords, True))
        item.own_markers.extend(function.own_markers)
        item.add_marker(pytest.mark.timeout(PATIENCE + 20), append=False)
        item.id_inside = item.nodeid
        item.judged = None
        item.place = function.reportinfo()
        return item

    def reportinfo(self):
        return self.place

    def runtest(self):
        stash = self.config.stash
        if _results not in stash:
            everything = [item for item in self.session.items if isinstance(item, InsideItem)]
            stash[_results] = results_of([item.id_inside for item in everything], self.config)
        self.judged = stash[_results].judged(self.id_inside)
        stash[_results].replay(self.id_inside)

    def repr_failure(self, excinfo):
        if isinstance(excinfo.value, FailedInsideError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


class FailedInsideError(Exception):
    """What the test's failure looked like in the server."""


class Results:
    """What happened to the tests.

    :param reports: what the server's pytest said of each test, by its id.
    :param output: what the server printed.
    """

    def __init__(self, reports, output):
        self._reports = reports
        self._output = output

    @classmethod
    def of(cls, folder):
        reports = defaultdict(list)
        for line in (folder / "reports").read_text().splitlines():
            report = json.loads(line)
            reports[report["test"]].append(report)
        return cls(reports, (folder / "output").read_text(errors="replace"))

    def replay(self, test):
        """Fail, skip or pass as the test did; one that was not run to its end has failed."""
        reports = self._reports[test]
        for report in reports:
            if report["outcome"] == "failed":
                raise FailedInsideError(report["text"])
            if report["outcome"] == "skipped":
                self._replay_skip(report)
        if not reports or reports[-1]["when"] != "teardown":
            raise FailedInsideError(f"The server ended before the test did:\n{self._output}")

    def judged(self, test):
        """Return what the conformance kit noted of a test, where it is a case."""
        noted = [report["judged"] for report in self._reports[test] if report["judged"]]
        of_note = [each for each in noted if each["outcome"] != "passed"]
        return next(iter(of_note + noted), None)

    def _replay_skip(self, report):
        if report["xfail"] is not None:
            pytest.xfail(report["xfail"])
        pytest.skip(report["text"])


def results_of(tests, config):
    """Run tests in a server, once, and return their results."""
    if not hasattr(config, "workerinput"):
        with tempfile.TemporaryDirectory() as folder:
            return run_inside(tests, Path(folder), config)
    # The workers of pytest-xdist have folders of their own in one folder of this run.
    folder = Path(config.getoption("basetemp")).parent / "inside"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / "ended").exists():
            return Results.of(folder)
        results = run_inside(tests, folder, config)
        (folder / "ended").touch()
        return results


def run_inside(tests, folder, config):
    """Run tests in a server, to the end of the last one."""
    ids, reports = folder / "ids", folder / "reports"
    told = ("seed", "effort")
    options = [f"--conformance-{each}={config.getoption(f'--conformance-{each}')}" for each in told]
    options += [f"--override-ini={each}" for each in config.getoption("override_ini") or ()]
    ids.write_text(json.dumps({"tests": tests, "options": options}))
    reports.touch()
    # Locks that the system frees when a process dies, with or without a master.
    locks = ["--locks=1", "--lock-engine=ipcsem"]
    caches = [*CACHES, *locks, "--socket-timeout=1"]
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            uwsgi(*caches, f"--pyrun={RUN}", f"--pyargv={ids} {reports}"),
            cwd=config.rootpath,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return Results.of(folder)
