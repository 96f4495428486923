"""What is a user told who makes a mistake with files?"""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching.errors import ConfigError
from flask_caching_conformance.harness.mistakes import Mistake, symptoms

PAGE = Path(__file__).parents[3] / "docs" / "errors.md"


def setting(symptom, *says, **config):
    """Return the row of settings that can't work."""
    shown = ", ".join(f"{key}={value!r}" for key, value in config.items())

    def do(folder):
        folder.parent.joinpath("file").touch()
        given = {
            key: value.format(folder=folder.parent) if isinstance(value, str) else value
            for key, value in config.items()
        }
        Cache(Flask("shop"), config={"CACHE_TYPE": "filesystem", "CACHE_DIR": folder, **given})

    return Mistake(shown, do, ConfigError, symptom, says)


MISTAKES = [
    setting("CACHE_DIR: is not set. Set it to the folder …", "'/var/cache/myapp'", CACHE_DIR=None),
    setting("CACHE_DIR: must be the path of a folder, not …", "5", CACHE_DIR=5),
    setting(
        "CACHE_DIR: … can't be used as a folder (…). Create it, …",
        "/file'",
        "File exists",
        CACHE_DIR="{folder}/file",
    ),
    setting(
        "CACHE_DIR: … can't be used as a folder (…). Create it, …",
        "/file/cache'",
        "Not a directory",
        CACHE_DIR="{folder}/file/cache",
    ),
    setting(
        "CACHE_THRESHOLD: must be a number of entries, 0 or more (0 means no limit), not …",
        "'many'",
        CACHE_OPTIONS={"threshold": "many"},
    ),
    setting(
        "CACHE_OPTIONS: mode must let the owner read and write, as 0o600 does, not …",
        "0o100",
        CACHE_OPTIONS={"mode": 0o100},
    ),
    setting(
        "CACHE_ARGS: are …, and at most these are taken: …", "6", "threshold", CACHE_ARGS=[1] * 6
    ),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_who_makes_a_mistake_is_told_what_where_and_the_repair(mistake, folder, caplog):
    mistake.check(folder, caplog)


def test_the_page_of_errors_has_these_symptoms():
    assert symptoms(PAGE, "filesystem") == {row.symptom for row in MISTAKES}
