"""The table of what each backend can do says what the backends say."""

from __future__ import annotations

from pathlib import Path

from flask_caching.backends.base import Capability
from flask_caching.registry import installed_registry

PAGE = Path(__file__).parents[2] / "docs" / "backends.md"


def test_the_table_of_capabilities_is_that_of_the_classes():
    page = PAGE.read_text(encoding="utf-8")
    table = page.partition("<!-- capabilities: begin -->\n")[2].partition("<!--")[0]
    (_, *backends), _, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()
    ]

    assert [label for label, *_ in rows] == [capability.value for capability in Capability]
    for index, name in enumerate(backends):
        shown = {label for label, *cells in rows if cells[index] == "yes"}
        declared = installed_registry().load(name).capabilities
        assert shown == {capability.value for capability in declared}, name
