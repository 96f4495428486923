"""The old name of `flask_caching.backends.simple`."""

from .simple import SimpleCache as SimpleCache
