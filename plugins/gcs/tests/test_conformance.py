"""Does the backend keep the contract?"""

from __future__ import annotations

import pytest

from flask_caching_conformance import BackendConformance

from .conftest import options_for


class TestGoogleCloudStorage(BackendConformance):
    required_options = ("CACHE_GCS_BUCKET",)
    revision = 2
    level = "hardened"
    #: What takes some seconds; each is a request.
    crowd = 200

    @pytest.fixture
    def backend_config(self, emulator, bucket):
        return {
            "CACHE_TYPE": "gcs",
            "CACHE_GCS_BUCKET": bucket,
            "CACHE_OPTIONS": options_for(emulator.url),
        }

    @pytest.fixture
    def raw_keys(self, objects, backend):
        return lambda: [blob.name for blob in objects.list_blobs(prefix=backend.name(""))]

    @pytest.fixture
    def endpoint(self, emulator):
        return emulator.port

    @pytest.fixture
    def own_server(self, lasting_emulator, bucket):
        lasting_emulator.new_bucket(bucket)
        return lasting_emulator

    @pytest.fixture
    def config_at(self, backend_config):
        def config_at(port):
            options = options_for(f"http://127.0.0.1:{port}")
            return {**backend_config, "CACHE_OPTIONS": options}

        return config_at
