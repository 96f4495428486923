"""How long did visits take over the time of a run? A picture with the faults marked (SVG)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from html import escape

from .report import Report

WIDTH, HEIGHT = 1000, 340
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 50, 40
#: Seconds at the bottom and at the top of the scale, which is logarithmic.
LEAST, MOST = 0.0005, 10.0
#: A run of fewer seconds has them marked more closely.
SHORT = 30
MARKS = {0.001: "1 ms", 0.01: "10 ms", 0.1: "100 ms", 1.0: "1 s", 10.0: "10 s"}
STYLE = """<style>
text { font: 12px sans-serif; fill: #333 }
.title { font-size: 15px; font-weight: bold }
.fault { fill: #d62728; opacity: 0.13 }
.back { fill: #ff7f0e; opacity: 0.13 }
.grid { stroke: #ccc; stroke-width: 1 }
.limit { stroke: #333; stroke-width: 1; stroke-dasharray: 6 4 }
.median { stroke: #1f77b4; stroke-width: 1.5; fill: none }
.slowest { stroke: #d62728; stroke-width: 1; fill: none }
.median-text { fill: #1f77b4 } .slowest-text { fill: #d62728 }
</style>"""


def picture(report: Report) -> str:
    """Draw a run."""
    end = max(row.end + row.back_after for row in report.rows)

    def across(seconds: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * seconds / end, 1)

    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            f"<title>Visits while {escape(report.name)} fails</title>",
            STYLE,
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            *_faults(report, across),
            *_scale(report, across, end),
            _line("slowest", across, ((p.at, p.slowest) for p in report.points)),
            _line("median", across, ((p.at, p.median) for p in report.points)),
            *_legend(report),
            "</svg>\n",
        ]
    )


def _height(seconds: float) -> float:
    bounded = min(max(seconds, LEAST), MOST)
    share = math.log(bounded / LEAST) / math.log(MOST / LEAST)
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share, 1)


def _faults(report: Report, across: Callable[[float], float]) -> Iterable[str]:
    tall = HEIGHT - TOP - BOTTOM
    for row in report.faults:
        for kind, begin, end in (
            ("fault", row.begin, row.end),
            ("back", row.end, row.end + row.back_after),
        ):
            wide = round(across(end) - across(begin), 1)
            yield (
                f'<rect class="{kind}" x="{across(begin)}" y="{TOP}" width="{wide}" '
                f'height="{tall}"/>'
            )
        middle = across((row.begin + row.end) / 2)
        yield f'<text x="{middle}" y="{TOP - 6}" text-anchor="middle">{escape(row.name)}</text>'


def _scale(report: Report, across: Callable[[float], float], end: float) -> Iterable[str]:
    right = WIDTH - RIGHT
    for seconds, text in MARKS.items():
        y = _height(seconds)
        yield f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{right}" y2="{y}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{text}</text>'
    y = _height(report.time_out)
    yield f'<line class="limit" x1="{LEFT}" y1="{y}" x2="{right}" y2="{y}"/>'
    for seconds in range(0, int(end) + 1, 2 if end < SHORT else 10):
        yield (
            f'<text x="{across(seconds)}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">'
            f"{seconds} s</text>"
        )


def _line(
    kind: str, across: Callable[[float], float], points: Iterable[tuple[float, float]]
) -> str:
    places = " ".join(f"{across(at)},{_height(seconds)}" for at, seconds in points)
    return f'<polyline class="{kind}" points="{places}"/>'


def _legend(report: Report) -> Iterable[str]:
    yield f'<text class="title" x="{LEFT}" y="20">{escape(report.name)}</text>'
    words = [
        ("median-text", 430, "median"),
        ("slowest-text", 495, "slowest visit"),
        ("", 590, f"- - time-out of {report.time_out:g} s"),
        ("", 730, "red: the fault; orange: until the cache works"),
    ]
    for kind, x, text in words:
        yield f'<text class="{kind}" x="{x}" y="20">{text}</text>'
