"""The key of a template fragment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

PREFIX = "_template_fragment_cache_"


def make_template_fragment_key(fragment_name: str, vary_on: Iterable[Any] | None = None) -> str:
    """Return the key of ``{% cache timeout, fragment_name, *vary_on %}``.

    The parts are joined by underscores, as in 2.x. Underscores within a part are escaped, so
    that ``["b_c"]`` and ``["b", "c"]`` don't share a key; a key without any is the old one.
    """
    return PREFIX + "_".join(_escaped(part) for part in (fragment_name, *(vary_on or ())))


def _escaped(part: Any) -> str:
    return str(part).replace("\\", "\\\\").replace("_", "\\_")
