"""Does each wrong backend die by the case that is named for it, and by its message?"""

from __future__ import annotations

from pathlib import Path

import pytest

from flask_caching_conformance import BackendConformance
from flask_caching_conformance.catalogue import cases_of

from .mutants import MUTANTS
from .nested import run

SUITE = Path(__file__).with_name("mutant_suite.py")
PROMISES = {case.id: case.promise for _, case in cases_of(BackendConformance)}
METHODS = {case.id: method for method, case in cases_of(BackendConformance)}


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_mutant_dies_by_its_case(mutant):
    outcome = run(f"{SUITE}::Test{mutant}::{METHODS[mutant.case]}")

    assert list(outcome.failed) == [mutant.case], outcome
    assert outcome.exit_code == pytest.ExitCode.TESTS_FAILED
    for message in outcome.failed[mutant.case]:
        assert f"{mutant.case}: {PROMISES[mutant.case]}" in message
