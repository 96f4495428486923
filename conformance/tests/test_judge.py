"""Does a run of pytest say which level a suite reaches, and fail only for what it claims?"""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

PARTLY = "--conformance-case=C-GET-01"


@pytest.fixture
def run(tmp_path):
    """Run pytest on a suite, in a process of its own."""

    def run(body, *arguments):
        source = f"""
            import pytest
            from flask_caching.backends.simple import SimpleCache
            from flask_caching_conformance import BackendConformance, case


            class TestFoo(BackendConformance):
                {textwrap.indent(textwrap.dedent(body), " " * 16).strip()}
        """
        (tmp_path / "test_foo.py").write_text(textwrap.dedent(source))
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-pno:cacheprovider", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    return run


NEWER = """
    config = {"CACHE_TYPE": "simple"}

    @case("C-GET-01", "It is new.", since=2)
    def test_new(self, backend):
        assert backend.get("key") == "something"
"""


def test_a_case_that_is_newer_than_the_revision_fails_nothing(run):
    done = run(NEWER, PARTLY, "-rx")

    assert done.returncode == 0, done.stdout
    assert "C-GET-01 is not part of what TestFoo claims" in done.stdout
    assert "1 passed, " in done.stdout
    assert "1 xfailed" in done.stdout


def test_it_fails_once_the_revision_is_raised(run):
    done = run(NEWER + "    revision = 2\n", PARTLY)

    assert done.returncode == 1
    assert "FAILED C-GET-01" in done.stdout


WITHOUT_OWN_LIVES = """
    class Forgetful(SimpleCache):
        def touch(self, key, timeout=None):
            return False

    config = {"CACHE_TYPE": Forgetful}
"""


@pytest.mark.parametrize(("level", "code"), [("core", 0), ("declared", 1), ("hardened", 1)])
def test_only_cases_of_the_claimed_level_fail(run, level, code):
    done = run(
        WITHOUT_OWN_LIVES + f"    level = {level!r}\n",
        PARTLY,
        "--conformance-case=O-TOUCH-01",
    )

    assert done.returncode == code, done.stdout


SKIPPING = """
    config = {"CACHE_TYPE": "simple"}

    @pytest.fixture
    def make(self):
        pytest.skip("the server is not installed")
"""


def test_a_suite_that_skips_everything_fails(run):
    done = run(SKIPPING)

    assert done.returncode == 1
    assert "0 passed, 0 failed" in done.stdout
    assert "the server is not installed: C-ADD-01, " in done.stdout


WITHOUT_HOOKS = """
    class OnItsOwnClock(SimpleCache):
        def __init__(
            self, threshold=500, default_timeout=300, ignore_errors=False, key_prefix=None
        ):
            super().__init__(threshold, default_timeout, ignore_errors, key_prefix=key_prefix)

    config = {"CACHE_TYPE": OnItsOwnClock}

    @pytest.fixture
    def advance(self):
        from flask_caching_conformance.verdicts import Skip

        return lambda seconds: Skip.NOT_JUDGED("nobody can set this clock")
"""


@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["--conformance-strict"], 1)])
def test_what_is_not_judged_fails_where_it_is_asked_for(run, arguments, code):
    done = run(WITHOUT_HOOKS, "-n2", *arguments)

    assert done.returncode == code, done.stdout
    assert "not judged: nobody can set this clock: C-ADD-03, " in done.stdout


def test_reports_are_written_of_tests_in_several_processes(run, tmp_path):
    done = run('config = {"CACHE_TYPE": "simple"}', "-n2", "--conformance-reports=out")

    assert done.returncode == 0, done.stdout
    report = json.loads((tmp_path / "out" / "Foo.json").read_text())
    assert report["level_reached"] == "hardened"
    assert report["cases"][0]["reproduce"] == (
        "pytest 'test_foo.py::TestFoo' --conformance-case C-ADD-01 --conformance-seed 0"
    )
    assert (tmp_path / "out" / "Foo.html").exists()


def test_the_seed_decides_what_is_tried(run):
    noted = """
        config = {"CACHE_TYPE": "simple"}

        @pytest.fixture(autouse=True)
        def note(self, backend, monkeypatch):
            real = backend.set_many
            monkeypatch.setattr(backend, "set_many", lambda m, *a: print(ascii(m)) or real(m, *a))
    """
    arguments = ["--conformance-case=C-KEY-08", "-s"]

    one, again, other = (
        run(noted, *arguments, f"--conformance-seed={seed}").stdout for seed in (1, 1, 2)
    )

    assert "{" in one
    assert drawn(one) == drawn(again) != drawn(other)


def drawn(output):
    return [line for line in output.splitlines() if line.lstrip(".").startswith("{")]


def test_other_tests_import_nothing_of_the_kit(run, tmp_path):
    (tmp_path / "test_foo.py").write_text("")
    (tmp_path / "test_bar.py").write_text(
        "import sys\n\n\ndef test():\n    assert 'flask_caching_conformance' not in sys.modules\n"
        "    assert 'flask_caching' not in sys.modules\n"
    )

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "test_bar.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == 0, done.stdout
