"""Who is judged? The class of a backend, and the distribution that it came with."""

from __future__ import annotations

import functools
import importlib.metadata
from dataclasses import dataclass

from flask_caching.backends.base import BaseCache
from flask_caching.registry import BACKENDS


@dataclass(frozen=True, slots=True)
class Subject:
    """A backend as a report names it."""

    backend: str
    distribution: str | None
    version: str | None
    capabilities: list[str]

    @classmethod
    def of(cls, backend: BaseCache) -> Subject:
        """Name a backend."""
        kind = type(backend)
        distribution = _distribution_of(kind.__module__.partition(".")[0])
        return cls(
            f"{kind.__module__}.{kind.__qualname__}",
            distribution,
            importlib.metadata.version(distribution) if distribution else None,
            sorted(capability.name for capability in backend.capabilities),
        )


@functools.cache
def _distribution_of(package: str) -> str | None:
    # An entry point first: an editable installation does not list its packages.
    for entry in importlib.metadata.entry_points(group=BACKENDS):
        if entry.dist is not None and entry.module.partition(".")[0] == package:
            return entry.dist.name
    found = importlib.metadata.packages_distributions().get(package)
    return found[0] if found else None
