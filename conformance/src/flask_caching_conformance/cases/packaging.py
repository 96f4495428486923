"""Is a backend found by its name, and does importing it do nothing but define things?"""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, distribution, packages_distributions
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_caching.backends.base import BaseCache
from flask_caching.registry import installed_registry
from flask_caching.settings import read_settings

from ..bench import Bench
from ..catalogue import case
from ..harness.waiting import PATIENCE
from ..verdicts import Skip
from ..workshop import Workshop

#: Clients of stores: the module, and the distribution that has it.
CLIENTS = {
    "redis": "redis",
    "valkey": "valkey",
    "pylibmc": "pylibmc",
    "pymemcache": "pymemcache",
    "memcache": "python-memcached",
    "bmemcached": "python-binary-memcached",
    "google.cloud.storage": "google-cloud-storage",
    "boto3": "boto3",
    "pymongo": "pymongo",
    "uwsgi": "uwsgi",
}
CORE = "flask_caching"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a backend comes from, as far as another interpreter must know.

    :param name: what its entry point is called; ``None`` where the configuration has no name.
    :param root: a folder from which the module can be imported, of a class given by itself.
    """

    name: str | None
    module: str
    attribute: str
    root: str | None = None

    @property
    def package(self) -> str:
        return self.module.partition(".")[0]


class Packaging(Bench):
    """Packaging."""

    @pytest.fixture
    def origin(self, make: Workshop) -> Origin:
        return origin_of(make.config["CACHE_TYPE"])

    @pytest.fixture
    def point(self, origin: Origin) -> EntryPoint:
        """The entry point of the backend's name."""
        if origin.name is None:
            Skip.DOES_NOT_APPLY(f"{origin.attribute} is given without an entry point")
        return points_of(origin.name)[0]

    @case("C-PKG-01", "A backend's name leads by its entry point to a class or a factory.")
    def test_a_name_leads_to_a_class_or_a_factory(self, make: Workshop, point: EntryPoint) -> None:
        found = installed_registry().load(point.name)

        assert callable(getattr(found, "factory", found)), f"{found!r} makes nothing"
        assert isinstance(make(), BaseCache)

    @case("C-PKG-02", "A backend is found without having been imported before.")
    def test_it_is_found_in_a_new_interpreter(self, origin: Origin) -> None:
        seen = seen_by_importing(origin)

        assert seen.get("error") is None

    @case("C-PKG-03", "Importing the core imports no backend's package and no client library.")
    def test_the_core_imports_no_backend(self, origin: Origin) -> None:
        if origin.package == CORE:
            Skip.DOES_NOT_APPLY(f"{origin.module} belongs to the core")

        with_core = seen_by_importing(origin)["with core"]

        assert [name for name in with_core if is_within(origin.package, name)] == []
        assert [client for client in CLIENTS if client in with_core] == []

    @case(
        "C-PKG-04",
        "Importing a backend's package does nothing but define things: no thread, no descriptor, "
        "no file, no signal handler, no environment, no logging handler.",
    )
    def test_importing_it_does_nothing_but_define_things(self, origin: Origin) -> None:
        assert seen_by_importing(origin).get("changes", {}) == {}

    @case(
        "C-PKG-05",
        "Importing a backend's package imports no client and no backend that its distribution "
        "does not require.",
    )
    def test_importing_it_imports_no_other_stores_client(self, origin: Origin) -> None:
        owner = owner_of(origin)
        if owner is None:
            Skip.DOES_NOT_APPLY(f"{origin.module} is of no distribution that says what it requires")
        required = {normalized(each) for each in owner.requires or ()} | {normalized(owner.name)}
        foreign = [client for client, of in CLIENTS.items() if normalized(of) not in required]
        foreign += [
            point.module
            for points in installed_registry().installed().values()
            for point in points
            if point.dist is not None and normalized(point.dist.name) not in required
        ]

        imported = seen_by_importing(origin).get("imported", [])

        assert sorted({name for name in foreign if name in imported}) == []

    @case(
        "C-PKG-06",
        "`factory` needs nothing in `kwargs` but `default_timeout` and what `CACHE_OPTIONS` names.",
    )
    def test_its_factory_needs_no_more_than_it_is_told_of(self, make: Workshop) -> None:
        if make.config.get("CACHE_OPTIONS") is None:
            make.config["CACHE_OPTIONS"] = {}
        kind, options = type(make()), make.config["CACHE_OPTIONS"]
        config = dict(read_settings(make.config).config)

        made = kind.factory(Flask(__name__), config, [], {"default_timeout": 5, **options})

        assert made.set("key", [1]) is True
        assert made.get("key") == [1]
        made.delete("key")
        made.close()

    @case("H-PKG-07", "No two distributions that are installed claim the backend's names.")
    def test_nobody_else_claims_its_names(self, point: EntryPoint) -> None:
        owner = point.dist.name if point.dist else None
        names = [
            name
            for name, points in installed_registry().installed().items()
            if any(each.dist is not None and each.dist.name == owner for each in points)
        ]

        assert names
        for name in names:
            claims = [f"{each.value} of {each.dist and each.dist.name}" for each in points_of(name)]
            assert len(claims) == 1, f"CACHE_TYPE {name!r} is claimed by {' and '.join(claims)}"


