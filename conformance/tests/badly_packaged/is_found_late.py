"""A backend that can be imported only where its tests have imported what it needs."""

from __future__ import annotations

import sys

from flask_caching.backends.simple import SimpleCache

if "pytest" not in sys.modules:
    raise ImportError("circular import")


class IsFoundLate(SimpleCache):
    pass
