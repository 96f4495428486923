"""What the tests of the backend in files share."""

from __future__ import annotations

import pytest

from flask_caching_conformance.harness.clock import Clock
from flask_caching_filesystem import FileSystemCache


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def make(folder, clock):
    """Make backends on one folder and the test's clock."""
    return lambda **options: FileSystemCache(**{"cache_dir": folder, "clock": clock, **options})


@pytest.fixture
def backend(make):
    return make(key_prefix="prefix")
