"""Does somebody else's distribution pass, judged from where it is installed by its own tests?"""

from __future__ import annotations

import ast
import io
import json
import shutil
import tokenize

import pytest

from flask_caching_conformance.reporting.levels import Level

from .environments import ROOT, Environment, build, level_told

SQLITE = ROOT / "examples" / "third_party"
WANTED = [level.in_words for level in (Level.DECLARED, Level.HARDENED)]
#: What is on a line where no code is.
LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}

USED = """
from flask import Flask
from flask_caching import Cache

cache = Cache(Flask("application"), config={"CACHE_TYPE": "sqlite", "CACHE_SQLITE_PATH": "found"})
cache.set("key", [1])
print(type(cache.cache).__module__, cache.get("key"))
cache.cache.close()
"""


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory):
    """An environment with the core, the kit and the backend, all of them from wheels."""
    wheels = tmp_path_factory.mktemp("wheels")
    for project in (ROOT / "core", ROOT / "conformance"):
        build(project, wheels)
    # A copy, as a stranger has it: within the workspace uv would take it for a part of that.
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "flask-caching-sqlite"
    shutil.copytree(SQLITE, elsewhere)
    build(elsewhere, wheels)
    environment = Environment(tmp_path_factory.mktemp("environment"), wheels)
    environment.install("flask-caching-sqlite[test]")
    return environment


def test_it_is_found_by_its_name(sqlite, tmp_path):
    assert sqlite.run("python", "-c", USED, cwd=tmp_path) == "flask_caching_sqlite.backend [1]\n"


@pytest.mark.timeout(600)  # it is the whole kit, on a disk
def test_it_passes_its_own_tests(sqlite, tmp_path):
    shutil.copytree(SQLITE / "tests", tmp_path / "tests")
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(SQLITE / name, tmp_path)

    told = sqlite.run("pytest", "-q", "--conformance-strict", cwd=tmp_path)

    assert "SQLiteCache (flask-caching-sqlite 1.0.0)" in told
    assert level_told(told) in WANTED


@pytest.mark.timeout(600)
def test_the_command_judges_it_by_its_name(sqlite, tmp_path):
    told = sqlite.run(
        *("flask-caching-conformance", "sqlite", "--config", f"CACHE_SQLITE_PATH={tmp_path}/cache"),
        *("--report", tmp_path / "report.json"),
        cwd=tmp_path,
    )

    report = json.loads((tmp_path / "report.json").read_text())
    assert report["distribution"] == "flask-caching-sqlite"
    assert Level(report["level_reached"]).in_words == level_told(told)
    assert level_told(told) in WANTED


def test_it_has_no_more_than_60_lines_of_code():
    sources = [path.read_text() for path in (SQLITE / "src").rglob("*.py")]

    assert sum(len(code_lines(source)) for source in sources) <= 60


def test_docstrings_comments_and_layout_are_no_code():
    source = '''"""A docstring
in two lines."""

# A comment.
def one(
    a,
):
    "Another docstring."
    return """a text
    in two lines"""
'''

    assert code_lines(source) == {5, 6, 7, 9, 10}


def code_lines(source):
    """Return the numbers of the lines that hold code."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    lines = {
        number
        for token in tokens
        if token.type not in LAYOUT | {tokenize.ENDMARKER}
        for number in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(source)):
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        if documented and ast.get_docstring(node) is not None:
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return lines
