"""The names that applications import from 2.x, by every road that leads there."""

import hashlib
import importlib
import importlib.metadata
import json
import subprocess
import sys

import pytest
from flask import Flask

import flask_caching
from flask_caching import BackendNotFoundError, Cache

ROADS = {
    "Cache": ["flask_caching"],
    "CachedResponse": ["flask_caching"],
    "BaseCache": ["flask_caching", "flask_caching.backends", "flask_caching.backends.base"],
    "SimpleCache": [
        "flask_caching",
        "flask_caching.backends",
        "flask_caching.backends.simple",
        "flask_caching.backends.simplecache",
    ],
    "NullCache": [
        "flask_caching",
        "flask_caching.backends",
        "flask_caching.backends.null",
        "flask_caching.backends.nullcache",
    ],
    "make_template_fragment_key": ["flask_caching", "flask_caching.utils"],
    "function_namespace": ["flask_caching", "flask_caching.utils"],
    "cache_view_hit": ["flask_caching", "flask_caching.signals"],
    "cache_view_miss": ["flask_caching", "flask_caching.signals"],
    "cache_memoize_hit": ["flask_caching", "flask_caching.signals"],
    "cache_memoize_miss": ["flask_caching", "flask_caching.signals"],
    "SUPPORTED_HASH_FUNCTIONS": ["flask_caching"],
    "__version__": ["flask_caching"],
    "CacheExtension": ["flask_caching.jinja2ext"],
    "JINJA_CACHE_ATTR_NAME": ["flask_caching.jinja2ext"],
    "get_id": ["flask_caching.utils"],
    "get_arg_names": ["flask_caching.utils"],
    "get_arg_default": ["flask_caching.utils"],
    "normalize_timeout": ["flask_caching.utils"],
    "wants_args": ["flask_caching.utils"],
}

#: The modules in which a backend of a plugin's was found, and what to install for it.
PLUGINS = {
    "FileSystemCache": ("filesystem", ["backends", "backends.filesystemcache"]),
    "RedisCache": ("redis", ["backends", "backends.rediscache"]),
    "RedisClusterCache": ("redis", ["backends", "backends.rediscache"]),
    "RedisSentinelCache": ("redis", ["backends", "backends.rediscache"]),
    "MemcachedCache": ("memcached", ["backends", "backends.memcache"]),
    "SASLMemcachedCache": ("memcached", ["backends", "backends.memcache"]),
    "SpreadSASLMemcachedCache": ("memcached", ["backends", "backends.memcache"]),
    "UWSGICache": ("uwsgi", ["backends", "backends.uwsgicache", "contrib.uwsgicache"]),
    "GoogleCloudStorageCache": ("gcs", ["backends", "contrib.googlecloudstoragecache"]),
}
PLUGIN_ROADS = [(road, name) for name, (_, roads) in PLUGINS.items() for road in roads]

ACME = "from flask_caching import SimpleCache\n\nclass AcmeCache(SimpleCache): ..."


@pytest.fixture(autouse=True)
def unresolved(monkeypatch):
    """Let no module hold the class that a test found for a name."""
    for road, name in PLUGIN_ROADS:
        module = importlib.import_module(f"flask_caching.{road}")
        monkeypatch.delitem(vars(module), name, raising=False)
    yield
    for road, name in PLUGIN_ROADS:
        vars(importlib.import_module(f"flask_caching.{road}")).pop(name, None)


def imported(module, name):
    """Run ``from module import name``."""
    names = {}
    exec(f"from {module} import {name}", names)
    return names[name]


# -- what the core brings along ----------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for name, modules in ROADS.items() for module in modules]
)
def test_a_name_is_the_same_object_by_every_road(module, name):
    found = imported(module, name)

    assert found is not None
    assert found is imported(ROADS[name][0], name) or name == "__version__"


def test_the_version_is_that_of_the_distribution():
    version = flask_caching.__version__

    assert version == importlib.metadata.version("flask-caching-core")


def test_the_hash_functions_are_those_of_2x():
    supported = flask_caching.SUPPORTED_HASH_FUNCTIONS

    names = ["sha1", "sha224", "sha256", "sha384", "sha512", "md5"]
    assert supported == [getattr(hashlib, name) for name in names]


@pytest.mark.parametrize(
    "module", ["flask_caching", "flask_caching.backends", "flask_caching.backends.rediscache"]
)
def test_a_name_that_never_was_there_is_an_ordinary_error(module):
    with pytest.raises(ImportError, match="cannot import name 'NoCache'"):
        imported(module, "NoCache")


