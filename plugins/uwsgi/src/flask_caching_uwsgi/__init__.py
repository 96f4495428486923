"""uWSGI's cache as a backend of `flask_caching`: ``CACHE_TYPE = "uwsgi"``."""

from .backend import UWSGICache as UWSGICache

__all__ = ["UWSGICache"]
