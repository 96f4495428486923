"""A backend whose import does more than to define it; not so in the tests' own process."""

from __future__ import annotations

import sys
from pathlib import Path

from flask_caching.backends.simple import SimpleCache

if "pytest" not in sys.modules:
    Path("left").touch()


class LeavesAFile(SimpleCache):
    pass
