"""A backend whose import does more than to define it; not so in the tests' own process."""

from __future__ import annotations

import sys
import threading

from flask_caching.backends.simple import SimpleCache

if "pytest" not in sys.modules:
    threading.Thread(target=threading.Event().wait, daemon=True).start()


class StartsAThread(SimpleCache):
    pass
