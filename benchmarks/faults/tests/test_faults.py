"""Does the run notice what is wrong, and do its page and pictures show what it saw?"""

from __future__ import annotations

import json
from urllib.parse import quote_plus
from xml.etree import ElementTree as ET

import pytest

from faults import page
from faults.judged import assert_served
from faults.picture import picture
from faults.report import Phase, Report
from faults.run import is_noticed
from faults.visitors import Visit, Visitor

PHASES = [
    Phase("well", 100, 102),
    Phase("frozen", 102, 104, 104.5),
    Phase("well", 104.5, 106),
]


def visit(
    at, took=0.01, path="/cached/1", is_answered=True, mistake="", was_stored=None, alone=False
):
    return Visit(at, took, path, is_answered, mistake, was_stored, alone)


VISITS = [
    visit(99),
    visit(100, was_stored=True),
    visit(102, 0.5),
    visit(102.5, was_stored=False),
    visit(104.2, alone=True),
    visit(105),
]


def report_of(*more):
    return Report.of("redis", 1.0, PHASES, sorted([*VISITS, *more]))


# -- a run that is well, and others ------------------------------------------------------


def test_a_run_in_which_all_is_well_is_accepted():
    assert_served(report_of())


@pytest.mark.parametrize(
    "more",
    [
        [visit(101, is_answered=False, mistake="500: oops")],
        [visit(103, is_answered=False, mistake="0: ConnectionResetError()")],
        [visit(103, mistake="the answer was outdated")],
        [visit(103, took=20)],
    ],
    ids=["not answered", "cut off", "wrong", "too late"],
)
def test_a_run_in_which_something_is_wrong_is_not(more):
    with pytest.raises(AssertionError):
        assert_served(report_of(*more))


def test_a_fault_that_nobody_noticed_proves_nothing():
    unnoticed = [each for each in VISITS if each.was_stored is not False]

    with pytest.raises(AssertionError, match="nobody noticed that the store was frozen"):
        assert_served(Report.of("redis", 1.0, PHASES, unnoticed))


def test_a_fault_in_which_every_process_asked_shows_no_breaker():
    asking = [each._replace(is_left_alone=False) for each in VISITS]

    with pytest.raises(AssertionError, match="everybody waited"):
        assert_served(Report.of("redis", 1.0, PHASES, asking))


def test_a_fault_is_noticed_once_something_was_lost_and_the_store_is_left_alone():
    assert is_noticed(VISITS, 102)
    assert not is_noticed(VISITS, 103)
    assert not is_noticed([each._replace(is_left_alone=False) for each in VISITS], 102)


# -- what is right -----------------------------------------------------------------------


@pytest.fixture
def visitor():
    return Visitor(1, 1, [0.0, 50.0])


@pytest.fixture
def told(visitor, monkeypatch):
    """Give a function that lets the visitor come and be told this."""

    def told(path, answer, status=200):
        monkeypatch.setattr(visitor, "_ask", lambda path: (status, json.dumps(answer)))
        return visitor._visit(path)

    return told


@pytest.mark.parametrize(
    ("path", "answer", "is_right"),
    [
        ("/memoized/5", [5, 51.0], True),
        ("/memoized/5", [5, 49.0], False),
        ("/cached/5", [5, 49.0], True),
        ("/cached/5", [6, 51.0], False),
        ("/fragment/5", [6, 51.0], False),
    ],
)
def test_an_answer_is_of_what_was_asked_for_and_not_outdated(told, path, answer, is_right):
    assert (told(path, {"answer": answer}).mistake == "") is is_right


def test_an_answer_with_another_status_is_none(told):
    seen = told("/cached/5", "oops", status=500)

    assert not seen.is_answered
    assert seen.mistake == '500: "oops"'


def written(told, value, stored):
    return told(f"/write?key=k&value={quote_plus(value)}", {"stored": stored}).was_stored


def is_right(told, value):
    return told("/read?key=k", {"value": value}).mistake == ""


def test_of_writes_the_last_confirmed_one_and_doubtful_ones_are_right(told):
    assert is_right(told, None)
    assert written(told, "of visitor 1: 1", stored=True) is True
    assert written(told, "of visitor 1: 2", stored=False) is False
    assert written(told, "of visitor 1: 3", stored=True) is True

    assert is_right(told, "of visitor 1: 3")
    assert is_right(told, "of visitor 1: 2")
    assert is_right(told, None)
    assert not is_right(told, "of visitor 1: 1")
    assert not is_right(told, "of visitor 2: 3")


def test_an_invalidation_counts_where_it_is_confirmed(visitor, told):
    assert told("/forget", {"forgotten": False}).was_stored is False
    assert visitor._forgotten == [0.0, 50.0]

    seen = told("/forget", {"forgotten": True})

    assert visitor._forgotten[-1] == seen.at


# -- what is shown -----------------------------------------------------------------------


def test_a_report_counts_by_phases_and_leaves_out_what_was_before():
    rows = report_of().rows

    assert [(row.name, row.visits, row.stored, row.lost) for row in rows] == [
        ("well", 1, 1, 0),
        ("frozen", 3, 0, 1),
        ("well", 1, 0, 0),
    ]
    assert rows[1].back_after == 0.5
    assert (rows[1].median, rows[1].slowest) == (0.01, 0.5)


def test_a_report_is_kept_and_read_again(tmp_path, monkeypatch):
    monkeypatch.setenv("FAULT_REPORTS", str(tmp_path / "reports"))
    report = report_of()

    report.keep()

    assert Report.read(tmp_path / "reports" / "redis.json") == report


def test_without_a_folder_nothing_is_kept(monkeypatch, tmp_path):
    monkeypatch.delenv("FAULT_REPORTS", raising=False)
    monkeypatch.chdir(tmp_path)

    report_of().keep()

    assert list(tmp_path.iterdir()) == []


def test_a_picture_marks_the_fault_and_draws_both_lines():
    drawn = ET.fromstring(picture(report_of()))

    classes = [each.get("class") for each in drawn.iter()]
    assert classes.count("fault") == classes.count("back") == 1
    assert {"median", "slowest", "limit"} <= set(classes)
    assert "frozen" in [each.text for each in drawn.iter()]


def test_the_page_is_written_between_its_marks(tmp_path, monkeypatch):
    monkeypatch.setenv("FAULT_REPORTS", str(tmp_path / "reports"))
    report_of().keep()
    written = tmp_path / "outages.md"
    written.write_text(f"before\n{page.BEGIN}old\n{page.END}\nafter\n")

    for _ in range(2):
        page.main(tmp_path / "reports", written)

    text = written.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert text.count("| frozen | 3 | 3 | 0 | 10 ms | 500 ms | 500 ms | 0.5 s |") == 1
    assert (tmp_path / "outages" / "redis.svg").exists()


def test_without_reports_the_page_stays(tmp_path):
    with pytest.raises(SystemExit, match="run `make faults`"):
        page.main(tmp_path)
