"""Files on disk as a backend of `flask_caching`: ``CACHE_TYPE = "filesystem"``."""

from .backend import FileSystemCache as FileSystemCache

__all__ = ["FileSystemCache"]
