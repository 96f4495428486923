"""What every backend promises, shown on the one in memory and on a store of bytes."""

from __future__ import annotations

import pytest

from flask_caching.backends.simple import SimpleCache
from flask_caching_conformance import BackendConformance

from .stores import DictCache


class TestSimple(BackendConformance):
    level = "hardened"
    config = {"CACHE_TYPE": "simple"}


class TestTenanted(BackendConformance):
    """In memory, under a prefix that is asked at each operation."""

    config = {"CACHE_TYPE": "simple", "CACHE_KEY_PREFIX": lambda: "tenant"}


class OnOneDict(BackendConformance):
    """A store of bytes; the backends of one test share it."""

    @pytest.fixture
    def store(self):
        return {}

    @pytest.fixture
    def backend_config(self, store):
        return {"CACHE_TYPE": DictCache, "CACHE_OPTIONS": {"store": store}}

    @pytest.fixture
    def raw_keys(self, store):
        return store.keys


class TestBytes(OnOneDict):
    @pytest.fixture
    def backend_config(self, store):
        return {
            "CACHE_TYPE": DictCache,
            "CACHE_KEY_PREFIX": "",
            "CACHE_OPTIONS": {"store": store},
        }


class TestPrefixed(OnOneDict):
    pass


@pytest.mark.parametrize("make", [SimpleCache, DictCache])
@pytest.mark.parametrize("default", [True, "300", None, [5]], ids=repr)
def test_a_default_of_another_type_is_a_type_error(make, default):
    with pytest.raises(TypeError, match="timeout"):
        make(default_timeout=default)
