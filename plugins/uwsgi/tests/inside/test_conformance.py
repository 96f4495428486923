"""Does it keep what every backend promises?"""

from __future__ import annotations

from typing import ClassVar

import pytest

from flask_caching_conformance import BackendConformance


class TestUWSGICache(BackendConformance):
    config: ClassVar = {"CACHE_TYPE": "uwsgi", "CACHE_UWSGI_NAME": "bitmap"}

    @pytest.fixture
    def raw_keys(self, server):
        return lambda: server.cache_keys("bitmap")
