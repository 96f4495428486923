"""Do the backends pass that the kit is measured by: in memory, behind a port, in a folder?"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from flask_caching.backends.simple import SimpleCache
from flask_caching.registry import BACKENDS, installed_registry
from flask_caching_conformance import BackendConformance

from .folder import FolderCache
from .mutants import MUTANTS
from .network import NetworkCache

ROOT = Path(__file__).parents[2]


def cases_of_mutants(kind):
    """Return the cases by which wrong backends die that would be of this kind, were they right.

    But for those that claim too much: what is repaired there is the claim.
    """
    return tuple(
        mutant.case
        for mutant in MUTANTS
        if issubclass(mutant.backend, kind) and mutant.backend.capabilities <= kind.capabilities
    )


class TestSimple(BackendConformance):
    config = {"CACHE_TYPE": "simple"}
    level = "hardened"
    #: A skip of these is a failure (`conftest`): each mutant, repaired, passes its case.
    never_skips = cases_of_mutants(SimpleCache)


class OnAServer(BackendConformance):
    """A backend of a class that stores in the server of bytes."""

    kind = NetworkCache
    revision = 2
    level = "hardened"
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
    def retrying_at(self, config_at):
        def retrying_at(port):
            config = config_at(port)
            return {**config, "CACHE_OPTIONS": {**config["CACHE_OPTIONS"], "retries": 2}}

        return retrying_at

    @pytest.fixture
    def fill(self, store):
        def fill():
            store.is_full = True

        return fill

    @pytest.fixture
    def own_server(self, own_store):
        return own_store

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


class InAFolder(BackendConformance):
    """A backend of a class that keeps files."""

    kind = FolderCache
    revision = 2
    level = "hardened"
    required_options = ("CACHE_DIR",)
    crowd = 500

    @pytest.fixture
    def backend_config(self, tmp_path):
        return {"CACHE_TYPE": self.kind, "CACHE_DIR": tmp_path / "cache"}


class Installed:
    """Finds its backend by a name, as that of a distribution which is installed."""

    #: The distributions' names, and where the name "installed" leads to in each.
    distributions = {"flask-caching-installed": "conformance.tests.network:NetworkCache"}
    #: A module that they import wherever Python starts.
    with_python = None

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def installed(cls, tmp_path_factory):
        site = tmp_path_factory.mktemp("site")
        for name, target in cls.distributions.items():
            info = site / f"{name.replace('-', '_')}-1.0.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            (info / "entry_points.txt").write_text(f"[{BACKENDS}]\ninstalled = {target}\n")
        with pytest.MonkeyPatch.context() as environment:
            environment.syspath_prepend(site)
            # Not in front of others: the tests' own folder has names like those of packages.
            environment.setattr(sys, "path", [*sys.path, str(ROOT)])
            if cls.with_python is not None:
                # What a `.pth` file does in a folder that Python looks at as it starts.
                imports = f"import sys; sys.path.append({str(ROOT)!r}); import {cls.with_python}"
                (site / "sitecustomize.py").write_text(imports)
                environment.setenv("PYTHONPATH", str(site))
            installed_registry.cache_clear()
            yield
        installed_registry.cache_clear()


class TestFolder(InAFolder):
    never_skips = cases_of_mutants(FolderCache)


class TestNetwork(Installed, OnAServer):
    kind = "installed"
    #: Nor one of what every backend must pass.
    never_skips = ("C-", *cases_of_mutants(NetworkCache))
