"""Why does a case give no verdict? Each reason is a skip whose text begins with its kind."""

from __future__ import annotations

from enum import StrEnum
from typing import NoReturn

import pytest


class Skip(StrEnum):
    """The kinds of reasons."""

    #: It is about what the backend does not declare, or does not have.
    DOES_NOT_APPLY = "does not apply"
    #: The tests lack what it needs, so nothing is shown.
    NOT_JUDGED = "not judged"
    #: The machine was too slow to tell.
    INCONCLUSIVE = "inconclusive"

    def __call__(self, why: str) -> NoReturn:
        """Skip the running test."""
        __tracebackhide__ = True
        pytest.skip(f"{self}: {why}")

    def begins(self, text: str) -> bool:
        """Tell whether this is the kind of a reason."""
        return text.startswith(f"{self}: ")
