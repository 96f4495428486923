"""Which cases of a run of pytest count, what came of them, and what does that mean?"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Generator, Mapping
from typing import Any

import pytest

from .bench import MEASURED, Bench
from .catalogue import Case, case_of, cases_of
from .reporting.gathering import Judgement, SuiteRun
from .reporting.levels import Level
from .reporting.page import write_report
from .reporting.records import Outcome, Verdict
from .suite import BackendConformance
from .verdicts import Skip

KIT = "flask-caching-conformance"
CATALOGUE: Mapping[str, Case] = {
    case.id: case for case in sorted((case for _, case in cases_of(BackendConformance)), key=str)
}


#: The command that repeats a case, where that is not pytest's.
REPEAT = pytest.StashKey[str]()
REPEAT_BY_PYTEST = "pytest '{node}' --conformance-case {case} --conformance-seed {seed}"


class Judge:
    """A plugin of pytest that judges the suites of one run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._suites: dict[str, SuiteRun] = {}
        #: Set-up, call and tear-down of the tests that run now.
        self._parts: dict[str, list[dict[str, Any]]] = {}

    # -- where the tests run ---------------------------------------------------------

    def select(self, items: list[pytest.Item]) -> None:
        """Keep the cases that were asked for, and mark those that are known to fail."""
        for item in items:
            suite, case = _suite_of(item), _case_of(item)
            if suite is not None and case is not None and case.id in suite.known_failures:
                reason = suite.known_failures[case.id]
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
        wanted = self._config.option.conformance_case
        if not wanted:
            return
        unknown = set(wanted) - set(CATALOGUE)
        if unknown:
            raise pytest.UsageError(
                f"{', '.join(sorted(unknown))} is not in the catalogue. List it: {KIT} cases"
            )
        kept: list[pytest.Item] = []
        others: list[pytest.Item] = []
        for item in items:
            case = _case_of(item)
            (kept if case is not None and case.id in wanted else others).append(item)
        self._config.hook.pytest_deselected(items=others)
        items[:] = kept

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        suite = _suite_of(item)
        if suite is not None:
            suite.seed = self._config.option.conformance_seed
            suite.effort = self._config.option.conformance_effort

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note what came of a part of a test; what does not count becomes no failure."""
        report = yield
        suite, case = _suite_of(item), _case_of(item)
        if suite is None or case is None:
            return report
        counts = case.since <= suite.revision and Level(suite.level).takes_in(case.modality)
        # On the report, since the test may run in another process than the one that gathers.
        report.__dict__["conformance"] = {
            "case": case.id,
            "suite": suite.__name__,
            "node": _node_of(item),
            "outcome": _outcome(report).value,
            "message": _message(report),
            "seconds": report.duration,
            "facts": _facts(suite),
            "measured": _measured(report),
        }
        if report.failed and not counts:
            report.outcome = "skipped"
            report.wasxfail = f"{case.id} is not part of what {suite.__name__} claims"
        return report

    # -- where they are gathered -----------------------------------------------------

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        found: dict[str, Any] | None = getattr(report, "conformance", None)
        if found is not None:
            self._parts.setdefault(report.nodeid, []).append(found)
        if report.when == "teardown" and report.nodeid in self._parts:
            parts = self._parts.pop(report.nodeid)
            found = parts[0]
            suite = self._suites.setdefault(found["node"], SuiteRun(found["suite"], found["node"]))
            suite.add(found["case"], _verdict(parts), found["facts"], parts[-1]["measured"])

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(self._config, "workerinput"):
            return
        folder = self._config.option.conformance_reports
        for run, judgement in zip(self._suites.values(), self.judgements(), strict=True):
            if folder is not None:
                write_report(judgement, folder / f"{run.name.removeprefix('Test')}.json")
            if session.exitstatus == pytest.ExitCode.OK and self._is_no_success(run, judgement):
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._suites:
            return
        terminalreporter.section("conformance")
        for judgement in self.judgements():
            for line in judgement.lines():
                terminalreporter.write_line(line)

    def judgements(self) -> list[Judgement]:
        """Return what came of each suite."""
        repeat = self._config.stash.get(REPEAT, REPEAT_BY_PYTEST)
        return [Judgement(run.report(CATALOGUE, repeat)) for run in self._suites.values()]

    def _is_no_success(self, run: SuiteRun, judgement: Judgement) -> bool:
        """Tell whether a run in which no test failed shows nothing all the same."""
        if len(run.verdicts) < len(CATALOGUE):
            return False  # a part was asked for
        too_much_is_open = len(judgement.open) > len(judgement.undecided)
        strict = self._config.option.conformance_strict
        return judgement.is_empty or bool(strict and too_much_is_open)


def _suite_of(item: pytest.Item) -> type[Bench] | None:
    suite = item.cls if isinstance(item, pytest.Function) else None
    return suite if suite is not None and issubclass(suite, Bench) else None


def _node_of(item: pytest.Item) -> str:
    within = item.getparent(pytest.Class)
    return within.nodeid if within is not None else item.nodeid


def _case_of(item: pytest.Item) -> Case | None:
    return case_of(item.function) if isinstance(item, pytest.Function) else None


def _facts(suite: type[Bench]) -> dict[str, Any]:
    subject = suite.subject
    return {
        "revision": suite.revision,
        "level": str(suite.level),
        "seed": suite.seed,
        "kit_version": importlib.metadata.version(KIT),
        "backend": subject and subject.backend,
        "distribution": subject and subject.distribution,
        "version": subject and subject.version,
        "capabilities": subject and subject.capabilities,
    }


def _measured(report: pytest.TestReport) -> dict[str, str]:
    return {
        name.removeprefix(MEASURED): str(figure)
        for name, figure in report.user_properties
        if name.startswith(MEASURED)
    }


def _outcome(report: pytest.TestReport) -> Outcome:
    if hasattr(report, "wasxfail"):
        return Outcome.FAILED
    if report.failed:
        return Outcome.FAILED if report.when == "call" else Outcome.ERROR
    if report.skipped:
        slow = Skip.INCONCLUSIVE.begins(_message(report))
        return Outcome.INCONCLUSIVE if slow else Outcome.SKIPPED
    return Outcome.PASSED


def _message(report: pytest.TestReport) -> str:
    if hasattr(report, "wasxfail"):
        return f"it is expected to fail: {report.wasxfail}"
    if report.skipped and isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    return report.longreprtext


def _verdict(parts: list[dict[str, Any]]) -> Verdict:
    """Sum up set-up, call and tear-down of one test."""
    seconds = sum(part["seconds"] for part in parts)
    verdicts = [Verdict(Outcome(part["outcome"]), seconds, part["message"]) for part in parts]
    of_note = [each for each in verdicts if each.outcome is not Outcome.PASSED]
    return max(of_note, key=lambda each: each.gravity, default=verdicts[0])
