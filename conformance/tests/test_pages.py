"""Do the pages that are written from the catalogue and from runs say what is so?"""

from __future__ import annotations

import runpy
from pathlib import Path

from .mutants import MUTANTS

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "conformance"


def test_the_page_of_the_cases_is_that_of_the_catalogue():
    write = runpy.run_path(str(ROOT / ".ci" / "pages"))["cases_page"]

    assert (PAGES / "cases.md").read_text(encoding="utf-8") == write(), "run: make pages"


def test_the_page_of_the_mutants_has_each_of_them_and_its_case():
    page = (PAGES / "mutants.md").read_text(encoding="utf-8")

    missing = [str(each) for each in MUTANTS if f"| {each} | {each.case} |" not in page]
    assert not missing, "run: make mutants pages"
