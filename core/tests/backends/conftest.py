"""What the tests of the backends share."""

from __future__ import annotations

import pytest

from flask_caching_conformance.harness import threads


@pytest.fixture
def fast_switching():
    """Let threads take turns after nearly every instruction."""
    with threads.fast_switching():
        yield
