"""How do tests with pytest get an empty cache? By the fixture `cache_in_test`.

Named in the root ``conftest.py``: ``pytest_plugins = ["flask_caching.pytest_plugin"]``. It is no
entry point, so that a pytest run which does not ask for it imports nothing of this package.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest
from flask import Flask

from .testing import CacheInTest, in_memory


@pytest.fixture
def cache_in_test(app: Flask) -> Generator[CacheInTest]:
    """Keep what the fixture ``app`` caches in memory, empty at each test, with a clock to move."""
    with in_memory(app) as cache:
        yield cache
