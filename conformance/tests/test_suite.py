"""What does the kit say to a stranger whose tests are empty, wrong, or of an unfinished backend?"""

from __future__ import annotations

from pathlib import Path

import pytest

from flask_caching.backends.base import Capability
from flask_caching_conformance import BackendConformance, cases_of

from .nested import run

STRANGERS = Path(__file__).with_name("strangers.py")
IDS = [case.id for _, case in cases_of(BackendConformance)]


def run_class(name, *only):
    return run(f"{STRANGERS}::{name}", *only)


def test_a_run_without_any_case_fails():
    outcome = run_class("TestNothingAtAll")

    assert outcome.exit_code == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_suite_without_a_configuration_says_what_to_write():
    outcome = run_class("TestWithoutAnything", "C-GET-01")

    assert outcome.exit_code == pytest.ExitCode.TESTS_FAILED
    assert "Give TestWithoutAnything a configuration" in outcome.errors["C-GET-01"][0]


def test_a_cache_that_remembers_nothing_is_refused_in_a_sentence():
    outcome = run_class("TestNull", "C-GET-01", "C-SET-01")

    assert outcome.exit_code == pytest.ExitCode.TESTS_FAILED
    assert outcome.passed == {}
    for errors in outcome.errors.values():
        assert "NullCache remembers nothing" in errors[0]


def test_an_empty_backend_fails():
    outcome = run_class("TestEmpty", "C-GET-01", "C-SET-02", "C-FLK-01", "C-DEL-01")

    assert sorted(outcome.failed) == ["C-DEL-01", "C-FLK-01", "C-SET-02"]
    assert list(outcome.passed) == ["C-GET-01"]


def test_cases_of_capabilities_that_are_not_declared_are_skipped_and_say_so():
    optional = [each for each in IDS if each.startswith("O-")]

    outcome = run_class("TestOfFiveMinutes", *optional)

    assert outcome.exit_code == pytest.ExitCode.OK
    assert (outcome.passed, outcome.failed, outcome.errors) == ({}, {}, {})
    assert sorted(outcome.skipped) == sorted(optional)
    for reasons in outcome.skipped.values():
        for reason in reasons:
            assert "is not declared by DictCache" in reason
    assert "Capability.TOUCH is not declared by DictCache" in outcome.skipped["O-TOUCH-01"][0]


def test_parameters_that_need_a_capability_are_skipped_alone():
    outcome = run_class("TestOfFiveMinutes", "C-TIM-10")

    assert len(outcome.skipped["C-TIM-10"]) == 7
    assert all("Capability.TOUCH" in reason for reason in outcome.skipped["C-TIM-10"])
    assert len(outcome.failed["C-TIM-10"]) == 21


def test_time_that_cannot_be_set_is_waited_for_where_it_is_short():
    outcome = run_class("TestOfFiveMinutes", "C-ADD-05", "C-TIM-06")

    assert "C-ADD-05" in outcome.failed  # it has waited for the end of a life that never ends
    assert "override the fixture `advance`" in outcome.skipped["C-TIM-06"][0]


#: A case that fails where the capability is claimed and missing.
CLAIMS = {
    Capability.SHARED: "O-SHR-02",
    Capability.PERSISTENT: "O-PER-01",
    Capability.ATOMIC_INC: "O-INC-14",
    Capability.PREFIX: "O-PFX-05",
    Capability.BOUNDED: "O-CAP-01",
    Capability.SUBSECOND: "O-TIM-02",
    Capability.TOUCH: "O-TOUCH-01",
    Capability.PRUNE: "O-PRUNE-01",
}


def test_what_a_capability_claims_is_judged():
    outcome = run_class("TestOverClaiming", *CLAIMS.values())

    assert sorted(outcome.failed) == sorted(CLAIMS.values())


def test_where_tests_cannot_fork_these_cases_are_skipped():
    outcome = run_class("TestThatCannotFork", *[each for each in IDS if "-PRC-" in each])

    assert outcome.passed == {}
    for reasons in outcome.skipped.values():
        assert "'fork' is not in process_models" in reasons[0]


def test_an_expected_failure_is_no_failure():
    outcome = run_class("TestThatExpectsAFailure", "C-VAL-09")

    assert outcome.exit_code == pytest.ExitCode.OK
    assert outcome.expected == {"C-VAL-09": ["it keeps the caller's own object"]}


def test_a_known_failure_that_passes_is_a_failure():
    outcome = run_class("TestThatExpectsAFailure", "C-SET-01")

    assert outcome.exit_code == pytest.ExitCode.TESTS_FAILED
    assert all("[XPASS(strict)] it passes" in each for each in outcome.failed["C-SET-01"])
