"""What can be asked of an application's cache on the command line?"""

from __future__ import annotations

import importlib.metadata
import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from .backends.null import NullCache
from .display import displayed, shown_error
from .explained import explained
from .extension import Cache, caches_of, no_cache
from .lookup import Lookup
from .registry import DISTRIBUTIONS, installed_registry
from .settings import DEFAULTS
from .trust import described, watch_of
from .typing import MISSING

commands = AppGroup()

_number = click.option(
    "--number", type=int, help="Which cache, from 1 on, where the application has several."
)


@commands.command("info")
def show_info() -> None:
    """Show the backend, its settings, and whether it can be reached."""
    caches = _caches(current_app)
    for place, each in enumerate(caches, 1):
        facts = _facts(each)
        if len(caches) > 1:
            facts.insert(0, ("number", f"{place} of {len(caches)}"))
        _echo_facts(facts)


@commands.command("backends", with_appcontext=False)
def list_backends() -> None:
    """List the backends that are installed, and those that can be."""
    installed = installed_registry().installed()
    for name, points in installed.items():
        for point in points:
            click.echo(f"{name:<28}{_distribution(point):<36}{point.value}")
    found = {name.lower().removesuffix("cache") for name in installed}
    missing = sorted({plugin for name, plugin in DISTRIBUTIONS.items() if name not in found})
    if missing:
        click.echo("\nNot installed:")
    for plugin in missing:
        click.echo(
            f"{plugin:<28}pip install flask-caching-{plugin} "
            f"(from a checkout: pip install ./core ./plugins/{plugin})"
        )


@commands.command("get")
@click.argument("key")
@_number
def show_value(key: str, number: int | None) -> None:
    """Show the value under KEY; exit with 1 where there is none."""
    lookup = _chosen(number).lookup
    with _store_errors():
        value = lookup.unwrapped(lookup.store.get_value(key, MISSING))
    if value is MISSING:
        raise click.ClickException(f"Nothing is stored under {key!r}.")
    click.echo(f"{type(value).__name__}: {value!r}")


@commands.command("explain")
@click.argument("path")
@click.option("--method", default="GET", show_default=True, help="The request's method.")
@click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header.")
@click.option("--query", multiple=True, metavar="NAME=VALUE", help="Add to the query string.")
@click.option("--run", is_flag=True, help="Call the view too, to tell whether it would be stored.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def explain(
    path: str,
    method: str,
    headers: tuple[str, ...],
    query: tuple[str, ...],
    run: bool,
    as_json: bool,
) -> None:
    """Tell what would become of a request to PATH: its key, what is stored, and why not.

    The view is not called, and no function before the request, unless --run says so; what makes
    the key is: make_cache_key, key_prefix, unless, forced_update, callable tags. Nothing is
    stored, and no value shown.
    """
    told = explained(
        current_app,
        path if path.startswith("/") else f"/{path}",
        method.upper(),
        [_pair(header, ":", "--header 'NAME: VALUE'") for header in headers],
        [_pair(each, "=", "--query NAME=VALUE") for each in query],
        run,
    )
    if as_json:
        click.echo(json.dumps(told.as_dict(), indent=2, ensure_ascii=False))
        return
    _echo_facts([*told.lines()])


def _pair(text: str, separator: str, wanted: str) -> tuple[str, str]:
    name, found, value = text.partition(separator)
    if not found or not name.strip():
        raise click.UsageError(f"{text!r} is not what {wanted} takes.")
    return name.strip(), value.strip()


@commands.command("delete")
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@_number
def delete_keys(keys: tuple[str, ...], number: int | None) -> None:
    """Delete the entries under KEY..."""
    chosen = _chosen(number)
    for key in keys:
        with _store_errors():
            deleted = chosen.delete(key)
        click.echo(f"{key}: {'deleted' if deleted else 'was not there'}")


