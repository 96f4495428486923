"""Writes what the runs told into docs/outages.md, and their pictures beside it.

python -m faults.page FOLDER, where `Report.keep` has written.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from .picture import picture
from .report import Report

PAGE = Path(__file__).resolve().parents[2] / "docs" / "outages.md"
BEGIN, END = "<!-- faults: begin -->\n", "<!-- faults: end -->"
TITLES = {"redis": "Redis", "memcached": "memcached", "gcs": "Google Cloud Storage (emulator)"}
HEAD = (
    "| the store is | visits | answered | wrong | median | p99 | slowest | works again after |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
)


def main(folder: Path, page: Path = PAGE) -> None:
    """Put tables and pictures where the page has its marks."""
    reports = [Report.read(path) for path in sorted(folder.glob("*.json"))]
    if not reports:
        sys.exit(f"{folder} holds no reports: run `make faults`")
    pictures = page.parent / page.stem
    pictures.mkdir(exist_ok=True)
    for report in reports:
        (pictures / f"{report.name}.svg").write_text(picture(report), encoding="utf-8")
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    text = "\n".join(section(report, page.stem) for report in reports)
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def section(report: Report, folder: str) -> str:
    """Give the part of the page that a run takes."""
    title = TITLES.get(report.name, report.name)
    return "\n".join(
        [
            f"### {title}\n",
            f"![How long visits took over time]({folder}/{report.name}.svg)\n",
            HEAD,
            *_rows(report),
            "",
        ]
    )


def _rows(report: Report) -> Iterable[str]:
    for row in report.rows[:1] + report.faults:
        back = f"{row.back_after:.1f} s" if row.name != "well" else ""
        yield (
            f"| {row.name} | {row.visits} | {row.answered} | {len(row.mistakes)} "
            f"| {_shown(row.median)} | {_shown(row.p99)} | {_shown(row.slowest)} | {back} |"
        )


def _shown(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
