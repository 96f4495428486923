"""Does the reference, the backend in memory, pass?"""

from __future__ import annotations

from flask_caching_conformance import BackendConformance


class TestSimple(BackendConformance):
    config = {"CACHE_TYPE": "simple"}
