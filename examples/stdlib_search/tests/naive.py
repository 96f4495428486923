"""The right answers, counted again in the plainest way, with nothing of the example's."""

from __future__ import annotations

import re
import sysconfig
from functools import cache
from pathlib import Path

STDLIB = Path(sysconfig.get_path("stdlib"))
LEFT_OUT = {"site-packages", "dist-packages", "__pycache__"}


@cache
def texts() -> dict[str, str]:
    """Read every importable source file of the standard library, by dotted name."""
    found = {}
    for path in STDLIB.rglob("*.py"):
        parts = path.relative_to(STDLIB).with_suffix("").parts
        if LEFT_OUT.isdisjoint(parts) and all(part.isidentifier() for part in parts):
            name = ".".join(parts).removesuffix(".__init__")
            found[name] = path.read_text(encoding="utf-8", errors="replace")
    return found


def counts(*words: str) -> dict[str, dict[str, int]]:
    """Count each word in each module that has them all."""
    counted = {
        name: {word: text.lower().count(word) for word in words} for name, text in texts().items()
    }
    return {name: found for name, found in counted.items() if all(found.values())}


def kinds_of_lines(text: str) -> dict[str, int]:
    """Tell the kinds of lines apart by how they begin; good enough for tidy modules."""
    kinds = {"code": 0, "documentation": 0, "comment": 0, "blank": 0}
    closing = ""
    for line in map(str.strip, text.splitlines()):
        opening = re.match(r"r?('''|\"\"\"|'(?=[A-Z].*'$))", line)
        if closing:
            kinds["documentation"] += 1
            closing = "" if line.endswith(closing) else closing
        elif opening:
            kinds["documentation"] += 1
            once = line.endswith(opening[1]) and len(line) > len(opening[0])
            closing = "" if once else opening[1]
        elif not line:
            kinds["blank"] += 1
        else:
            kinds["comment" if line.startswith("#") else "code"] += 1
    return kinds


def definitions(text: str, word: str) -> int:
    return len(re.findall(rf"^\s*(?:async )?{word} ", text, flags=re.MULTILINE))
