"""Do the pages that are written from the catalogue and from runs say what is so?"""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "conformance"


def test_the_page_of_the_cases_is_that_of_the_catalogue():
    write = runpy.run_path(str(ROOT / ".ci" / "pages"))["cases_page"]

    assert (PAGES / "cases.md").read_text(encoding="utf-8") == write(), "run: make pages"
