"""Does the page of the architecture name modules that there are?"""

from __future__ import annotations

import re
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