def points_of(name: str) -> list[EntryPoint]:
    """Return the entry points of a name; the core takes it in small letters, too."""
    installed = installed_registry().installed()
    return installed.get(name) or installed.get(name.lower(), [])


def origin_of(kind: Any) -> Origin:
    """Return where a backend comes from, by its ``CACHE_TYPE``."""
    if isinstance(kind, str):
        module, _, attribute = kind.replace(":", ".").rpartition(".")
        points = points_of(attribute if module.partition(".")[0] == CORE else kind)
        if points:
            return Origin(points[0].name, points[0].module, points[0].attr)
        return Origin(None, module, attribute)
    made = kind if hasattr(kind, "__qualname__") else type(kind)
    return Origin(None, made.__module__, made.__qualname__, root_of(made.__module__))


def root_of(module: str) -> str | None:
    """Return the folder in which a module's name begins, as its file says."""
    file = getattr(sys.modules.get(module), "__file__", None)
    parts = module.split(".")
    if file is None or Path(file).with_suffix("").parts[-len(parts) :] != tuple(parts):
        return None
    return str(Path(file).parents[len(parts) - 1])


def owner_of(origin: Origin) -> Distribution | None:
    """Return the distribution that a backend is part of."""
    if origin.name is not None:
        return points_of(origin.name)[0].dist
    owners = packages_distributions().get(origin.package)
    return distribution(owners[0]) if owners else None


def normalized(requirement: str) -> str:
    """Return the name of a distribution in a requirement, as packaging compares it."""
    name = re.match(r"[\w.-]+", requirement)
    return re.sub(r"[-_.]+", "-", name[0] if name else "").lower()


def is_within(package: str, module: str) -> bool:
    """Tell whether a module is part of a package."""
    return module == package or module.startswith(f"{package}.")


def seen_by_importing(origin: Origin) -> dict[str, Any]:
    """Return what a new interpreter sees where it imports the backend.

    A class may be given that another program can't import; then the case is skipped.
    """
    seen = _seen_by_importing(origin, tuple(sys.path))
    if "error" in seen and origin.root is not None and is_gone(origin, seen["error"]):
        Skip.DOES_NOT_APPLY(f"{origin.module} can be imported in these tests only")
    return seen


def is_gone(origin: Origin, error: str) -> bool:
    """Tell whether an import failed since there is no such module for another program."""
    return f"No module named '{origin.package}" in error


@functools.cache
def _seen_by_importing(origin: Origin, path: tuple[str, ...]) -> dict[str, Any]:
    """Start the interpreter: once for all cases of a backend."""
    asked = {
        "path": [*path, *([origin.root] if origin.root else [])],
        "name": origin.name,
        "module": origin.module,
        "attribute": origin.attribute,
    }
    program = Path(__file__).with_name("importing.py")
    with tempfile.TemporaryDirectory() as folder:
        homes = dict.fromkeys(["HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"], folder)
        done = subprocess.run(
            [interpreter(), "-B", program, json.dumps(asked)],
            cwd=folder,
            env={**os.environ, **homes},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def interpreter() -> str:
    """Return Python's path: within a server, `sys.executable` is that server."""
    if Path(sys.executable).name.startswith("python"):
        return sys.executable
    return str(Path(sys.prefix) / "bin" / "python")
