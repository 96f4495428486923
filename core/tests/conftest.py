"""What all tests of the core may use."""

from __future__ import annotations

import importlib
import sys
import textwrap
from importlib.metadata import EntryPoints

import pytest
from flask import Flask

from flask_caching import Cache, registry
from flask_caching.registry import installed_registry
from flask_caching_conformance.harness.clock import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def app():
    app = Flask("application")
    app.config["CACHE_TYPE"] = "simple"
    return app


@pytest.fixture
def cache(app):
    return Cache(app)


@pytest.fixture
def only_core(monkeypatch):
    """Let none of our plugins count as installed, whatever the environment holds."""
    everything = registry.entry_points

    def without_plugins():
        return EntryPoints(
            point
            for group in (registry.BACKENDS, registry.PLUGINS)
            for point in everything().select(group=group)
            if point.dist.name == "flask-caching-core"
            or not point.dist.name.startswith("flask-caching-")
        )

    monkeypatch.setattr(registry, "entry_points", without_plugins)
    installed_registry.cache_clear()
    yield
    installed_registry.cache_clear()


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Give a function that installs a distribution: modules and metadata on ``sys.path``.

    It takes the distribution's name, its modules' source by file name, and entry points by
    group: ``backends={"foo": "foo_cache:FooCache"}``, ``plugins={...}``.
    """
    site = tmp_path / "site-packages"
    site.mkdir()
    monkeypatch.syspath_prepend(site)
    modules_before = set(sys.modules)

    def install(name, modules, **groups):
        for path, source in modules.items():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_text(textwrap.dedent(source), encoding="utf-8")
        metadata = site / f"{name.replace('-', '_')}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = []
        for group, points in groups.items():
            lines.append(f"[flask_caching.{group}]")
            lines += [f"{point} = {value}" for point, value in points.items()]
        (metadata / "entry_points.txt").write_text("\n".join(lines))
        importlib.invalidate_caches()
        installed_registry.cache_clear()
        return site

    yield install
    installed_registry.cache_clear()
    for module in set(sys.modules) - modules_before:
        if str(getattr(sys.modules[module], "__file__", None) or "").startswith(str(site)):
            del sys.modules[module]
