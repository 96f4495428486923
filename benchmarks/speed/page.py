"""Writes what a run found into docs/performance.md, and its picture beside it.

python -m speed.page FILE, which `python -m speed --json FILE` has written.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from .features import GROUP as FEATURES
from .growth import GROUP as GROWTH
from .growth_picture import growth_picture
from .load import GROUP as LOAD
from .picture import picture
from .results import Result, read
from .table import markdown

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
#: What stands over a group's table.
PICTURES = {GROWTH: ["![What operations cost among more entries](performance/growth.svg)\n"]}
BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->"


def main(figures: Path, page: Path = PAGE) -> None:
    """Put the tables where the page has its marks."""
    results, about = read(figures)
    beside = page.parent / page.stem
    beside.mkdir(exist_ok=True)
    (beside / "figures.json").write_text(figures.read_text(encoding="utf-8"), encoding="utf-8")
    drawn = [each for each in results if each.group not in {GROWTH, FEATURES, LOAD}]
    (beside / "peers.svg").write_text(picture(drawn), encoding="utf-8")
    grown = [each for each in results if each.group == GROWTH]
    (beside / "growth.svg").write_text(growth_picture(grown), encoding="utf-8")
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    text = "\n".join(_sections(results, about))
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def _sections(results: Sequence[Result], about: dict[str, str]) -> list[str]:
    measured = ", ".join(f"{name} {value}" for name, value in about.items())
    missed = [f"{each.name}: {goal}" for each in results for goal in each.missed]
    count = sum(len(each.goals) for each in results)
    lines = [
        f"Measured on: {measured}. Of {count} goals {count - len(missed)} are reached.\n",
        "![The peers' figures as multiples of ours](performance/peers.svg)\n",
    ]
    for group in dict.fromkeys(each.group for each in results):
        of_group = [each for each in results if each.group == group]
        lines += [f"### {group}\n", *PICTURES.get(group, ()), *markdown(of_group), ""]
    return lines


if __name__ == "__main__":
    main(Path(sys.argv[1]))
