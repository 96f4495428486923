"""Runs one operation of one library as often as it is told; in whichever environment.

Asked in lines of JSON, and answers each in one: ``{"row", "library", "place"}`` sets the operation
up, a number has it run so often and gives what that took, in seconds, and what the last run gave:
``{"wall", "cpu", "value"}``.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import importlib
import inspect
import itertools
import json
import sys
import time
from typing import Any, TypeAlias

from speed.contestants.registry import CONTESTANTS, Figures, Operation, Place

#: Where contestants are.
MODULES = (
    "functions",
    "views",
    "memory",
    "files",
    "on_redis",
    "on_memcached",
    "crowds",
    "growth",
    "features",
    "sizes",
)
Times: TypeAlias = "dict[str, Any]"


def main() -> None:
    """Answer until nobody asks any more."""
    asked = json.loads(sys.stdin.readline())
    load_contestants()
    context = contextvars.copy_context()
    setup = CONTESTANTS[asked["row"], asked["library"]]
    operation = context.run(setup, Place(**asked["place"]))
    context.run(timed, operation, 1)  # what it does only once
    _say("ready")
    for line in sys.stdin:
        _say(context.run(timed, operation, json.loads(line)))


def load_contestants() -> None:
    """Let all contestants enter."""
    for module in MODULES:
        importlib.import_module(f"speed.contestants.{module}")


def timed(operation: Operation, number: int) -> Times:
    """Run it so often, and say how long that took: as `timeit` does, without garbage collection."""
    run = _run_async if inspect.iscoroutinefunction(operation) else _run
    gc.collect()
    gc.disable()
    try:
        return run(operation, number)
    finally:
        gc.enable()


def _run(operation: Operation, number: int) -> Times:
    times = itertools.repeat(None, number)
    value: Any = None
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in times:
        value = operation()
    return _since(wall, cpu, value)


def _run_async(operation: Operation, number: int) -> Times:
    async def loop() -> Times:
        times = itertools.repeat(None, number)
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in times:
            await operation()
        return _since(wall, cpu, None)

    return asyncio.run(loop())


def _since(wall: float, cpu: float, value: Any) -> Times:
    took = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    return {**took, "value": value if isinstance(value, int | Figures) else None}


def _say(what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
