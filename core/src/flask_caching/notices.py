"""How is an application told of what is wrong with it? At the line that is, or once in the log."""

from __future__ import annotations

import inspect
import logging
import warnings
from collections.abc import Hashable
from types import FrameType

logger = logging.getLogger(__package__)

#: What the names of this package's modules begin with.
_WITHIN = f"{__package__}."

_told: set[Hashable] = set()


def warn_caller(problem: str) -> None:
    """Warn of a line of the application's: the one that called this package."""
    level, frame = 1, inspect.currentframe()
    while frame is not None and is_ours(frame):
        level, frame = level + 1, frame.f_back
    warnings.warn(f"Flask-Caching: {problem}", stacklevel=level)


def is_ours(frame: FrameType) -> bool:
    """Tell whether a frame runs code of this package."""
    return str(frame.f_globals.get("__name__")).startswith(_WITHIN)


def warn_once(about: Hashable, message: str, *args: object) -> None:
    """Log a warning, the first time in this process that it is about this."""
    if about not in _told:
        _told.add(about)
        logger.warning(message, *args)
