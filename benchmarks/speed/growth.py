"""Does an operation cost more, the more entries there are?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import NamedTuple

from .contestants.growth import IN_MEMORY, STORED, among
from .contestants.registry import Place
from .results import OURS, Result, at_most
from .turns import Effort, medians, own, worker

GROUP = "Growth"


class Growing(NamedTuple):
    """An operation that is timed among more and more entries.

    :param most: how many times what it costs among the fewest it may cost among the most.
    """

    name: str
    sizes: Sequence[int]
    most: float | None = None
    clock: str = "wall"


GROWING = (
    Growing("get in memory, the same key", IN_MEMORY, 1.2),
    Growing("get in memory, random keys", IN_MEMORY),
    Growing("a dict, random keys", IN_MEMORY),
    Growing("set in memory, the same key", IN_MEMORY),
    Growing("invalidate_tags of all entries in memory", IN_MEMORY[:-1]),
    Growing("get of a file, the same key", STORED, 1.5),
    Growing("get of a file, random keys", STORED),
    Growing("set of a file, the same key", STORED, 1.5),
    Growing("get on Redis, the same key", STORED, None, "cpu"),
)


def grown(place: Place, effort: Effort) -> Iterator[Result]:
    """Time each operation at all of its sizes, in turn; ours is what the largest one costs."""
    for each in GROWING:
        sizes = [among(size) for size in each.sizes]
        with ExitStack() as stack:
            workers = {
                size: stack.enter_context(
                    worker(each.name, size, own(place), sizes, is_served=each.clock == "cpu")
                )
                for size in sizes
            }
            values = medians(workers, each.clock, effort)
        *fewer, most = sizes
        shown = {OURS: values[most], **{size: values[size] for size in fewer}}
        goals = [] if each.most is None else [at_most(each.most, fewer[0])]
        unit = "µs" if each.clock == "wall" else "µs of CPU"
        yield Result(GROUP, each.name, unit, shown, goals, f"here: {most}")
