"""A backend whose distribution has a ``.pth`` file that imports it in every program."""

from __future__ import annotations

from flask_caching.backends.simple import SimpleCache


class StartsWithPython(SimpleCache):
    pass
