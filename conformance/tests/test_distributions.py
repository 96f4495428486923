"""What lands in an empty environment, where somebody installs the core and one plugin."""

from __future__ import annotations

import email
import json
import zipfile

import pytest

from .environments import ROOT, Environment, build

PLUGINS = {
    "filesystem": {"FileSystemCache", "filesystem"},
    "gcs": {"GoogleCloudStorageCache", "gcs"},
    "memcached": {
        *("MemcachedCache", "SASLMemcachedCache", "SpreadSASLMemcachedCache"),
        *("memcached", "saslmemcached", "spreadsaslmemcached"),
    },
    "redis": {
        *("RedisCache", "RedisClusterCache", "RedisSentinelCache"),
        *("redis", "rediscluster", "redissentinel"),
    },
    "uwsgi": {"UWSGICache", "uwsgi"},
}
OF_THE_CORE = {"NullCache", "SimpleCache", "null", "simple"}
CLIENTS = {
    "redis": "redis",
    "pylibmc": "memcached",
    "google-cloud-storage": "gcs",
    "pyuwsgi": None,
    "uwsgi": None,
}
DISTRIBUTIONS = ["Flask-Caching", "flask-caching-core", "flask-caching-conformance"] + [
    f"flask-caching-{plugin}" for plugin in PLUGINS
]
#: Each test installs from the same files, so one worker builds them.
pytestmark = pytest.mark.xdist_group("distributions")

SEEN = """
import json
from importlib.metadata import distributions
from flask_caching.registry import installed_registry

print(json.dumps({
    "backends": list(installed_registry().installed()),
    "distributions": [each.name.lower() for each in distributions()],
}))
"""


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """Build what `make build` builds, elsewhere."""
    folder = tmp_path_factory.mktemp("dist")
    build(ROOT, folder, "--all-packages")
    return folder


@pytest.fixture
def environment(tmp_path, dist):
    """Make an empty environment; what is called installs into it, and tells what is there."""
    made = Environment(tmp_path, dist)

    def install(*requirements):
        made.install(*requirements)
        return json.loads(made.run("python", "-I", "-c", SEEN))

    return install


def wheel_of(dist, name):
    (wheel,) = dist.glob(f"{name.lower().replace('-', '_')}-[0-9]*.whl")
    return zipfile.ZipFile(wheel)


def metadata_of(wheel):
    (path,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return email.message_from_bytes(wheel.read(path))


def test_every_distribution_is_built_as_a_wheel_and_as_a_source(dist):
    files = sorted(path.name for path in dist.iterdir() if path.suffix in {".whl", ".gz"})

    assert len([name for name in files if name.endswith(".whl")]) == len(DISTRIBUTIONS) == 8
    assert len([name for name in files if name.endswith(".tar.gz")]) == len(DISTRIBUTIONS)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_wheel_says_what_it_is(dist, name):
    with wheel_of(dist, name) as wheel:
        metadata = metadata_of(wheel)
        files = wheel.namelist()

    assert metadata["Name"] == name
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert "ndependent implementation" in metadata["Summary"]
    assert any(file.endswith("/licenses/LICENSE") for file in files)
    assert name == "Flask-Caching" or any(file.endswith("/py.typed") for file in files)
    own = [file for file in files if "/scaffold/templates/" not in file]  # a stranger's tests
    assert not [file for file in own if "/tests/" in file or "__pycache__" in file]


@pytest.mark.parametrize("plugin", PLUGINS)
def test_the_core_and_one_plugin_bring_that_backend_only(environment, plugin):
    seen = environment("flask-caching-core", f"flask-caching-{plugin}")

    assert set(seen["backends"]) == OF_THE_CORE | PLUGINS[plugin]
    foreign = {client for client, owner in CLIENTS.items() if owner != plugin}
    assert not foreign & set(seen["distributions"])
    ours = {name for name in seen["distributions"] if name.startswith("flask-caching")}
    assert ours == {"flask-caching-core", f"flask-caching-{plugin}"}


def test_the_umbrella_satisfies_what_asks_for_flask_caching(environment):
    seen = environment("Flask-Caching[redis]==2.5.1+plugins.1", "flask-caching<3,>=2.1.0")

    assert set(seen["backends"]) == OF_THE_CORE | PLUGINS["filesystem"] | PLUGINS["redis"]
    assert not {"pylibmc", "google-cloud-storage", "cachelib"} & set(seen["distributions"])
