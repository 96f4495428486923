"""Does the kit find out where a backend comes from, however it is given?"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from flask_caching_conformance.cases.packaging import (
    Origin,
    normalized,
    origin_of,
    root_of,
    seen_by_importing,
)

from .folder import FolderCache

ROOT = str(Path(__file__).parents[2])
SIMPLE = "flask_caching.backends.simple"


def made(app, config, args, kwargs):
    return FolderCache(*args, **kwargs)


@pytest.mark.parametrize(
    ("kind", "origin"),
    [
        ("simple", Origin("simple", SIMPLE, "SimpleCache")),
        ("SIMPLE", Origin("simple", SIMPLE, "SimpleCache")),
        ("flask_caching.backends.SimpleCache", Origin("SimpleCache", SIMPLE, "SimpleCache")),
        ("my.package:Cache", Origin(None, "my.package", "Cache")),
        ("my.package.Cache", Origin(None, "my.package", "Cache")),
        (FolderCache, Origin(None, FolderCache.__module__, "FolderCache", ROOT)),
        (made, Origin(None, made.__module__, "made", ROOT)),
        (FolderCache("folder"), Origin(None, FolderCache.__module__, "FolderCache", ROOT)),
    ],
    ids=["name", "capitals", "old path", "colon", "dots", "class", "factory", "instance"],
)
def test_where_a_backend_comes_from(kind, origin):
    assert origin_of(kind) == origin


def test_a_module_without_a_file_begins_nowhere():
    assert root_of("sys") is None
    assert root_of("there.is.none") is None


def test_a_class_of_a_module_that_nobody_else_finds_is_not_judged(monkeypatch):
    monkeypatch.setitem(sys.modules, "made_up", type(sys)("made_up"))

    with pytest.raises(pytest.skip.Exception, match="in these tests only"):
        seen_by_importing(Origin(None, "made_up", "Cache", "/nowhere"))


def test_a_path_that_leads_nowhere_is_an_error():
    seen = seen_by_importing(Origin(None, "made_up", "Cache"))

    assert "No module named 'made_up'" in seen["error"]


@pytest.mark.parametrize(
    "requirement", ["Google_Cloud.storage", "google-cloud-storage>=2; extra == 'x'"]
)
def test_names_of_distributions_are_compared_as_packaging_does(requirement):
    assert normalized(requirement) == "google-cloud-storage"
