"""What the tests of the backends share."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture
def fast_switching():
    """Let threads take turns after nearly every instruction."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)
