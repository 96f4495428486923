"""What came out of a run, and is it what is asked for?"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

#: This project's name in the table.
OURS = "Flask-Caching plugins"


class Goal(NamedTuple):
    """What a row asks for.

    :param bound: how many times as fast as `than` at least, or how many times its figure at most;
        without `than`, the largest figure.
    """

    bound: float
    than: str = ""
    is_faster: bool = False

    def __str__(self) -> str:
        if not self.than:
            return f"at most {self.bound:g}"
        return f"{_words(self)} {self.than}"

    def limit(self, values: dict[str, float]) -> float:
        """Return the largest figure that reaches it."""
        if not self.than:
            return self.bound
        return values[self.than] / self.bound if self.is_faster else values[self.than] * self.bound

    def is_met(self, values: dict[str, float]) -> bool:
        """Tell whether it is reached."""
        return values[OURS] <= self.limit(values)


def at_most(bound: float, than: str = "") -> Goal:
    """Ask for a figure, or a multiple of another one's, at most."""
    return Goal(bound, than)


def faster(bound: float, than: str) -> Goal:
    """Ask to be so many times as fast."""
    return Goal(bound, than, is_faster=True)


@dataclasses.dataclass(frozen=True)
class Result:
    """The figures of one row; less is better in all of them."""

    group: str
    name: str
    unit: str
    #: By library, ours among them.
    values: dict[str, float]
    goals: Sequence[Goal] = ()
    #: What else the reader should know.
    note: str = ""

    @property
    def missed(self) -> list[Goal]:
        """The goals that are not reached."""
        return [goal for goal in self.goals if not goal.is_met(self.values)]

    def ratio(self, label: str) -> str:
        """Say how we stand beside another one."""
        theirs, ours = self.values[label], self.values[OURS]
        if not theirs or not ours:
            return ""
        if theirs >= ours:
            return f"{theirs / ours:.3g}x faster"
        return f"{ours / theirs:.3g}x its figure"

    @classmethod
    def read(cls, told: dict[str, object]) -> Self:
        """Read what `write` wrote of one."""
        goals = [Goal(*goal) for goal in told.pop("goals")]  # type: ignore[attr-defined]
        return cls(**told, goals=goals)  # type: ignore[arg-type]


def write(results: Sequence[Result], about: dict[str, str], path: Path) -> None:
    """Keep the results, and what they were measured on, as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [dataclasses.asdict(result) for result in results]
    text = json.dumps({"about": about, "results": rows}, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def read(path: Path) -> tuple[list[Result], dict[str, str]]:
    """Read what `write` wrote."""
    told = json.loads(path.read_text(encoding="utf-8"))
    return [Result.read(row) for row in told["results"]], told["about"]


def _words(goal: Goal) -> str:
    return f"{goal.bound:g}x as fast as" if goal.is_faster else f"at most {goal.bound:g}x"
