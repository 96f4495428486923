"""How do we stand beside the peers? Every row on one scale: times what we take (SVG)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from .results import OURS, Goal, Result
from .table import figure

WIDTH, ROW, TOP, LEFT, RIGHT = 1000, 26, 64, 330, 130
#: The ends of the scale, which is logarithmic: how many times our own figure.
LEAST, MOST = 0.1, 200.0
MARKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200)
COLOURS = ("#d62728", "#1f77b4", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#17becf")
#: Of what is in one row only: the driver itself, a plain view.
OTHER = "#555"
STYLE = """<style>
text { font: 12px sans-serif; fill: #333 }
.title { font-size: 15px; font-weight: bold }
.small { font-size: 11px }
.grid { stroke: #ddd; stroke-width: 1 }
.ours { stroke: #2ca02c; stroke-width: 3 }
.goal { stroke: #333; stroke-width: 2; stroke-dasharray: 3 2 }
.missed { stroke: #d62728; stroke-width: 2 }
</style>"""


def picture(results: Sequence[Result]) -> str:
    """Draw the rows that have anybody beside us."""
    rows = [each for each in results if len(each.values) > 1 and each.values[OURS]]
    height = TOP + ROW * len(rows) + 20
    colours = _colours(rows)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            "<title>What the peers take, as multiples of what we take</title>",
            STYLE,
            f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
            '<text class="title" x="10" y="22">What others take, for 1 here</text>',
            *_legend(colours),
            *_scale(height),
            *(part for place, row in enumerate(rows) for part in _row(row, place, colours)),
            "</svg>\n",
        ]
    )


def _colours(rows: Iterable[Result]) -> dict[str, str]:
    """Give the peers colours: those that are in more than one row, or in the first one."""
    names = dict.fromkeys(label for row in rows for label in row.values if label != OURS)
    return dict(zip(names, COLOURS, strict=False))


def _legend(colours: dict[str, str]) -> Iterable[str]:
    x = LEFT - 60
    yield f'<line class="ours" x1="{x}" y1="18" x2="{x + 14}" y2="18"/>'
    yield f'<text class="small" x="{x + 18}" y="22">here</text>'
    yield f'<line class="goal" x1="{x + 60}" y1="18" x2="{x + 74}" y2="18"/>'
    yield f'<text class="small" x="{x + 78}" y="22">the goal: we are to be left of it</text>'
    for name, colour in {**colours, "the driver itself, or no cache": OTHER}.items():
        yield f'<circle cx="{x + 6}" cy="38" r="5" fill="{colour}"/>'
        yield f'<text class="small" x="{x + 14}" y="42">{escape(name)}</text>'
        x += 28 + 6.2 * len(name)


def _across(times: float) -> float:
    bounded = min(max(times, LEAST), MOST)
    share = math.log(bounded / LEAST) / math.log(MOST / LEAST)
    return round(LEFT + (WIDTH - LEFT - RIGHT) * share, 1)


def _scale(height: int) -> Iterable[str]:
    for mark in MARKS:
        x = _across(mark)
        kind = "ours" if mark == 1 else "grid"
        yield f'<line class="{kind}" x1="{x}" y1="{TOP}" x2="{x}" y2="{height - 10}"/>'
        yield f'<text class="small" x="{x}" y="{TOP - 4}" text-anchor="middle">{mark:g}x</text>'


def _row(row: Result, place: int, colours: dict[str, str]) -> Iterable[str]:
    y = TOP + ROW * place + ROW / 2
    ours = row.values[OURS]
    yield f'<text x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{escape(row.name)}</text>'
    for goal in row.goals:
        yield _goal(goal, row, y)
    for label, value in row.values.items():
        if label != OURS:
            x = _across(value / ours)
            said = f"<title>{escape(label)}: {value / ours:.3g} times what we take</title>"
            fill = colours.get(label, OTHER)
            yield f'<circle cx="{x}" cy="{y}" r="5" fill="{fill}" opacity="0.85">{said}</circle>'
    right = WIDTH - RIGHT + 10
    yield f'<text class="small" x="{right}" y="{y + 4}">{figure(ours)} {escape(row.unit)}</text>'


def _goal(goal: Goal, row: Result, y: float) -> str:
    x = _across(goal.limit(row.values) / row.values[OURS])
    kind = "missed" if goal in row.missed else "goal"
    return f'<line class="{kind}" x1="{x}" y1="{y - 10}" x2="{x}" y2="{y + 10}"/>'
