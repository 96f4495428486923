"""Do the pages of the backends say what the classes declare, and what the kit has shown?"""

from __future__ import annotations

import runpy

import pytest

from flask_caching.backends.base import Capability
from flask_caching.registry import installed_registry

from .markdown import DOCS, ROOT, text_of

PAGES = sorted((DOCS / "backends").glob("*.md"))


def test_each_plugin_has_a_page():
    plugins = {folder.name for folder in (ROOT / "plugins").iterdir() if folder.is_dir()}

    assert {page.stem for page in PAGES} == {*plugins, "memory"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_guarantees_are_those_of_the_matrix_and_the_class(page):
    with_guarantees = runpy.run_path(str(ROOT / ".ci" / "pages"))["with_guarantees"]
    text = page.read_text(encoding="utf-8")

    assert "shows the level **" in text
    assert text == with_guarantees(text), "run: make pages"


def test_the_table_of_capabilities_is_that_of_the_classes():
    page = text_of("docs/backends.md")
    table = page.partition("<!-- capabilities: begin -->\n")[2].partition("<!--")[0]
    (_, *backends), _, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()
    ]

    assert [label for label, *_ in rows] == [capability.value for capability in Capability]
    for index, name in enumerate(backends):
        shown = {label for label, *cells in rows if cells[index] == "yes"}
        declared = installed_registry().load(name).capabilities
        assert shown == {capability.value for capability in declared}, name
