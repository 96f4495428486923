"""``flask cache``: found by Flask in every application, so importing this must never fail.

The commands are imported when one is asked for, since the package may be damaged: what tells
so is ``flask cache doctor``.
"""

from __future__ import annotations

import click
from flask.cli import AppGroup, ScriptInfo

from .installation import Finding, installation_findings


class CacheGroup(AppGroup):
    """The group of commands, most of which are imported late."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, cmd_name) or _late_commands().get_command(ctx, cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_late_commands().list_commands(ctx)])


cache = CacheGroup("cache", help="Look into the application's cache, and change it.")


@cache.command("doctor", with_appcontext=False)
@click.pass_context
def doctor(context: click.Context) -> None:
    """Look for what commonly goes wrong; exit with 1 where something does."""
    findings = installation_findings()
    try:
        from .doctor import examined
    except ImportError as error:
        findings.append(Finding(False, f"The package flask_caching can't be imported: {error}"))
    else:
        findings += examined(context.ensure_object(ScriptInfo).load_app)
    for finding in findings:
        click.echo(f"{'ok' if finding.is_well else 'WRONG':<7}{finding.text}")
    if not all(finding.is_well for finding in findings):
        raise SystemExit(1)


def _late_commands() -> AppGroup:
    try:
        from .commands import commands
    except ImportError as error:
        raise click.ClickException(
            f"The package flask_caching can't be imported: {error}. Ask: flask cache doctor"
        ) from error
    return commands
