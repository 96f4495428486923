"""Do the two backends pass that the kit is measured by: one in memory, one behind a port?"""

from __future__ import annotations

import pytest

from flask_caching_conformance import BackendConformance

from .network import NetworkCache


class TestSimple(BackendConformance):
    config = {"CACHE_TYPE": "simple"}


class OnAServer(BackendConformance):
    """A backend of a class that stores in the server of bytes."""

    kind = NetworkCache
    required_options = ("CACHE_NETWORK_PORT",)
    reply_timeout = 0.3
    fault_patience = 3.0

    @pytest.fixture
    def backend_config(self, store):
        return {
            "CACHE_TYPE": self.kind,
            "CACHE_NETWORK_PORT": store.port,
            "CACHE_NETWORK_PASSWORD": "made up secret",
        }

    @pytest.fixture
    def endpoint(self, store):
        return store.port

    @pytest.fixture
    def config_at(self):
        options = {"reply_timeout": self.reply_timeout}
        return lambda port: {"CACHE_NETWORK_PORT": port, "CACHE_OPTIONS": options}

    @pytest.fixture
    def raw_read(self, backend, store):
        return lambda key: store.entries.get(backend.name(key))

    @pytest.fixture
    def raw_write(self, backend, store):
        def write(key, payload):
            store.entries[backend.name(key)] = payload

        return write

    @pytest.fixture
    def raw_keys(self, store):
        return lambda: list(store.entries)


class TestNetwork(OnAServer):
    #: A skip of these is a failure (`conftest`).
    never_skips = "C-"
