"""A backend that imports a client which its distribution does not require."""

from __future__ import annotations

import sys

from flask_caching.backends.simple import SimpleCache

if "pytest" not in sys.modules:
    import redis as redis


class ImportsAClient(SimpleCache):
    pass
