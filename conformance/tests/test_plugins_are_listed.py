"""Does everything that lists the plugins list all of them? A new one is easily left out of one."""

from __future__ import annotations

import re
import tomllib

import pytest

from .environments import ROOT
from .test_distributions import PLUGINS

FOLDERS = {folder.parent.name for folder in ROOT.glob("plugins/*/pyproject.toml")}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
#: How a list names a plugin: by its folder, its package or its distribution.
NAMED = re.compile(r"\bplugins/(\w+)|\bflask[_-]caching[_-](\w+)")
#: What is named in the same way, and is no plugin.
OTHERS = {"core", "conformance", "conformance_plugin"}
#: Who may import a client, and nobody else.
OWNERS = {"redis": "redis", "pylibmc": "memcached", "google": "gcs", "uwsgi": "uwsgi"}


def plugins_in(text):
    return {folder or package for folder, package in NAMED.findall(text)} - OTHERS


def lists(value, place=""):
    """Give each text, and each list of texts as one, by where it stands."""
    if isinstance(value, dict):
        named = value.get("name", "")
        for key, each in value.items():
            yield from lists(each, f"{place} {named or key}".strip())
    elif isinstance(value, list) and not all(isinstance(each, str) for each in value):
        for each in value:
            yield from lists(each, place)
    else:
        yield place, str(value)


LISTS = {place: text for place, text in lists(PROJECT) if len(plugins_in(text)) > 1}


def test_there_are_such_lists():
    assert {"tool mypy files", "tool pyright include"} <= set(LISTS)


@pytest.mark.parametrize("place", LISTS)
def test_a_list_names_all(place):
    *_, client = place.split()
    owner = OWNERS.get(client) if "Only its own plugin imports" in place else None

    assert plugins_in(LISTS[place]) == FOLDERS - {owner}


@pytest.mark.parametrize("name", sorted(FOLDERS))
def test_a_plugin_is_there_by_its_name(name):
    tool = PROJECT["tool"]

    assert tool["uv"]["sources"][f"flask-caching-{name}"] == {"workspace": True}
    assert f"plugins/{name}/src/flask_caching_{name}" in tool["coverage"]["paths"][name]
    assert name in makefile_plugins()


def makefile_plugins():
    (listed,) = re.findall(
        r"^PLUGINS := (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE
    )
    return listed.split()


def test_the_tests_of_the_distributions_know_them():
    assert set(PLUGINS) == FOLDERS
