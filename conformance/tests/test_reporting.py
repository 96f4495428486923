"""Is what came of a run summed up as it was: a case by its gravest test, a level by its cases?"""

from __future__ import annotations

import json

import pytest

from flask_caching.backends.base import Capability
from flask_caching_conformance import Case
from flask_caching_conformance.reporting.gathering import Judgement, SuiteRun
from flask_caching_conformance.reporting.levels import Level, level_reached
from flask_caching_conformance.reporting.page import as_page, write_report
from flask_caching_conformance.reporting.records import CaseRecord, Outcome, Report, Verdict
from flask_caching_conformance.reporting.tables import NONE, catalogue_table, matrix

PASSED = Verdict(Outcome.PASSED, 0.25)
FAILED = Verdict(Outcome.FAILED, 0.5, "assert 1 == 2")
ERROR = Verdict(Outcome.ERROR, 0, "no server")
SLOW = Verdict(Outcome.INCONCLUSIVE, 0, "inconclusive: too slow")
UNDECLARED = Verdict(Outcome.SKIPPED, 0, "does not apply: TOUCH is not declared")
NO_HOOK = Verdict(Outcome.SKIPPED, 0, "not judged: the hook advance is not overridden")
OF_ITS_OWN = Verdict(Outcome.SKIPPED, 0, "no server is installed")

FACTS = {
    "revision": 1,
    "level": "declared",
    "seed": 7,
    "kit_version": "1.0",
    "backend": "foo.FooCache",
    "distribution": "flask-caching-foo",
    "version": "0.1",
    "capabilities": ["SHARED"],
}


def record(case_id, *verdicts, since=1):
    return CaseRecord.of(Case(case_id, "It holds.", None, since), verdicts, 1, "again")


def report(level="declared", **verdicts):
    """A report on a catalogue of four cases, of which the newest is of the next revision."""
    catalogue = [Case(f"{each}-ABC-01", f"{each} <holds>.") for each in "COH"]
    catalogue.append(Case("C-ABC-02", "It is new.", None, 2))
    run = SuiteRun("TestFoo", "tests/test_foo.py::TestFoo")
    for case in catalogue:
        verdict = verdicts.get(case.id.replace("-", "_"), PASSED)
        run.add(case.id, verdict, {**FACTS, "level": level})
    return run.report({case.id: case for case in catalogue}, "repeat {node} {case} {seed}")


@pytest.mark.parametrize(
    ("verdicts", "outcome"),
    [
        ([PASSED, PASSED], Outcome.PASSED),
        ([PASSED, UNDECLARED], Outcome.PASSED),
        ([UNDECLARED], Outcome.SKIPPED),
        ([PASSED, NO_HOOK], Outcome.SKIPPED),
        ([PASSED, SLOW], Outcome.INCONCLUSIVE),
        ([NO_HOOK, FAILED, SLOW], Outcome.FAILED),
        ([FAILED, ERROR], Outcome.FAILED),
        ([], Outcome.SKIPPED),
    ],
)
def test_the_gravest_test_decides(verdicts, outcome):
    assert record("C-ABC-01", *verdicts).outcome is outcome


@pytest.mark.parametrize("verdict", [PASSED, UNDECLARED])
def test_what_passed_or_does_not_apply_is_kept(verdict):
    assert record("C-ABC-01", verdict).is_kept


@pytest.mark.parametrize("verdict", [NO_HOOK, SLOW, OF_ITS_OWN])
def test_what_was_not_judged_is_open(verdict):
    assert record("C-ABC-01", verdict).is_open


def test_a_record_has_the_time_of_all_its_tests():
    assert record("C-ABC-01", PASSED, FAILED).seconds == 0.75


@pytest.mark.parametrize(
    ("missed", "reached"),
    [
        ([], Level.HARDENED),
        ("H", Level.DECLARED),
        ("O", Level.CORE),
        ("OH", Level.CORE),
        ("C", None),
        ("CH", None),
    ],
)
@pytest.mark.parametrize("verdict", [FAILED, ERROR, NO_HOOK, SLOW, OF_ITS_OWN])
def test_a_level_needs_all_its_cases_and_those_of_the_levels_below(missed, reached, verdict):
    cases = [record(f"{each}-ABC-01", verdict if each in missed else PASSED) for each in "COH"]

    assert level_reached(cases) is reached


def test_a_case_that_is_newer_than_the_revision_stands_in_no_way():
    newer = record("C-ABC-01", FAILED, since=2)

    assert not newer.counts
    assert level_reached([newer, record("C-ABC-02", PASSED)]) is Level.HARDENED


