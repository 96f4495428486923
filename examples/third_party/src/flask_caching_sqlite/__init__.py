"""SQLite as a backend of `flask_caching`: ``CACHE_TYPE = "sqlite"``."""

from .backend import SQLiteCache as SQLiteCache
