"""Which level does a backend reach? Each takes in the ones before it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from .records import CaseRecord


class Level(StrEnum):
    """What a backend may claim, the least first."""

    CORE = "core"
    DECLARED = "declared"
    HARDENED = "hardened"

    @property
    def in_words(self) -> str:
        """What people call it."""
        return "core + declared" if self is Level.DECLARED else self.value

    @property
    def modalities(self) -> str:
        """The first letters of the ids of its cases."""
        return {"core": "C", "declared": "CO", "hardened": "COH"}[self.value]

    def takes_in(self, modality: str) -> bool:
        """Tell whether the cases of a modality (C, O, H) must be passed for it."""
        return modality in self.modalities


def level_reached(cases: Iterable[CaseRecord]) -> Level | None:
    """Return the highest level of which each case that counts was passed or does not apply.

    :param cases: the whole catalogue; a case that was not run stands in the way.
    """
    missed = {case.modality for case in cases if case.counts and not case.is_kept}
    reached = None
    for level in Level:
        if any(level.takes_in(modality) for modality in missed):
            break
        reached = level
    return reached
