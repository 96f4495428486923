"""The suite of the command: what it judges is in pytest's configuration, not in a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from .suite import BackendConformance

JUDGED_CONFIG = pytest.StashKey[Mapping[str, Any]]()


class TestBackend(BackendConformance):
    """A backend that is known by its configuration only."""

    @pytest.fixture
    def backend_config(self, request: pytest.FixtureRequest) -> Mapping[str, Any]:
        return request.config.stash[JUDGED_CONFIG]
