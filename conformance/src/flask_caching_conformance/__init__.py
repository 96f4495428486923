"""What must every backend pass? `BackendConformance`, subclassed by the tests of a backend."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .catalogue import Case as Case
    from .catalogue import case as case
    from .catalogue import cases_of as cases_of
    from .suite import BackendConformance as BackendConformance

# Before these modules are imported: what a failed assertion compared is shown then.
pytest.register_assert_rewrite(f"{__name__}.cases")

_MODULES = {
    "BackendConformance": "suite",
    "Case": "catalogue",
    "case": "catalogue",
    "cases_of": "catalogue",
}


def __getattr__(name: str) -> Any:
    """Import the cases when they are asked for: the command needs pytest to come first."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)
