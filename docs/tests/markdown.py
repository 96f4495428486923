"""What stands in the pages: blocks of code, headings, links."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PATTERNS = (
    "*.md",
    "docs/**/*.md",
    "core/README.md",
    "conformance/README.md",
    "plugins/*/README.md",
    "examples/**/README.md",
)
#: Of what `make bench` writes; until then the page leads nowhere.
FIGURES = DOCS / "performance" / "figures.json"
PAGES = sorted(
    page.relative_to(ROOT).as_posix()
    for pattern in PATTERNS
    for page in ROOT.glob(pattern)
    if page.name != "performance.md" or FIGURES.exists()
)

_FENCE = re.compile(r"^( *)(`{3,})(.*)$")
_LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^()\s]+)\)")
#: What stands before a block that can't be run, and says why.
_NOT_RUN = re.compile(r"<!-- not run: (.+) -->")


@dataclass(frozen=True)
class Block:
    """A block of code: its language, its text, the line that it begins in."""

    page: str
    line: int
    language: str
    text: str
    #: Why it is not run.
    not_run: str | None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    def with_text(self, text: str) -> Block:
        return replace(self, text=text)

    def compiled(self):
        """Compile it, so that errors name the page and its line."""
        return compile("\n" * self.line + self.text, self.page, "exec")


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str) -> list[Block]:
    """Return the blocks of a page; those of no language are no code."""
    return [block for block in _fenced(page) if block.language and block.language[0] != "{"]


def _fenced(page: str) -> Iterator[Block]:
    lines = iter(enumerate(text_of(page).splitlines(), 1))
    reason = None
    for number, line in lines:
        if said := _NOT_RUN.match(line.strip()):
            reason = said[1]
        fence = _FENCE.match(line)
        if fence:
            indent, mark, language = fence.groups()
            inner = []
            for _, each in lines:
                if each.strip() == mark:
                    break
                inner.append(each.removeprefix(indent))
            text = "".join(f"{each}\n" for each in inner)
            yield Block(page, number, language.strip(), text, reason)
        if line.strip() and not said:
            reason = None


def prose(page: str) -> str:
    """Return a page without its blocks and its code between backticks."""
    kept = re.sub(r"^( *)(`{3,}).*?^\1\2$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"(`+).+?\1", "", kept)


def links(page: str) -> list[str]:
    """Return where the links and the pictures of a page lead."""
    return _LINK.findall(prose(page))


def anchors(page: str) -> set[str]:
    """Return the names by which a forge knows the headings of a page."""
    without_blocks = re.sub(
        r"^( *)(`{3,}).*?^\1\2$", "", text_of(page), flags=re.MULTILINE | re.DOTALL
    )
    seen: Counter[str] = Counter()
    names = set()
    for heading in re.findall(r"^#+ +(.+?) *$", without_blocks, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        names.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return names
