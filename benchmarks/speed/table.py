"""How is the result of a row told: in a line of text, and in Markdown?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .results import OURS, Result


def line(result: Result) -> str:
    """Tell one row, for a terminal."""
    ours = f"{figure(result.values[OURS])} {result.unit}"
    others = ", ".join(
        f"{label} {figure(value)} ({result.ratio(label)})"
        for label, value in result.values.items()
        if label != OURS
    )
    return f"{_mark(result):7} {result.name:45} {ours:>16}   {others}"


def markdown(results: Sequence[Result]) -> Iterable[str]:
    """Tell rows of one group, as a table."""
    yield "| | here | beside | goal |"
    yield "| --- | ---: | --- | --- |"
    for result in results:
        others = "<br>".join(
            f"{label}: {figure(value)} ({result.ratio(label)})"
            for label, value in result.values.items()
            if label != OURS
        )
        goals = "<br>".join(
            f"{goal}: {'missed' if goal in result.missed else 'reached'}" for goal in result.goals
        )
        ours = f"{figure(result.values[OURS])} {result.unit}"
        name = f"{result.name}<br>{result.note}" if result.note else result.name
        yield f"| {name} | {ours} | {others} | {goals} |"


def figure(value: float) -> str:
    """Show three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004


def _mark(result: Result) -> str:
    if not result.goals:
        return ""
    return "MISSED" if result.missed else "reached"
