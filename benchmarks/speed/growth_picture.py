"""What does an operation cost among more and more entries? As multiples of its least (SVG)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from .picture import COLOURS, STYLE
from .results import OURS, Result

WIDTH, HEIGHT, TOP, LEFT, RIGHT, BOTTOM = 1000, 420, 50, 60, 370, 40
SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)
#: The ends of the scale, which is logarithmic: how many times what it costs among the fewest.
LEAST, MOST = 0.5, 8.0
TITLE = "Cost among more and more entries, for 1 among the fewest"
MARKS = (0.5, 1, 1.5, 2, 4, 8)


def growth_picture(results: Sequence[Result]) -> str:
    """Draw the rows of growth."""
    rows = [(row.name, _points(row)) for row in results]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            f"<title>{TITLE}</title>",
            STYLE,
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            f'<text class="title" x="10" y="22">{TITLE}</text>',
            *_scales(),
            *(part for place, row in enumerate(rows) for part in _line(place, *row)),
            "</svg>\n",
        ]
    )


def _points(row: Result) -> list[tuple[int, float]]:
    """Return sizes, and what the operation costs there as a multiple of the first."""
    labels = {label: row.note if label == OURS else label for label in row.values}
    costs = {_size(labels[label]): cost for label, cost in row.values.items()}
    fewest = min(costs)
    return [(size, costs[size] / costs[fewest]) for size in sorted(costs)]


def _size(label: str) -> int:
    return int(label.rpartition(" ")[2].replace(",", ""))


def _x(size: int) -> float:
    share = math.log(size / SIZES[0]) / math.log(SIZES[-1] / SIZES[0])
    return round(LEFT + (WIDTH - LEFT - RIGHT) * share, 1)


def _y(times: float) -> float:
    share = math.log(min(max(times, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share, 1)


def _scales() -> Iterable[str]:
    for size in SIZES:
        x = _x(size)
        yield f'<line class="grid" x1="{x}" y1="{TOP}" x2="{x}" y2="{HEIGHT - BOTTOM}"/>'
        below = HEIGHT - BOTTOM + 18
        yield f'<text class="small" x="{x}" y="{below}" text-anchor="middle">{size:,}</text>'
    for mark in MARKS:
        y = _y(mark)
        kind = "ours" if mark == 1 else "grid"
        yield f'<line class="{kind}" x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}"/>'
        yield f'<text class="small" x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{mark:g}x</text>'


def _line(place: int, name: str, points: Sequence[tuple[int, float]]) -> Iterable[str]:
    colour = COLOURS[place % len(COLOURS)]
    dashes = ' stroke-dasharray="5 3"' if place >= len(COLOURS) else ""
    along = " ".join(f"{_x(size)},{_y(times)}" for size, times in points)
    pen = f'fill="none" stroke="{colour}" stroke-width="2"{dashes}'
    yield f'<polyline points="{along}" {pen}/>'
    x, y = WIDTH - RIGHT + 20, TOP + 20 + 22 * place
    yield f'<line x1="{x}" y1="{y - 4}" x2="{x + 22}" y2="{y - 4}" {pen}/>'
    yield f'<text class="small" x="{x + 28}" y="{y}">{escape(name)}: {points[-1][1]:.2g}x</text>'
