"""Is the catalogue in order: ids, promises, capabilities?"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from flask_caching.backends.base import Capability
from flask_caching.backends.simple import SimpleCache
from flask_caching_conformance import BackendConformance, Case, case, cases_of
from flask_caching_conformance.catalogue import REVISION, case_of

from .folder import FolderCache
from .mutants import MUTANTS
from .network import NetworkCache

CASES = dict(cases_of(BackendConformance))


def test_every_test_is_a_case():
    tests = [name for name in dir(BackendConformance) if name.startswith("test")]

    assert sorted(CASES) == tests
    assert len(tests) > 150


def test_every_id_is_one_cases():
    ids = Counter(case.id for case in CASES.values())

    assert [each for each, count in ids.items() if count > 1] == []


@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.id)
def test_ids_and_promises_are_well_formed(case):
    assert re.fullmatch(r"[COHI]-[A-Z]{3,5}-\d\d", case.id)
    assert case.promise.endswith(".")
    assert case.promise == " ".join(case.promise.split())


@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.id)
def test_what_needs_a_capability_is_optional(case):
    assert (case.needs is not None) == (case.id.startswith("O"))


@pytest.mark.parametrize("name", CASES)
def test_ids_of_parameters_are_the_same_in_every_class(name):
    marks = getattr(getattr(BackendConformance, name), "pytestmark", [])

    for mark in marks:
        if mark.name == "parametrize" and callable(mark.kwargs.get("ids")):
            values = [each if type(each) is tuple else (each,) for each in mark.args[1]]
            ids = [mark.kwargs["ids"](each) for several in values for each in several]
            assert [each for each in ids if "\\" in each or not each.isascii()] == []


def test_the_numbers_of_a_group_have_no_gaps():
    groups = {}
    for each in CASES.values():
        _, group, number = each.id.split("-")
        groups.setdefault(group, []).append(int(number))

    assert {group: sorted(numbers) for group, numbers in groups.items()} == {
        group: list(range(1, len(numbers) + 1)) for group, numbers in groups.items()
    }


@pytest.mark.parametrize("revision", range(1, REVISION + 1))
def test_the_cases_of_a_revision_are_frozen(revision):
    """One that comes later is of the next revision: ``@case(…, since=3)``."""
    frozen = Path(__file__).with_name("revisions") / f"{revision}.txt"

    assert sorted(case.id for case in CASES.values() if case.since == revision) == (
        frozen.read_text(encoding="utf-8").split()
    )


def test_no_case_is_newer_than_the_newest_revision():
    assert max(case.since for case in CASES.values()) == REVISION


def test_every_capability_has_a_case():
    assert {case.needs for case in CASES.values()} >= set(Capability)


def test_the_case_of_every_mutant_exists():
    assert {mutant.case for mutant in MUTANTS} <= {case.id for case in CASES.values()}


def test_every_case_has_a_mutant():
    killing = {mutant.case for mutant in MUTANTS}

    lacking = {case.id for case in CASES.values() if case.id not in killing}
    # What is measured fails nobody.
    assert [each for each in sorted(lacking) if not each.startswith("I")] == []


def test_every_mutant_is_a_reference_made_wrong():
    references = (SimpleCache, NetworkCache, FolderCache)

    strange = [str(each) for each in MUTANTS if not issubclass(each.backend, references)]

    assert strange == ["Duck"]  # which is no `BaseCache`
    assert len({str(each) for each in MUTANTS}) == len(MUTANTS)


def test_a_failure_ends_with_id_and_promise():
    class Group:
        check_host_was_quick_enough = staticmethod(lambda error: None)

        @case("C-ABC-01", "One is two.")
        def test_it(self):
            """Fail as a case does."""
            one = 1
            assert one == 2

        @case("C-ABC-02", "It raises.")
        def test_raising(self):
            with pytest.raises(ValueError, match="never"):
                pass

    with pytest.raises(AssertionError) as failed:
        Group().test_it()
    with pytest.raises(pytest.fail.Exception) as failed_too:
        Group().test_raising()

    assert failed.value.__notes__ == ["C-ABC-01: One is two."]
    assert failed_too.value.__notes__ == ["C-ABC-02: It raises."]
    assert Group.test_it.__doc__ == "Fail as a case does."
    assert case_of(Group.test_it) == Case("C-ABC-01", "One is two.")


def test_a_skip_is_no_failure():
    class Group:
        @case("C-ABC-01", "One is two.")
        def test_it(self):
            pytest.skip("for a reason")

    with pytest.raises(pytest.skip.Exception) as skipped:
        Group().test_it()

    assert not hasattr(skipped.value, "__notes__")


@pytest.mark.parametrize("replacement", [None, lambda self: None], ids=["removed", "replaced"])
def test_a_case_may_not_be_lost_quietly(replacement):
    with pytest.raises(TypeError, match=r"TestFoo.test_any_text_is_a_key overrides the case C-KEY"):
        type("TestFoo", (BackendConformance,), {"test_any_text_is_a_key": replacement})
