"""Do the page of the architecture and the table of layers name the modules that there are?"""

from __future__ import annotations

import re
import tomllib
from importlib.util import find_spec

import pytest

from .markdown import DOCS, text_of

PAGE = text_of("docs/architecture.md")
PICTURE = (DOCS / "architecture.svg").read_text(encoding="utf-8")
#: In the page's parentheses, and in the boxes of the picture.
NAMED = {
    *re.findall(r"\(`(\w+)`\)", PAGE),
    *("views", "view_policy", "functions", "jinja2ext", "decorators", "extension"),
    *("lookup", "reading", "versions", "outages", "breaker", "keys", "flights", "locks"),
    *("settings", "registry", "payload", "seals"),
}


@pytest.mark.parametrize("name", sorted(NAMED))
def test_each_module_is_there(name):
    assert find_spec(f"flask_caching.{name}"), name
    assert name in PAGE + PICTURE


def test_the_table_of_layers_has_each_module_of_the_core_above_those_that_import_it():
    contracts = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (layers,) = (
        each["layers"] for each in contracts if each.get("containers") == ["flask_caching"]
    )
    height = {
        module: place
        for place, layer in enumerate(reversed(layers))
        for module in layer.split(" : ")
    }
    rows = re.findall(r"^\| \d \| (.+?) \|", text_of("CONTRIBUTING.md"), re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([\w.]+)`", row) if name in height]

    old_names = {
        module
        for module in height
        if re.fullmatch(r"backends\.\w+cache|backends\.memcache", module)
    }
    assert sorted(named) == sorted(height.keys() - old_names)
    assert [height[name] for name in named] == sorted(height[name] for name in named)
