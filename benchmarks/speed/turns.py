"""How long does each library take for an operation, all of them in turn?"""

from __future__ import annotations

import dataclasses
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from .contestants.flask_caching_application import FLASK_CACHING
from .contestants.registry import Place
from .cores import on_one_core
from .environment import peers_python
from .results import OURS, Result
from .rows import ORIGINAL, Row

BENCHMARKS = Path(__file__).resolve().parents[1]
MICROSECONDS = 1_000_000

_databases = itertools.count(1)


class Effort(NamedTuple):
    """How long to look.

    :param rounds: how often everybody has a turn.
    :param turn: seconds that a turn takes, about.
    """

    rounds: int
    turn: float


FULL, QUICK = Effort(25, 0.04), Effort(7, 0.012)


class Worker:
    """A process that has set up one operation."""

    def __init__(self, process: subprocess.Popen[str], name: str) -> None:
        self._process = process
        self._name = name

    def ask(self, what: Any) -> Any:
        """Send a line, and return the answer."""
        self.tell(what)
        return self.answer()

    def tell(self, what: Any) -> None:
        """Send a line."""
        assert self._process.stdin is not None, "it was started with pipes"
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        """Return the answer to the first line that has none yet."""
        assert self._process.stdout is not None, "it was started with pipes"
        answer = self._process.stdout.readline()
        if not answer:
            sys.exit(f"{self._name} ended; what it said is above")
        return json.loads(answer)


def measured(row: Row, place: Place, effort: Effort) -> Result:
    """Time a row: all libraries in turn, the medians of their turns."""
    with ExitStack() as stack:
        workers = {
            label: stack.enter_context(
                worker(row.name, label, own(place), row.beside, is_served=row.clock == "cpu")
            )
            for label in (OURS, *row.peers, *row.beside)
        }
        values = medians(workers, row.clock, effort)
    unit = "µs" if row.clock == "wall" else "µs of CPU"
    return Result(row.group, row.name, unit, values, row.goals)


def medians(workers: Mapping[str, Worker], clock: str, effort: Effort) -> dict[str, float]:
    """Let each have its turn, again and again; return the medians in microseconds."""
    numbers = {label: _number(each, effort) for label, each in workers.items()}
    taken: dict[str, list[float]] = {label: [] for label in workers}
    for _ in range(effort.rounds):
        for label, each in workers.items():
            taken[label].append(each.ask(numbers[label])[clock] / numbers[label])
    return {label: statistics.median(times) * MICROSECONDS for label, times in taken.items()}


def own(place: Place) -> Place:
    """Return a database that nobody has had yet."""
    return dataclasses.replace(place, redis_db=next(_databases))


@contextmanager
def worker(
    name: str, label: str, place: Place, beside: Sequence[str] = (), *, is_served: bool = False
) -> Iterator[Worker]:
    """Start a process that has set up the operation of a row by a library.

    :param beside: the libraries that run in our own environment, besides ours.
    :param is_served: whether it is to run where the servers do.
    """
    command = [_python(label, beside), "-m", "speed.worker"]
    library = FLASK_CACHING if label in {OURS, ORIGINAL} else label
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(  # noqa: S603 (ours)
            on_one_core(command) if is_served else command,
            cwd=BENCHMARKS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        ) as process,
    ):
        started = Worker(process, f"{label}, {name},")
        there = dataclasses.asdict(dataclasses.replace(place, folder=folder))
        started.ask({"row": name, "library": library, "place": there})
        yield started


def _python(label: str, beside: Sequence[str]) -> str:
    return sys.executable if label in {OURS, *beside} else peers_python()


def environment() -> Mapping[str, str]:
    """Return the environment variables of what is measured: none that changes it."""
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}


def _number(asked: Worker, effort: Effort) -> int:
    """Return how often to run an operation, so that a turn takes about as long as it should."""
    number = 1
    while (took := asked.ask(number)["wall"]) < effort.turn / 4:
        number *= 2 if took > effort.turn / 100 else 10
    return max(round(number * effort.turn / took), 1)
