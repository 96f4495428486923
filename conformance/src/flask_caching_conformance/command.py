"""``flask-caching-conformance``: judge a backend by its name, with no file at all."""

from __future__ import annotations

import json
import os
import shlex
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any
from unittest import mock

import click
import pytest
from flask import Flask

import flask_caching_conformance_plugin as plugin
from flask_caching import Cache
from flask_caching.display import displayed
from flask_caching.errors import CacheError

from .catalogue import REVISION
from .reporting.gathering import Judgement
from .reporting.levels import Level
from .reporting.page import write_report
from .reporting.records import Report
from .reporting.tables import catalogue_table, matrix
from .scaffold import ScaffoldError, write_package

COMMAND = "flask-caching-conformance"
#: Not imported before pytest runs, which then shows what a failed assertion compared.
SUITE = Path(__file__).with_name("judged.py")


class Exit(IntEnum):
    """What the command says with its exit code."""

    REACHED = 0
    FAILED = 1
    USAGE = 2
    NOT_SHOWN = 3
    BROKEN_KIT = 4
    NOTHING_RAN = 5


MEANINGS = {
    Exit.REACHED: "the claimed level is reached",
    Exit.FAILED: "a case failed",
    Exit.USAGE: "the command or the configuration is wrong",
    Exit.NOT_SHOWN: "nothing failed, but not every case of the level could be judged",
    Exit.BROKEN_KIT: "the kit itself failed",
    Exit.NOTHING_RAN: "nothing ran",
}