@commands.command("clear")
@click.option("--yes", is_flag=True, help="Don't ask.")
@_number
def clear(yes: bool, number: int | None) -> None:
    """Delete every entry of this cache's prefix."""
    chosen = _chosen(number)
    backend = type(chosen.cache).__name__
    if not yes:
        click.confirm(f"Delete every entry of this application in {backend}?", abort=True)
    with _store_errors():
        cleared = chosen.clear()
    if not cleared:
        raise click.ClickException(f"{backend} could not be cleared.")
    click.echo(f"{backend} is cleared.")


def _echo_facts(facts: list[tuple[str, str]]) -> None:
    """Print titles and texts in two columns."""
    width = max(len(title) for title, _ in facts) + 2
    for title, text in facts:
        click.echo(f"{title:<{width}}{text}")


def _caches(app: Flask) -> list[Cache]:
    caches = caches_of(app)
    if not caches:
        raise click.ClickException(str(no_cache(app)))
    return caches


def _chosen(number: int | None) -> Cache:
    caches = _caches(current_app)
    if number is None and len(caches) == 1:
        return caches[0]
    if number is None or not 1 <= number <= len(caches):
        kinds = ", ".join(
            f"{place} ({type(each.cache).__name__})" for place, each in enumerate(caches, 1)
        )
        raise click.ClickException(f"Choose one of the application's caches with --number: {kinds}")
    return caches[number - 1]


@contextmanager
def _store_errors() -> Generator[None]:
    """Say what the store's driver raises in one line."""
    try:
        yield
    except Exception as error:
        raise click.ClickException(shown_error(error)) from error


def _facts(each: Cache) -> list[tuple[str, str]]:
    settings = each.lookup.settings
    backend = each.cache
    kind = type(backend)
    names = sorted(capability.name for capability in getattr(backend, "capabilities", ()))
    facts = [
        ("backend", f"{kind.__module__}.{kind.__qualname__}"),
        ("distribution", _distribution_of(kind)),
        ("capabilities", ", ".join(names) or "none declared"),
        ("reachable", _reachable(each)),
        ("fail-open", _fails_open(each.lookup)),
        ("breaker", _breaker(each.lookup)),
    ]
    watch = watch_of(backend)
    if watch is not None:
        facts.append(("entries", described(watch)))
    for key, value in sorted(settings.config.items()):
        if key.startswith("CACHE_") and (key not in DEFAULTS or value != DEFAULTS[key]):
            facts.append((key, displayed(key, value)))
    return facts


def _reachable(each: Cache) -> str:
    if isinstance(each.cache, NullCache):
        return "yes, and stores nothing"
    try:
        each.cache.get("flask-caching:probe")
    except Exception as error:  # noqa: BLE001 (whatever the driver raises is the answer)
        return f"no: {shown_error(error)}"
    return "yes"


def _fails_open(lookup: Lookup) -> str:
    if not lookup.fails_open:
        return "no: where the store fails, its error is raised"
    direct = ", direct calls raise" if lookup.settings.fail_open == "legacy" else ""
    return f"yes: where the store fails, calls are answered without it{direct}"


def _breaker(lookup: Lookup) -> str:
    settings, breaker = lookup.settings, lookup.outages.breaker
    if not settings.breaker_failures:
        return "off"
    if breaker is None:
        return "none, since the store has no network"
    return (
        f"{breaker.state.value}; opens for {breaker.pause:g} s after {breaker.failures} failures "
        "in a row"
    )


def _distribution_of(kind: type) -> str:
    for points in installed_registry().installed().values():
        for point in points:
            # What makes the backend is imported by now; the name may be another module's.
            module, _, name = point.value.partition(":")
            if getattr(sys.modules.get(module), name, None) is kind:
                return _distribution(point)
    package = kind.__module__.partition(".")[0]
    names = importlib.metadata.packages_distributions().get(package, [])
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names) or "none"


def _distribution(point: Any) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else "?"
