"""What is a user told who makes a mistake with uWSGI?"""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching_conformance.harness.mistakes import Mistake, symptoms
from flask_caching_uwsgi.server import OutsideServerError

PAGE = Path(__file__).parents[3] / "docs" / "errors.md"


MISTAKES = [
    Mistake(
        "an application outside of the server",
        lambda app: Cache(app, config={"CACHE_TYPE": "uwsgi"}),
        OutsideServerError,
        "CACHE_TYPE: 'uwsgi' works in the processes of a uWSGI server only, …",
        ("uwsgi --cache2 name=mycache,items=1000", "set CACHE_TYPE to another backend"),
    ),
]


@pytest.fixture
def app():
    return Flask("shop")


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_who_makes_a_mistake_is_told_what_where_and_the_repair(mistake, app, caplog):
    mistake.check(app, caplog)


def test_the_page_of_errors_has_these_symptoms():
    assert symptoms(PAGE, "uwsgi") == {row.symptom for row in MISTAKES}
