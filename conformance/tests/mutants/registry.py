"""Which wrong backends are there, and which case must notice each?"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Mutant:
    """A wrong backend.

    :param case: the id of the case that it dies by.
    :param distributions: where it is found by a name: the distributions' names, each with what
        the name leads to there.
    :param with_python: the module that a file of its distribution imports wherever Python starts.
    """

    backend: type
    case: str
    distributions: dict[str, str] = field(default_factory=dict)
    with_python: str | None = None

    def __str__(self) -> str:
        return self.backend.__name__


MUTANTS: list[Mutant] = []


def dies_by(
    case: str, installed: dict[str, str] | None = None, with_python: str | None = None
) -> Callable[[type], type]:
    """Name the case that must notice what is wrong with a class."""

    def add(backend: type) -> type:
        MUTANTS.append(Mutant(backend, case, installed or {}, with_python))
        return backend

    return add


def pause():
    """Let others come in between: what is wrong goes wrong then, on a quick machine too."""
    time.sleep(0.005)
