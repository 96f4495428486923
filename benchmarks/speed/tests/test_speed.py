"""Does the benchmark measure what its table says, and fail where a goal is missed?"""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

from speed import page, results
from speed.contestants.flask_caching_application import FLASK_CACHING
from speed.contestants.registry import CONTESTANTS, Place
from speed.growth_picture import growth_picture
from speed.picture import picture
from speed.results import OURS, Result, at_most, faster
from speed.rows import ORIGINAL, ROWS, Row
from speed.table import line, markdown
from speed.turns import Effort, measured
from speed.worker import load_contestants

NOWHERE = Place("", 0, 0, 0)


@pytest.fixture(scope="module", autouse=True)
def _contestants():
    load_contestants()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_everybody_that_a_row_names_has_its_operation(row):
    libraries = {FLASK_CACHING, *row.peers, *row.beside} - {ORIGINAL}

    assert {(row.name, library) for library in libraries} <= CONTESTANTS.keys()
    assert {goal.than for goal in row.goals} <= {"", *row.peers, *row.beside}


def test_all_have_their_turns():
    row = Row("In memory", "memoize hit", (), [faster(1e9, "lru_cache")], beside=("lru_cache",))

    result = measured(row, NOWHERE, Effort(rounds=3, turn=0.002))

    assert result.values.keys() == {OURS, "lru_cache"}
    assert all(value > 0 for value in result.values.values())
    assert result.missed == row.goals


@pytest.mark.parametrize(
    ("goal", "ours", "is_met"),
    [
        (faster(2, "peer"), 5, True),
        (faster(2, "peer"), 5.1, False),
        (at_most(1.2, "peer"), 12, True),
        (at_most(1.2, "peer"), 12.1, False),
        (at_most(1), 1, True),
        (at_most(1), 2, False),
    ],
    ids=str,
)
def test_a_goal_is_met_or_missed(goal, ours, is_met):
    result = Result("Group", "row", "µs", {OURS: ours, "peer": 10}, [goal])

    assert goal.is_met(result.values) is is_met
    assert result.missed == ([] if is_met else [goal])


GROWN = Result("Growth", "grows", "µs", {OURS: 4.0, "among 100": 2.0}, [], "here: among 1,000")
RESULTS = [
    Result("One", "fast", "µs", {OURS: 2.0, "peer": 50.0}, [faster(20, "peer")]),
    Result("One", "slow", "µs", {OURS: 2.0, "peer": 1.0}, [at_most(1.5, "peer")]),
    Result("Two", "alone", "trips", {OURS: 1}, [at_most(1)]),
    GROWN,
]


def test_a_line_says_how_we_stand():
    assert "reached" in line(RESULTS[0])
    assert "peer 50 (25x faster)" in line(RESULTS[0])
    assert "MISSED" in line(RESULTS[1])
    assert "peer 1 (2x its figure)" in line(RESULTS[1])


def test_the_page_has_the_tables_the_picture_and_the_figures(tmp_path):
    results.write(RESULTS, {"Python": "3.11"}, tmp_path / "run.json")
    there = tmp_path / "performance.md"
    there.write_text(f"before\n{page.BEGIN}old\n{page.END}\nafter\n")

    page.main(tmp_path / "run.json", there)

    text = there.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert "Of 3 goals 2 are reached" in text
    assert "at most 1.5x peer: missed" in text
    kept = json.loads((tmp_path / "performance" / "figures.json").read_text())
    assert [row["name"] for row in kept["results"]] == ["fast", "slow", "alone", "grows"]
    for name in ("peers.svg", "growth.svg"):
        ET.parse(tmp_path / "performance" / name)
        assert f"](performance/{name})" in text


def test_the_picture_puts_a_goal_where_it_would_be_reached():
    drawn = ET.fromstring(picture(RESULTS))
    classes = [each.get("class") for each in drawn.iter()]
    marks = [each for each in classes if each in {"goal", "missed"}]

    assert marks == ["goal", "goal", "missed"]  # the first is the legend's


def test_the_picture_of_growth_says_how_many_times_as_much_it_is():
    assert "grows: 2x" in growth_picture([GROWN])


def test_results_are_read_as_they_were_written(tmp_path):
    results.write(RESULTS, {}, tmp_path / "run.json")

    assert results.read(tmp_path / "run.json")[0] == RESULTS


def test_a_table_names_all_of_a_group():
    head, rule, *rows = markdown(RESULTS[:2])

    assert head.count("|") == rule.count("|")
    assert [row.split(" | ")[0] for row in rows] == ["| fast", "| slow"]
