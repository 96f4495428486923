"""Does the backend keep the promises of every backend?"""

import sqlite3
from contextlib import closing

import pytest

from flask_caching_conformance import BackendConformance


class TestSQLite(BackendConformance):
    revision = 2
    required_options = ("CACHE_SQLITE_PATH",)

    @pytest.fixture
    def path(self, tmp_path):
        folder = tmp_path / "cache"
        folder.mkdir(mode=0o700)
        return folder / "cache.sqlite"

    @pytest.fixture
    def backend_config(self, path):
        return {"CACHE_TYPE": "sqlite", "CACHE_SQLITE_PATH": str(path)}

    @pytest.fixture
    def store_folder(self, path):
        return path.parent

    @pytest.fixture
    def raw_keys(self, backend, path):
        """List what lies in the database, on a connection of the test's own."""

        def names():
            with closing(sqlite3.connect(path)) as db:
                return [name for (name,) in db.execute("SELECT name FROM entries")]

        backend.has("key")  # the first use makes the table
        return names
