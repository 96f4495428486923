"""Does an application see here what it sees with Flask-Caching 2.5.1 and 2.4.1?

The corpus is played with each of them, in an environment of its own, and here.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from .differences import PAGE, ROWS, V24, V25, same, with_table
from .originals import BROKE_OFF, play, python_with


@pytest.fixture
def originals(request, tmp_path):
    """Return the folder of the environments; it lasts as long as pytest's cache."""
    cache = getattr(request.config, "cache", None)
    return tmp_path if cache is None else cache.mkdir("flask-caching-originals")


def _played(version, folder):
    """Return what is seen with a version of 2.x, and here."""
    with ThreadPoolExecutor() as pool:
        here = pool.submit(play, sys.executable, version)
        there = pool.submit(lambda: play(python_with(version, folder), version))
        return _by_place(there.result()), _by_place(here.result())


def _by_place(scenarios):
    return {
        f"{name}/{label}": value
        for name, observations in scenarios.items()
        for label, value in observations.items()
    }


@pytest.mark.parametrize("version", [V25, V24])
def test_an_application_sees_the_same_but_for_what_is_named(version, originals):
    there, here = _played(version, originals)

    # Together, since playing takes a while.
    assert not _broken(there) + _broken(here)
    assert there.keys() == here.keys()
    explained, unexplained = _explained(version, there, here)
    assert not unexplained, "no row of differences.py names this:\n" + "\n".join(unexplained)
    idle = _named(version, there) - explained
    assert not idle, f"rows of differences.py name what is gone: {sorted(idle)}"
    assert not [place for place in here if place.startswith("generated.") and _shares(here[place])]


def _broken(seen):
    return [value for place, value in seen.items() if place.endswith(f"/{BROKE_OFF}")]


def _explained(version, there, here):
    """Return the rows' names that explain something, and the differences that none does."""
    explained, unexplained = set(), []
    for place, theirs in there.items():
        ours = here[place]
        if same(theirs, ours):
            continue
        names = {(row.id, row.explains(version, place, theirs, ours)) for row in ROWS}
        names = {(row, name) for row, name in names if name is not None}
        explained |= names
        if not names:
            unexplained.append(
                f"{place}\n    {version}: {json.dumps(theirs)}\n    here:  {json.dumps(ours)}"
            )
    return explained, unexplained


def _named(version, there):
    """Return the rows' names that have to explain something with this version."""
    scenarios = {place.partition("/")[0] for place in there}
    return {
        (row.id, name)
        for row in ROWS
        if version in row.versions
        for name in row.seen
        # What 2.4 does not offer yet is named for 2.5 as well, and checked there.
        if name.partition("/")[0] in scenarios or V25 not in row.versions
    }


def _shares(generated):
    """Return whether calls share an entry that Python itself tells apart, or the reverse."""
    return generated["shared"] != generated["python"]


@pytest.mark.parametrize(
    ("place", "theirs", "ours"),
    [
        ("cached.timeout/5: first", 1, 2),
        ("cached.timeout/5: first", 1, True),
        ("cached.cached_response/0 stored with", 50, 7),
        ("errors.no_application/get", {"raises": "KeyError", "is": ["KeyError"]}, 1),
    ],
)
def test_what_no_row_explains_is_reported(place, theirs, ours):
    explained, unexplained = _explained(V25, {place: theirs}, {place: ours})

    assert not explained
    assert unexplained[0].startswith(place)


def test_what_an_except_clause_catches_is_no_difference():
    theirs = {"raises": "ValueError", "is": ["ValueError"]}
    ours = {"raises": "CacheError", "is": ["CacheError", "ValueError"]}

    assert same(theirs, ours)
    assert not same(ours, theirs)


def test_each_row_is_named_once_and_tested_somewhere():
    root = PAGE.parents[1]

    assert len({row.id for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert bool(row.seen) != bool(row.elsewhere), row.id
        assert (root / row.elsewhere).exists(), row.id


def test_the_migration_page_names_every_difference():
    page = PAGE.read_text()

    assert page == with_table(page), "write its tables anew: python differences.py"
