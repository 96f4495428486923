"""Is what a stranger begins with a package that installs, is found by its name, and passes?"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from flask_caching.registry import installed_registry
from flask_caching_conformance.catalogue import REVISION
from flask_caching_conformance.command import Exit, main
from flask_caching_conformance.scaffold import LONGEST, ScaffoldError, write_package

from .environments import ROOT, Environment, build, level_told, run

WRITTEN = [
    ".github/workflows/test.yml",
    "LICENSE",
    "README.md",
    "pyproject.toml",
    "src/flask_caching_my_store/__init__.py",
    "src/flask_caching_my_store/backend.py",
    "src/flask_caching_my_store/py.typed",
    "tests/test_conformance.py",
]

FOUND = """
from flask import Flask
from flask_caching import Cache
from flask_caching.errors import ConfigError

for name in ("my-store", "MyStoreCache"):
    settings = {"CACHE_TYPE": name, "CACHE_MY_STORE_MAX_BYTES": "1000"}
    cache = Cache(Flask("application"), config=settings)
    print(type(cache.cache).__module__, cache.set("large", b"0" * 1000), cache.set("small", 1))
    assert cache.get("large") is None
    assert cache.cache.add("large", b"0" * 1000) is False
try:
    Cache(Flask("application"), config={**settings, "CACHE_MY_STORE_MAX_BYTES": "many"})
except ConfigError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def mypy_cache(tmp_path_factory):
    """What mypy remembers of our packages, from one name to the next."""
    return tmp_path_factory.mktemp("mypy")


def files_in(folder):
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())


def test_a_package_is_written_into_a_folder_of_its_own(tmp_path):
    package = write_package("my-store", tmp_path / "anywhere")

    assert package == tmp_path / "anywhere" / "flask-caching-my-store"
    assert files_in(package) == WRITTEN


@pytest.mark.parametrize(
    "name", ["foo-2-bar", "Foo_2.Bar", "foo__2--bar", "flask-caching-foo-2-bar"]
)
def test_a_name_is_spelled_as_each_place_asks(tmp_path, name):
    package = write_package(name, tmp_path)

    text = "".join(path.read_text() for path in package.rglob("*") if path.is_file())
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    assert package.name == project["name"] == "flask-caching-foo-2-bar"
    assert project["entry-points"]["flask_caching.backends"] == dict.fromkeys(
        ["foo-2-bar", "Foo2BarCache"], "flask_caching_foo_2_bar:Foo2BarCache"
    )
    assert (package / "src" / "flask_caching_foo_2_bar" / "backend.py").exists()
    assert 'settings = {"CACHE_FOO_2_BAR_MAX_BYTES": "max_bytes"}' in text
    assert not re.search("my.?store", text, re.IGNORECASE)


@pytest.mark.parametrize(
    "name",
    ["", "-", "2foo", "foo bar", "../foo", "foo/bar", "fóo", "foo-", "f" * (LONGEST + 1), "foo\n"],
)
def test_what_can_be_no_name_is_refused(tmp_path, name):
    with pytest.raises(ScaffoldError, match="can't be the name of a backend"):
        write_package(name, tmp_path)

    assert files_in(tmp_path) == []


@pytest.mark.parametrize(
    "name", [*installed_registry().installed(), "core", "conformance", "file-system", "Redis_Cache"]
)
def test_a_name_of_ours_is_refused(tmp_path, name):
    with pytest.raises(ScaffoldError, match=f"'{name}' is taken"):
        write_package(name, tmp_path)

    assert files_in(tmp_path) == []


def test_nothing_is_written_over(tmp_path):
    package = write_package("foo", tmp_path)
    (package / "README.md").write_text("mine")

    with pytest.raises(ScaffoldError, match="flask-caching-foo is there already"):
        write_package("foo", tmp_path)

    assert (package / "README.md").read_text() == "mine"
    (tmp_path / "flask-caching-file").write_text("mine")
    with pytest.raises(ScaffoldError, match="flask-caching-file is there already"):
        write_package("file", tmp_path)


def test_an_empty_folder_is_written_into(tmp_path):
    (tmp_path / "flask-caching-my-store").mkdir()

    assert files_in(write_package("my-store", tmp_path)) == WRITTEN


def test_the_command_writes_it_and_says_where(tmp_path):
    done = CliRunner().invoke(main, ["new", "my-store", "--into", str(tmp_path)])

    assert done.exit_code == 0
    assert done.output.startswith(f"{tmp_path / 'flask-caching-my-store'} is written.")
    assert files_in(tmp_path / "flask-caching-my-store") == WRITTEN


def test_the_command_writes_where_one_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert CliRunner().invoke(main, ["new", "my-store"]).exit_code == 0
    assert files_in(tmp_path / "flask-caching-my-store") == WRITTEN


def test_the_command_refuses_as_it_refuses_what_is_mistyped(tmp_path):
    done = CliRunner().invoke(main, ["new", "redis", "--into", str(tmp_path)])

    assert done.exit_code == Exit.USAGE
    assert "'redis' is taken" in " ".join(done.output.split())


@pytest.mark.parametrize("name", ["z", "my-store", "x" * LONGEST, "-".join("abcdefgh")])
def test_what_is_written_is_formatted_and_typed(tmp_path, name, mypy_cache):
    package = write_package(name, tmp_path)
    here = Path(sys.executable).parent

    run([here / "ruff", "check", "--isolated", "--select=E4,E7,E9,F,I", package])
    run([here / "ruff", "format", "--isolated", "--check", package])
    checking = ["--strict", "--cache-dir", mypy_cache, "--python-executable", sys.executable]
    run([here / "mypy", *checking, "src"], cwd=package)


@pytest.mark.timeout(300)
def test_it_installs_is_found_by_its_name_and_passes(tmp_path):
    package = write_package("my-store", tmp_path)
    wheels = tmp_path / "wheels"
    for project in (ROOT / "core", ROOT / "conformance", package):
        build(project, wheels, "--wheel")
    environment = Environment(tmp_path / "environment", wheels)
    environment.install("flask-caching-my-store[test]")

    found = environment.run("python", "-I", "-c", FOUND)
    told = environment.run("pytest", "-q", "--conformance-strict", cwd=package)

    assert found.splitlines() == [
        *["flask_caching_my_store.backend False True"] * 2,
        "CACHE_MY_STORE_MAX_BYTES: must be a number of bytes, 0 for any, not 'many'",
    ]
    assert "MyStoreCache (flask-caching-my-store 0.1.0)" in told
    assert level_told(told) in ["core + declared", "hardened"]
    # By the newest revision: nothing is left over that is shown only.
    assert f"revision {REVISION}, " in told
    assert "xfailed" not in told