def test_importing_the_old_modules_imports_no_plugin():
    source = (
        "import json, sys\n"
        "import flask_caching.backends.filesystemcache, flask_caching.backends.rediscache\n"
        "import flask_caching.backends.memcache, flask_caching.backends.uwsgicache\n"
        "import flask_caching.contrib.uwsgicache, flask_caching.contrib.googlecloudstoragecache\n"
        "print(json.dumps(sorted(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", source], capture_output=True, text=True, check=True
    )

    modules = set(json.loads(done.stdout))
    assert "flask_caching.contrib.uwsgicache" in modules
    plugins = {f"flask_caching_{plugin}" for plugin, _ in PLUGINS.values()}
    assert modules & {*plugins, "redis", "pylibmc", "google.cloud.storage", "pluggy"} == set()


# -- backends of plugins -----------------------------------------------------------------


@pytest.mark.parametrize(("road", "name"), PLUGIN_ROADS)
def test_a_backend_that_is_not_installed_says_what_to_install(only_core, road, name):
    with pytest.raises(ImportError, match=f"pip install flask-caching-{PLUGINS[name][0]} "):
        imported(f"flask_caching.{road}", name)


def test_the_error_of_a_missing_backend_is_one_of_ours(only_core):
    with pytest.raises(BackendNotFoundError, match="'RedisCache' is not installed"):
        imported("flask_caching.backends", "RedisCache")


@pytest.mark.parametrize(("road", "name"), PLUGIN_ROADS)
def test_a_backend_that_is_installed_is_the_class_of_its_entry_point(
    only_core, install, road, name
):
    install("acme-store", {"acme.py": ACME}, backends={name: "acme:AcmeCache"})

    found = imported(f"flask_caching.{road}", name)

    assert found is importlib.import_module("acme").AcmeCache


def test_the_entry_points_are_asked_once_for_a_name(only_core, install):
    install("acme-store", {"acme.py": ACME}, backends={"RedisCache": "acme:AcmeCache"})
    found = imported("flask_caching.backends", "RedisCache")

    module = vars(importlib.import_module("flask_caching.backends"))

    assert module["RedisCache"] is found


def test_a_backend_is_the_class_that_an_application_gets_by_name(only_core, install):
    install("acme-store", {"acme.py": ACME}, backends={"RedisCache": "acme:AcmeCache"})
    cache = Cache(Flask("shop"), config={"CACHE_TYPE": "RedisCache"})

    found = imported("flask_caching.backends.rediscache", "RedisCache")

    assert type(cache.cache) is found


def test_a_missing_backend_can_be_installed_after_it_was_asked_for(only_core, install):
    with pytest.raises(ImportError):
        imported("flask_caching.backends", "RedisCache")
    install("acme-store", {"acme.py": ACME}, backends={"RedisCache": "acme:AcmeCache"})

    found = imported("flask_caching.backends", "RedisCache")

    assert found.__name__ == "AcmeCache"


# -- backends without an application -----------------------------------------------------


@pytest.mark.parametrize("module", ROADS["SimpleCache"])
def test_a_backend_works_without_an_application(module):
    backend = imported(module, "SimpleCache")()

    backend.set("key", [1])

    assert backend.get("key") == [1]


def test_a_backend_takes_the_options_of_2x():
    backend = flask_caching.SimpleCache(threshold=5, default_timeout=60, ignore_errors=True)

    assert backend.threshold == 5
    assert backend.default_timeout == 60
    assert backend.ignore_delete_many_errors


def test_a_backend_of_ones_own_derives_from_the_old_base():
    class OwnCache(imported("flask_caching.backends.base", "BaseCache")):
        def __init__(self):
            super().__init__(default_timeout=7)

    backend = OwnCache()

    assert backend.default_timeout == 7
    assert backend._normalize_timeout(None) == 7


# -- what is not asked before it is needed -----------------------------------------------


@pytest.mark.parametrize("decorator", ["cached", "memoize"])
def test_a_hash_method_is_not_called_while_decorating(decorator):
    def hash_method(*args):
        raise RuntimeError("there is no application yet")

    decorated = getattr(Cache(), decorator)(hash_method=hash_method)(lambda: 1)

    assert decorated.uncached() == 1


def test_a_hash_method_may_resolve_when_it_is_called(app):
    cache = Cache()

    def hash_method(*args):
        return app.config["HASH"](*args)

    @cache.memoize(hash_method=hash_method)
    def answer(value):
        return value

    app.config["HASH"] = hashlib.sha1
    cache.init_app(app)

    seen = [answer(1), answer(1)]

    assert seen == [1, 1]