def test_what_fails_above_the_claim_or_after_the_revision_breaks_no_claim():
    judgement = Judgement(report(H_ABC_01=FAILED, C_ABC_02=FAILED))

    assert judgement.is_shown
    assert "failed, but not claimed: H-ABC-01, C-ABC-02" in "\n".join(judgement.lines())


def test_what_is_open_shows_no_level():
    judgement = Judgement(report(O_ABC_01=NO_HOOK))

    assert (judgement.is_shown, judgement.broken) == (False, [])
    assert [case.id for case in judgement.open] == ["O-ABC-01"]
    assert judgement.report.level_reached == "core"


def test_lines_name_what_failed_and_the_contracts_sentence():
    lines = list(Judgement(report(C_ABC_01=FAILED)).lines())

    assert lines[0].startswith("foo.FooCache (flask-caching-foo 0.1): 4 of 4 cases run, 3 passed")
    assert "no level is reached, claimed: core + declared; revision 1, seed 7" in lines[1]
    assert lines[2] == "  FAILED C-ABC-01: C <holds>."


@pytest.mark.parametrize("verdict", [UNDECLARED, NO_HOOK, OF_ITS_OWN])
def test_a_run_that_skips_everything_is_empty(verdict):
    ids = ["C_ABC_01", "O_ABC_01", "H_ABC_01", "C_ABC_02"]

    assert Judgement(report(**dict.fromkeys(ids, verdict))).is_empty
    assert not Judgement(report()).is_empty


def test_the_json_is_what_a_program_expects():
    written = json.loads(report(C_ABC_01=FAILED).as_json())

    cases = written.pop("cases")
    assert written == {
        "backend": "foo.FooCache",
        "distribution": "flask-caching-foo",
        "version": "0.1",
        "kit_version": "1.0",
        "revision": 1,
        "seed": 7,
        "capabilities": ["SHARED"],
        "level_claimed": "declared",
        "level_reached": None,
        "measured": {},
    }
    assert cases[0] == {
        "id": "C-ABC-01",
        "group": "ABC",
        "modality": "C",
        "outcome": "failed",
        "seconds": 0.5,
        "contract": "C <holds>.",
        "message": "assert 1 == 2",
        "reproduce": "repeat tests/test_foo.py::TestFoo C-ABC-01 7",
        "counts": True,
    }


def test_a_report_is_read_back():
    made = report(C_ABC_01=FAILED, O_ABC_01=UNDECLARED)

    assert Report.from_json(made.as_json()) == made


def test_the_page_shows_each_case_and_what_failed_and_needs_nothing_else():
    page = as_page(Judgement(report(C_ABC_01=FAILED, O_ABC_01=UNDECLARED)))

    assert "no level reached</span> of core + declared claimed" in page
    assert "C &lt;holds&gt;." in page
    assert "assert 1 == 2" in page
    assert "repeat tests/test_foo.py::TestFoo C-ABC-01 7" in page
    assert "newer, not scored" in page
    assert [word for word in ("src=", "href=", "<script", "url(") if word in page] == []


def test_both_are_written_side_by_side(tmp_path):
    write_report(Judgement(report()), tmp_path / "reports" / "foo.json")

    assert Report.from_json((tmp_path / "reports" / "foo.json").read_text()) == report()
    assert "hardened reached" in (tmp_path / "reports" / "foo.html").read_text()


def test_the_catalogue_is_a_table_for_each_group():
    lines = list(catalogue_table([Case("O-TIM-02", "a | b.", Capability.SUBSECOND)]))

    assert "\n## Lives\n" in lines
    assert "| O-TIM-02 | a \\| b. | `SUBSECOND` |" in lines


def test_the_matrix_counts_what_each_backend_passes_of_what_applies():
    whole, lacking, other = report(), report(C_ABC_01=FAILED), report()

    lines = list(matrix({"whole": whole, "lacking": lacking, "other": other}))

    assert lines == [
        "|  | whole | lacking | other |",
        "| --- | ---: | ---: | ---: |",
        "| ABC | 4 | 3 of 4 | 4 |",
        "| **level** | **hardened** | **none** | **hardened** |",
    ]


def test_a_group_that_does_not_apply_is_a_dash():
    ids = ["C_ABC_01", "O_ABC_01", "H_ABC_01", "C_ABC_02"]

    lines = list(matrix({"none": report(**dict.fromkeys(ids, UNDECLARED))}))

    assert lines[2] == f"| ABC | {NONE} |"
