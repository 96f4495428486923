"""Does a row of a mistake notice a message that is bad?"""

from __future__ import annotations

import logging
import warnings

import pytest

from flask_caching_conformance.harness.mistakes import Logged, Mistake, symptoms

SYMPTOM = "CACHE_…: must be …, not …"


def raising(error):
    def do(given):
        raise error

    return do


def row(do, told=ValueError, symptom=SYMPTOM, says=("'x'",), hides=("hunter2",)):
    return Mistake("a mistake", do, told, symptom, says, hides)


def test_a_good_message_passes(caplog):
    row(raising(ValueError("CACHE_DIR: must be a path, not 'x'"))).check(None, caplog)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("CACHE_DIR: is wrong: 'x'"),
        ValueError("CACHE_DIR: must be a path, not 'y'"),
        ValueError("CACHE_DIR: must be a path, not 'x' (hunter2)"),
        TypeError("CACHE_DIR: must be a path, not 'x'"),
        UnicodeError("CACHE_DIR: must be a path, not 'x'"),  # a ValueError, but not that one
    ],
    ids=["another symptom", "the value is missing", "a secret", "another class", "a subclass"],
)
def test_a_bad_message_is_noticed(caplog, error):
    with pytest.raises(AssertionError):
        row(raising(error)).check(None, caplog)


@pytest.mark.parametrize("told", [ValueError, UserWarning])
def test_silence_is_noticed(caplog, told):
    with pytest.raises(AssertionError):
        row(lambda given: None, told).check(None, caplog)


def test_a_log_without_a_line_is_noticed(caplog):
    with pytest.raises(ValueError, match="not enough values"):
        row(lambda given: None, Logged).check(None, caplog)


def test_warnings_and_lines_of_the_log_are_read(caplog):
    message = "CACHE_DIR: must be a path, not 'x'"

    row(lambda given: warnings.warn(message, stacklevel=2), UserWarning).check(None, caplog)
    row(lambda given: logging.getLogger("a").warning(message), Logged).check(None, caplog)


def test_the_symptoms_are_the_first_column_of_a_sections_tables(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "## One\n| you see |\n| --- |\n| `first …` | x |\n| no symptom | `x` |\n"
        "## Two\n| `second` | x |\n"
    )

    assert symptoms(page, "One") == {"first …"}
    assert symptoms(page) == {"first …", "second"}
