"""What applications do with `flask_caching`: scenarios that run on any implementation of it.

A scenario is a function that is given a `Record` and notes what it sees. It uses nothing but
what 2.x offers too, needs no time to pass, and starts from a new application.
"""

from __future__ import annotations

import importlib
import pkgutil

from .record import SCENARIOS


def scenarios():
    """Return all scenarios, by subject and name."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(SCENARIOS.items()))
