"""What did the visitors see, in figures?"""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

from .visitors import Visit

#: Seconds of the run that one point of the picture stands for.
STEP = 0.25


class Phase(NamedTuple):
    """A time in which the store is well, or has one fault; seconds by one clock."""

    name: str
    begin: float
    end: float
    #: After the end of a fault: when the cache works again.
    back: float = 0.0


class Point(NamedTuple):
    """How long visits took, that began in one step of the run; seconds."""

    at: float
    median: float
    slowest: float


@dataclasses.dataclass(frozen=True)
class Row:
    """What was seen in a phase; seconds since the begin of the run."""

    name: str
    begin: float
    end: float
    #: Seconds from the end of the fault until the cache worked again.
    back_after: float
    visits: int
    answered: int
    #: What was wrong with answers, each once.
    mistakes: list[str]
    #: Writes and invalidations that the store took, and that it did not.
    stored: int
    lost: int
    #: Visits whose process left the store alone.
    left_alone: int
    median: float
    p99: float
    slowest: float


@dataclasses.dataclass(frozen=True)
class Report:
    """A run on one store."""

    name: str
    time_out: float
    rows: list[Row]
    points: list[Point]

    @classmethod
    def of(
        cls, name: str, time_out: float, phases: Sequence[Phase], visits: Sequence[Visit]
    ) -> Self:
        """Count what visits were, by phases; those of a recovery belong to its fault."""
        began = phases[0].begin
        rows = [_row(phase, visits, began) for phase in phases]
        steps: dict[int, list[float]] = {}
        for visit in visits:
            if visit.at >= began:
                steps.setdefault(int((visit.at - began) / STEP), []).append(visit.took)
        points = [Point(n * STEP, _share(s, 0.5), max(s)) for n, s in sorted(steps.items())]
        return cls(name, time_out, rows, points)

    @property
    def faults(self) -> list[Row]:
        """The rows in which the store failed."""
        return [row for row in self.rows if row.name != "well"]

    def keep(self) -> None:
        """Write it into the folder that ``FAULT_REPORTS`` names, if any."""
        if folder := os.environ.get("FAULT_REPORTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            text = json.dumps(dataclasses.asdict(self), indent=1)
            (Path(folder) / f"{self.name}.json").write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `keep` wrote."""
        told = json.loads(path.read_text(encoding="utf-8"))
        rows = [Row(**row) for row in told["rows"]]
        points = [Point(*point) for point in told["points"]]
        return cls(told["name"], told["time_out"], rows, points)


def _row(phase: Phase, visits: Sequence[Visit], began: float) -> Row:
    until = max(phase.end, phase.back)
    seen = [visit for visit in visits if phase.begin <= visit.at < until]
    took = [visit.took for visit in seen]
    return Row(
        name=phase.name,
        begin=phase.begin - began,
        end=phase.end - began,
        back_after=max(phase.back - phase.end, 0.0),
        visits=len(seen),
        answered=sum(visit.is_answered for visit in seen),
        mistakes=sorted({f"{visit.path}: {visit.mistake}" for visit in seen if visit.mistake}),
        stored=sum(visit.was_stored is True for visit in seen),
        lost=sum(visit.was_stored is False for visit in seen),
        left_alone=sum(visit.is_left_alone for visit in seen),
        median=_share(took, 0.5),
        p99=_share(took, 0.99),
        slowest=max(took, default=0.0),
    )


def _share(seconds: Sequence[float], share: float) -> float:
    """Return what that share of the visits took at most."""
    ordered = sorted(seconds)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)] if ordered else 0.0
