"""The old name of flask-caching-uwsgi's module."""

from ..old_imports import names_of_plugins

__getattr__ = names_of_plugins(__name__, "UWSGICache")
