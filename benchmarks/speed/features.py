"""What does each feature cost a hit, by itself?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from .contestants.features import ALL_OFF, FEATURES
from .contestants.registry import Place
from .results import OURS, Result
from .turns import Effort, medians, own, worker

GROUP = "Features"


def switched_on(place: Place, effort: Effort) -> Iterator[Result]:
    """Time a hit with each feature alone, and in turn with none."""
    for name in FEATURES:
        with ExitStack() as stack:
            workers = {
                label: stack.enter_context(
                    worker(name, label, own(place), (ALL_OFF,), is_served=True)
                )
                for label in (OURS, ALL_OFF)
            }
            values = medians(workers, "cpu", effort)
        yield Result(GROUP, name, "µs of CPU", values)
