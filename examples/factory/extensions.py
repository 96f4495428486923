"""What the modules share: each imports the cache from here, none of them an application."""

from __future__ import annotations

from flask_caching import Cache

cache = Cache()
