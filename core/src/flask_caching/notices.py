"""How is the application told of something once, and not at every request?"""

from __future__ import annotations

import logging
from collections.abc import Hashable

logger = logging.getLogger(__package__)

_told: set[Hashable] = set()


def warn_once(about: Hashable, message: str, *args: object) -> None:
    """Log a warning, the first time in this process that it is about this."""
    if about not in _told:
        _told.add(about)
        logger.warning(message, *args)
