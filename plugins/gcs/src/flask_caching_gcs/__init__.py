"""Google Cloud Storage as a backend of `flask_caching`: ``CACHE_TYPE = "gcs"``."""

from .backend import GoogleCloudStorageCache as GoogleCloudStorageCache

__all__ = ["GoogleCloudStorageCache"]
