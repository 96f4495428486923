"""Does the command judge a backend that it knows by name only, and exit as it says?"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from flask_caching_conformance.command import Exit, Judging, main

PROGRAM = Path(sys.executable).with_name("flask-caching-conformance")

OLD_STYLE = '''
import pickle
import time

from flask_caching.backends.base import BaseCache


class OldCache(BaseCache):
    """Written for Flask-Caching 2.x, which asked for little."""

    def __init__(self, size, default_timeout=300):
        super().__init__(default_timeout)
        self.entries = {}

    @classmethod
    def factory(cls, app, config, args, kwargs):
        args.insert(0, config["CACHE_OLD_SIZE"])
        return cls(*args, **kwargs)

    def get(self, key):
        try:
            ends, payload = self.entries[key]
        except KeyError:
            return None
        return pickle.loads(payload) if ends > time.time() else None

    def set(self, key, value, timeout=None):
        ends = time.time() + (self.default_timeout if timeout is None else timeout)
        self.entries[key] = (ends, pickle.dumps(value))
        return True

    def add(self, key, value, timeout=None):
        return self.get(key) is None and self.set(key, value, timeout)

    def delete(self, key):
        return self.entries.pop(key, None) is not None

    def has(self, key):
        return self.get(key) is not None

    def clear(self):
        self.entries.clear()
        return True
'''
OLD = ["old_style.OldCache", "--config", "CACHE_OLD_SIZE=10"]


@pytest.fixture
def run(tmp_path):
    (tmp_path / "old_style.py").write_text(OLD_STYLE)

    def run(*arguments):
        return subprocess.run(
            [PROGRAM, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def of_simple(tmp_path_factory):
    """A complete run on the reference: what it said, and its report."""
    path = tmp_path_factory.mktemp("of simple") / "report.json"
    done = subprocess.run(
        [PROGRAM, "simple", "--level", "hardened", "--report", path],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd=path.parent,
    )
    assert sorted(each.name for each in path.parent.iterdir()) == ["report.html", "report.json"]
    return done, json.loads(path.read_text()), path.with_suffix(".html").read_text()


def test_a_backend_that_reaches_its_level_exits_with_0(of_simple):
    done, _, page = of_simple

    assert done.returncode == Exit.REACHED, done.stdout
    assert "SimpleCache (flask-caching-core " in done.stdout
    assert "reached: hardened, claimed: hardened; revision 2, seed 0" in done.stdout
    assert "hardened reached" in page


def test_the_report_says_who_was_judged_and_by_what(of_simple):
    _, report, _ = of_simple

    cases = report.pop("cases")
    assert report["backend"] == "flask_caching.backends.simple.SimpleCache"
    assert report["distribution"] == "flask-caching-core"
    assert (report["revision"], report["seed"]) == (2, 0)
    assert (report["level_claimed"], report["level_reached"]) == ("hardened", "hardened")
    assert "BOUNDED" in report["capabilities"]
    assert {case["outcome"] for case in cases} == {"passed", "skipped"}
    assert cases[0]["reproduce"] == "flask-caching-conformance simple --case C-ADD-01 --seed 0"
    skipped = [case for case in cases if case["outcome"] == "skipped"]
    assert all(case["message"].startswith("does not apply: ") for case in skipped)


def test_an_old_style_backend_is_told_plainly_what_falls_short(run):
    done = run(*OLD, "--case", "C-HAS-01", "--case", "C-SET-01", "--report", "report.json")

    assert done.returncode == Exit.FAILED
    assert "old_style.OldCache: 2 of" in done.stdout
    assert "FAILED C-HAS-01: `has` is `True` for a live entry, whatever its value." in done.stdout
    assert "assert False is True" in done.stdout  # what was compared


def test_a_failure_is_repeated_by_the_command_in_the_report(run, tmp_path):
    run(*OLD, "--case", "C-HAS-01", "--report", "report.json", "--seed", "3")
    report = json.loads((tmp_path / "report.json").read_text())
    (failed,) = [case for case in report["cases"] if case["outcome"] == "failed"]

    program, *arguments = shlex.split(failed["reproduce"])
    again = run(*arguments)

    assert program == PROGRAM.name
    assert again.returncode == Exit.FAILED
    assert "FAILED C-HAS-01" in again.stdout
    assert "seed 3" in again.stdout


def test_what_cannot_be_judged_shows_no_level(run):
    done = run(*OLD, "--case", "C-TIM-06")

    assert done.returncode == Exit.NOT_SHOWN
    assert "override the fixture `advance`" in done.stdout


def test_a_part_of_the_cases_shows_no_level(run):
    done = run("simple", "--case", "C-ADD-01")

    assert done.returncode == Exit.NOT_SHOWN
    assert "a part of the cases shows no level" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["sqlyte"], "CACHE_TYPE 'sqlyte' is the name of no backend"),
        (["null"], "NullCache remembers nothing, so there is nothing to judge."),
        (["filesystem"], "CACHE_DIR"),
        (["simple", "--config", "CACHE_THRESHOLD"], "'CACHE_THRESHOLD' is not KEY=VALUE"),
        (["simple", "--config", "CACHE_OPTIONS__nonsense=1"], "nonsense"),
        (["simple", "--config", "A=1", "--config", "A__B=1"], "as a value and as a dict"),
        (["simple", "--case", "C-ADD-99"], "C-ADD-99 is not in the catalogue"),
        (["simple", "--level", "best"], "'best' is not one of"),
        (["simple", "--revision", "99"], "99 is not in the range"),
        (["simple", "--report", "no/such/folder/r.json", "--case", "C-ADD-99"], "C-ADD-99"),
    ],
    ids=lambda value: " ".join(value)[-30:] if isinstance(value, list) else None,
)
def test_what_is_wrong_with_the_command_is_said(run, arguments, says):
    done = run(*arguments)

    assert done.returncode == Exit.USAGE
    assert says in " ".join(f"{done.stdout} {done.stderr}".split())


def test_values_are_read_as_flask_reads_its_environment():
    read = []

    def stop(self, *arguments):
        read.append(self.config)
        return pytest.ExitCode.USAGE_ERROR

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Judging, "run", stop)
        settings = ["CACHE_DEFAULT_TIMEOUT=42", "CACHE_OPTIONS__threshold=7", "CACHE_X=a=b"]
        CliRunner().invoke(
            main, ["simple", *[word for each in settings for word in ("--config", each)]]
        )

    assert read == [
        {
            "CACHE_TYPE": "simple",
            "CACHE_DEFAULT_TIMEOUT": 42,
            "CACHE_OPTIONS": {"threshold": 7},
            "CACHE_X": "a=b",
        }
    ]


def test_no_secret_is_in_the_command_that_repeats_a_case():
    judging = Judging({"CACHE_TYPE": "foo", "CACHE_FOO_PASSWORD": "made up"}, "core", 1)

    assert "made up" not in judging.repeat()
    assert "--config 'CACHE_FOO_PASSWORD=(hidden)'" in judging.repeat()


@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        (pytest.ExitCode.OK, Exit.NOTHING_RAN),
        (pytest.ExitCode.NO_TESTS_COLLECTED, Exit.NOTHING_RAN),
        (pytest.ExitCode.INTERNAL_ERROR, Exit.BROKEN_KIT),
        (pytest.ExitCode.INTERRUPTED, Exit.BROKEN_KIT),
        (pytest.ExitCode.USAGE_ERROR, Exit.USAGE),
    ],
)
def test_a_run_without_a_verdict_is_no_success(code, exit_code):
    assert Judging({"CACHE_TYPE": "simple"}, "core", 1).exit_for(code) is exit_code


def test_the_catalogue_is_listed(run):
    done = run("cases")

    assert "C-ADD-03: `False` leaves value and life alone.\n" in done.stdout
