"""Measures, prints the table, and fails where a goal is missed.

python -m speed [--quick] [--only WORD] [--json FILE]
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from . import results, table
from .counts import counted
from .features import switched_on
from .growth import grown
from .load import loaded
from .results import Result
from .rows import ROWS
from .stores import stores
from .turns import FULL, QUICK, measured


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="speed", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="look for less long: a minute")
    parser.add_argument("--only", default="", help="rows whose names have this word")
    parser.add_argument("--json", type=Path, help="a file to keep the figures in")
    options = parser.parse_args()

    effort = QUICK if options.quick else FULL
    found: list[Result] = []
    with stores(shared_core=True) as compared, stores() as place:
        timed = (measured(row, compared, effort) for row in ROWS if options.only in row.name)
        parts: list[Iterable[Result]] = [timed]
        if not options.only:
            parts.append(counted(place))
        if not options.only and not options.quick:
            parts += [grown(compared, effort), switched_on(compared, effort)]
            parts.append(loaded(place, effort))
        for result in chain.from_iterable(parts):
            _print(table.line(result))
            found.append(result)
    if options.json:
        results.write(found, about(), options.json)
    missed = [f"{each.name}: {goal}" for each in found for goal in each.missed]
    if missed:
        sys.exit("Goals that are missed:\n  " + "\n  ".join(missed))


def about() -> dict[str, str]:
    """Return what the figures were measured on."""
    return {
        "Python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": str(os.cpu_count()),
    }


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
