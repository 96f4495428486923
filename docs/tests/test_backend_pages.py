"""Does the page of each backend say what the kit has shown of it?"""

from __future__ import annotations

import runpy

import pytest

from .markdown import DOCS, ROOT

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
