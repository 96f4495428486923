"""A backend whose import does more than to define it; not so in the tests' own process."""

from __future__ import annotations

import os
import sys

from flask_caching.backends.simple import SimpleCache

if "pytest" not in sys.modules:
    os.environ["TZ"] = "UTC"


class SetsAVariable(SimpleCache):
    pass