class AnyName(click.Group):
    """Takes a word that is no command for the name of a backend."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and self.get_command(ctx, args[0]) is None:
            args = ["judge", *args]
        return super().resolve_command(ctx, args)


@click.group(COMMAND, cls=AnyName, subcommand_metavar="NAME [OPTIONS]")
def main() -> None:
    """Judge a backend of flask-caching-core by the contract that all of them keep.

    NAME is any CACHE_TYPE: redis, my_package.MyCache. How: flask-caching-conformance judge --help
    """


class Setting(click.ParamType[tuple[str, Any]]):
    """``KEY=VALUE``, read as Flask reads its prefixed environment."""

    name = "KEY=VALUE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Any]:
        key, equals, text = str(value).partition("=")
        if not (key and equals):
            self.fail(f"{value!r} is not KEY=VALUE, such as CACHE_DIR=/tmp/cache", param, ctx)
        try:
            return key, json.loads(text)
        except ValueError:
            return key, text


@main.command(
    "judge",
    help="Judge the backend that CACHE_TYPE=NAME gives.\n\n\b\nExit codes:\n"
    + "\n".join(f"  {code.value}  {meaning}" for code, meaning in MEANINGS.items()),
)
@click.argument("name")
@click.option(
    "--config",
    "settings",
    type=Setting(),
    multiple=True,
    help="A setting of the application. The value is read as JSON where it is JSON, and as text "
    "otherwise; CACHE_OPTIONS__NAME=VALUE sets one entry of a dict.",
)
@click.option(
    "--report",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a JSON report there, and a page for people beside it, named .html.",
)
@click.option(
    "--level",
    type=click.Choice([level.value for level in Level]),
    default=Level.DECLARED.value,
    show_default=True,
    help="What the backend claims: every C case (core), and every O case of its capabilities "
    "(declared), and every H case (hardened).",
)
@click.option("--case", "cases", multiple=True, metavar="ID", help="Run only this case.")
@click.option(
    "--revision",
    type=click.IntRange(1, REVISION),
    default=REVISION,
    show_default=True,
    help="Of the catalogue: cases that came later are shown and not scored.",
)
@click.option("--seed", default=0, show_default=True, help="What examples are drawn with.")
@click.option(
    "--effort", type=click.IntRange(1), default=1, show_default=True, help="More examples."
)
def judge(
    name: str,
    settings: Sequence[tuple[str, Any]],
    path: Path | None,
    level: str,
    cases: Sequence[str],
    revision: int,
    seed: int,
    effort: int,
) -> None:
    """Judge one backend."""
    # As `flask` does: a module of the folder that one is in is found.
    sys.path.insert(0, str(Path.cwd()))
    config = {"CACHE_TYPE": name, **_nested(settings)}
    _refuse_what_cannot_be_made(config)
    judging = Judging(config, level, revision)
    arguments = [f"--conformance-case={case}" for case in cases]
    code = judging.run(*arguments, f"--conformance-seed={seed}", f"--conformance-effort={effort}")
    if path is not None and judging.judgement is not None:
        write_report(judging.judgement, path)
        click.echo(f"{path} and {path.with_suffix('.html')} are written.")
    raise SystemExit(judging.exit_for(code))


@main.command("new")
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=".",
    show_default=True,
    help="Where the package's folder is made.",
)
def new(name: str, into: Path) -> None:
    """Write a package for a backend of your own, which passes already."""
    try:
        package = write_package(name, into)
    except ScaffoldError as error:
        raise click.UsageError(str(error)) from error
    click.echo(f"{package} is written. Its README.md says how to go on.")


@main.command("cases")
@click.option("--markdown", is_flag=True, help="As tables.")
def list_cases(markdown: bool) -> None:
    """List the catalogue."""
    from .judge import CATALOGUE

    cases = CATALOGUE.values()
    for line in catalogue_table(cases) if markdown else map(str, cases):
        click.echo(line)


@main.command("matrix")
@click.argument(
    "reports", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def show_matrix(reports: Sequence[Path]) -> None:
    """Show backends by groups of cases, as a table in Markdown, from JSON reports."""
    read = {path.stem: Report.from_json(path.read_text(encoding="utf-8")) for path in reports}
    for line in matrix(read):
        click.echo(line)


@dataclass
class Judging:
    """A plugin of pytest that runs the suite on one configuration."""

    config: Mapping[str, Any]
    level: str
    revision: int
    judgement: Judgement | None = None

    def run(self, *arguments: str) -> int:
        """Run the cases; return pytest's exit code."""
        here = str(SUITE.parent)
        command = ["-q", "--tb=short", "-rN", f"-c{os.devnull}", f"--rootdir={here}"]
        with (
            tempfile.TemporaryDirectory() as folder,
            mock.patch.dict(
                os.environ,
                # What else is installed for pytest is for other tests.
                {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
                # What Hypothesis keeps is of no use to whoever looks at the reports.
                | {"HYPOTHESIS_STORAGE_DIRECTORY": folder},
            ),
        ):
            return pytest.main(
                [
                    *command,
                    f"--confcutdir={here}",
                    "-pno:cacheprovider",
                    *arguments,
                    str(SUITE),
                ],
                plugins=[plugin, self],
            )

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        pytest.register_assert_rewrite(f"{__package__}.cases")
        from . import judged
        from .judge import REPEAT

        config.stash[judged.JUDGED_CONFIG] = self.config
        config.stash[REPEAT] = self.repeat()
        judged.TestBackend.level = self.level
        judged.TestBackend.revision = self.revision

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        watching = session.config.pluginmanager.get_plugin(plugin.JUDGE)
        self.judgement = next(iter(watching.judgements()), None) if watching else None

    def exit_for(self, code: int) -> Exit:
        """Return what the command exits with, where pytest exited with a code."""
        if code == pytest.ExitCode.USAGE_ERROR:
            return Exit.USAGE
        if code not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
            nothing = code == pytest.ExitCode.NO_TESTS_COLLECTED
            return Exit.NOTHING_RAN if nothing else Exit.BROKEN_KIT
        if self.judgement is None:
            return Exit.NOTHING_RAN
        if self.judgement.broken:
            return Exit.FAILED
        return Exit.REACHED if self.judgement.is_shown else Exit.NOT_SHOWN

    def repeat(self) -> str:
        """Return the command that repeats a case; secrets are hidden in it."""
        settings = [
            f"--config {shlex.quote(f'{key}={_shown(key, value)}')}"
            for key, value in self.config.items()
            if key != "CACHE_TYPE"
        ]
        words = [COMMAND, shlex.quote(str(self.config["CACHE_TYPE"])), *settings]
        text = " ".join(words).replace("{", "{{").replace("}", "}}")
        return f"{text} --case {{case}} --seed {{seed}}"


def _nested(settings: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    config: dict[str, Any] = {}
    for key, value in settings:
        *outer, last = key.split("__")
        inner = config
        for each in outer:
            inner = inner.setdefault(each, {})
            if not isinstance(inner, dict):
                raise click.BadParameter(
                    f"{each} is given as a value and as a dict", param_hint="--config"
                )
        inner[last] = value
    return config


def _shown(key: str, value: Any) -> str:
    plain = displayed(key, value)
    return value if isinstance(value, str) and repr(value) == plain else plain


def _refuse_what_cannot_be_made(config: Mapping[str, Any]) -> None:
    try:
        backend = Cache(Flask(__name__), config=dict(config)).cache
    except (CacheError, ImportError, TypeError, ValueError) as error:
        raise click.UsageError(f"{type(error).__name__}: {error}") from error
    with ExitStack() as closing:
        closing.callback(getattr(backend, "close", bool))
        if not backend.remembers:
            raise click.UsageError(
                f"{type(backend).__name__} remembers nothing, so there is nothing to judge."
            )
