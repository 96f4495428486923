"""What every backend promises, shown on the one in files."""

from __future__ import annotations

import pytest

from flask_caching.backends.base import Capability
from flask_caching_conformance import BackendConformance
from flask_caching_filesystem import FileSystemCache

from .helpers import files_below


class TestFileSystem(BackendConformance):
    required_options = ("CACHE_DIR",)
    revision = 2

    level = "hardened"
    #: What takes some seconds; each is a file.
    crowd = 5_000

    @pytest.fixture
    def backend_config(self, folder):
        return {"CACHE_TYPE": "filesystem", "CACHE_DIR": folder}

    @pytest.fixture
    def raw_keys(self, folder):
        return lambda: files_below(folder)


def test_it_declares_what_it_can(backend):
    assert FileSystemCache.capabilities == set(Capability) - {Capability.BULK, Capability.NETWORK}


def test_a_closed_backend_can_be_used(backend):
    backend.set("key", 1)

    backend.close()
    backend.close()

    assert backend.get("key") == 1
