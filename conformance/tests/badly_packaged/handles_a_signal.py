"""A backend whose import does more than to define it; not so in the tests' own process."""

from __future__ import annotations

import signal
import sys

from flask_caching.backends.simple import SimpleCache

if "pytest" not in sys.modules:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


class HandlesASignal(SimpleCache):
    pass
