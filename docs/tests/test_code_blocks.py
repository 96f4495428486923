"""Does every block of code in the README, the docs and the READMEs of the packages run?

The Python blocks of a page are run in their order, in one namespace. `given.py` has what they take
for given. A block that can't be run has a comment before it that says why, and stands in `NOT_RUN`.
"""

from __future__ import annotations

import configparser
import doctest
import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from flask import render_template_string

from .given import Given
from .markdown import PAGES, ROOT, blocks, text_of

BLOCKS = [block for page in PAGES for block in blocks(page)]
#: Pages whose blocks other tests run, with more around them.
ELSEWHERE = {
    "docs/writing-a-backend.md": "conformance/tests/test_writing_a_backend.py",
    "plugins/uwsgi/README.md": "plugins/uwsgi/tests/test_readme.py",
    "docs/testing.md": "core/tests/test_testing.py",
    "docs/deployment.md": "docs/tests/test_deployment_page.py",
    "examples/prometheus/README.md": "examples/prometheus/tests/test_metrics.py",
    "examples/third_party/README.md": "examples/third_party/tests/test_sqlite.py",
}
#: The blocks that can't be run, by the reason that their pages give.
NOT_RUN = {
    ("plugins/gcs/README.md", "it makes a bucket that is billed"),
    ("plugins/memcached/README.md", "it installs packages of the system"),
    ("docs/releasing.md", "it is a step of a release"),
}
#: Pages whose views are whole: each is visited.
VISITED = {
    "README.md": {"/articles"},
    "core/README.md": {"/"},
    "docs/quickstart.md": {"/articles", "/articles/1"},
    "docs/views.md": {"/news/1", "/search", "/hello", "/basket", "/weather", "/stock"},
    "docs/async-and-gevent.md": {"/quote", "/rate/1"},
}
CODE = ("python", "pycon", "jinja")
CHECKER = doctest.OutputChecker()


@pytest.fixture
def given(tmp_path, monkeypatch):
    return Given(tmp_path, monkeypatch.setenv)


def pages_with(*languages):
    return sorted(
        {
            block.page
            for block in BLOCKS
            if block.language in languages and block.page not in ELSEWHERE and not block.not_run
        }
    )


def blocks_of(page, *languages):
    return [each for each in blocks(page) if each.language in languages and not each.not_run]


def test_every_block_is_of_a_language_that_is_run_or_read():
    unknown = [str(block) for block in BLOCKS if block.language not in {*CODE, *READERS, *RUNNERS}]

    assert unknown == []


def test_the_blocks_that_are_not_run_are_few_and_known():
    found = {(block.page, block.not_run) for block in BLOCKS if block.not_run}

    assert found == NOT_RUN


@pytest.mark.parametrize("page", ELSEWHERE)
def test_what_runs_elsewhere_is_run_there(page):
    source = (ROOT / ELSEWHERE[page]).read_text(encoding="utf-8")

    assert Path(page).name in source
    assert "re.findall" in source or "blocks(" in source


@pytest.mark.parametrize("page", pages_with(*CODE))
def test_code(page, given):
    with given.names(page) as (names, exchanged):
        for block in blocks_of(page, *CODE):
            {"python": run, "pycon": converse, "jinja": render}[block.language](
                block, names, exchanged
            )
        if page in VISITED:
            assert visit(names["app"]) == VISITED[page]


def visit(app):
    """Visit each page of an application twice, and return their paths."""
    client = app.test_client()
    if app.secret_key:
        with client.session_transaction() as session:
            session["user"] = "visitor"
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in rule.methods]
    paths = {re.sub("<.*?>", "1", rule.rule) for rule in rules if rule.endpoint != "static"}
    for path in paths:
        first, second = (client.get(path, query_string={"q": "tea"}) for _ in range(2))
        assert first.status_code == 200, f"{path} {first.text}"
        assert first.text == second.text
    return paths


def run(block, names, exchanged):
    """Execute a block, with other addresses where the page's are made up."""
    for shown, real in exchanged.items():
        block = block.with_text(block.text.replace(shown, real))
    exec(block.compiled(), names)


def converse(block, names, exchanged):
    """Compare what is answered with what the page shows."""
    test = doctest.DocTestParser().get_doctest(block.text, names, str(block), block.page, 0)
    heard = []
    runner = doctest.DocTestRunner(CHECKER, optionflags=doctest.ELLIPSIS)
    runner.run(test, out=heard.append, clear_globs=False)
    names.update(test.globs)

    assert not runner.summarize(verbose=False).failed, "".join(heard)


def render(block, names, exchanged):
    """Render a template twice: the second time it is cached."""
    with names["app"].test_request_context():
        first, second = (render_template_string(block.text, **names) for _ in range(2))
    assert first.strip()
    assert first == second


# -- what is read -------------------------------------------------------------------------


def read_ini(text):
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read_string(text)
    assert parser.sections()


READERS = {"toml": tomllib.loads, "json": json.loads, "yaml": yaml.safe_load, "ini": read_ini}


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language in READERS], ids=str)
def test_data_can_be_read(block):
    READERS[block.language](block.text)


# -- what is typed ------------------------------------------------------------------------


def commands(block):
    """Return the commands of a block, each with what it is shown to say."""
    if not block.text.startswith("$ "):
        return [(line, None) for line in block.text.splitlines() if line.strip()]
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]
    return [tuple(part.split("\n", 1)) for part in parts]


def check_make(words, folder):
    made = set(re.findall(r"^([a-z-]+):.*##", text_of("Makefile"), re.MULTILINE))
    made |= {f"test-{folder.name}" for folder in (ROOT / "plugins").iterdir()}
    assert {word for word in words if "=" not in word} <= made


def check_pip(words, folder):
    assert words[0] in {"install", "uninstall"}
    for word in words[1:]:
        if word.startswith("."):
            assert (ROOT / word / "pyproject.toml").is_file(), word


def check_pytest(words, folder):
    for word in words:
        assert "/" not in word or (ROOT / word).exists(), word


def check_kit(words, folder):
    from flask_caching_conformance.command import main

    with main.make_context("flask-caching-conformance", list(words)) as context:
        name, command, rest = main.resolve_command(context, list(words))
        command.make_context(name, rest, parent=context)


def run_flask(words, folder):
    done = subprocess.run(
        [sys.executable, "-m", "flask", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


COMMANDS = {
    "make": check_make,
    "pip": check_pip,
    ".venv/bin/pytest": check_pytest,
    "pytest": check_pytest,
    "flask-caching-conformance": check_kit,
    "flask": run_flask,
}
RUNNERS = ("console", "sh")


@pytest.mark.parametrize(
    "block",
    [each for each in BLOCKS if each.language == "console" and each.page in pages_with("console")],
    ids=str,
)
def test_commands(block, shop):
    if block.not_run:
        return
    for line, said in commands(block):
        program, *words = shlex.split(line, comments=True)
        heard = COMMANDS[program](words, shop)
        if said is not None and heard is not None:
            assert CHECKER.check_output(said, heard, doctest.ELLIPSIS), f"{line}\n{heard}"
