"""The old name of `flask_caching.backends.null`."""

from .null import NullCache as NullCache
