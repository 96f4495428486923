"""How a name becomes a backend: every form of ``CACHE_TYPE``, and what the errors say."""

import functools
import importlib
import json
import os
import subprocess
import sys
from importlib.metadata import DistributionFinder, distribution
from types import SimpleNamespace

import pluggy
import pytest

from flask_caching import (
    BackendConflictError,
    BackendContractError,
    BackendNotFoundError,
    Cache,
    ConfigError,
    NullCache,
    SimpleCache,
)
from flask_caching.registry import BACKENDS, PLUGINS, Registry, installed_registry
from flask_caching.settings import read_settings

from .strictness import strictly

ACME = """
from flask_caching.backends.base import BaseCache

class AcmeCache(BaseCache):
    def __init__(self, size=1, default_timeout=300):
        super().__init__(default_timeout)
        self.size = size

def make(app, config, args, kwargs):
    return AcmeCache(*args, **kwargs)

class Foreign:
    def __init__(self, **options):
        self.options = options

    def get(self, key): ...
    def set(self, key, value, timeout=None): ...
    def delete(self, key): ...

class ForeignWithoutTimeout(Foreign):
    def __init__(self, size=1):
        self.size = size

nothing = lambda app, config, args, kwargs: None
a_partial = __import__("functools").partial(make)
number = 5
"""


@pytest.fixture
def core():
    """Give a registry of what the core brings along, whatever else is installed."""
    return registry_of("flask-caching-core")


@pytest.fixture
def acme(install):
    """Install the modules above, under no name of any backend's."""
    install("acme", {"acme.py": ACME})
    return importlib.import_module("acme")


def registry_of(*names):
    points = [point for name in names for point in distribution(name).entry_points]
    return Registry([point for point in points if point.group in (BACKENDS, PLUGINS)])


def build(registry, app, cache_type, **config):
    return registry.build(app, read_settings(app.config, {"CACHE_TYPE": cache_type, **config}))


# -- every form of CACHE_TYPE --------------------------------------------------------


@pytest.mark.parametrize(
    "cache_type",
    [
        "simple",
        "SimpleCache",
        "Simple",
        "flask_caching.backends.simple",
        "flask_caching.backends.SimpleCache",
        "flask_caching.backends.simplecache.SimpleCache",
        "flask_caching.backends.simple.SimpleCache",
        "flask_caching.backends.simple:SimpleCache",
        "flask_caching.SimpleCache",
        SimpleCache,
    ],
)
def test_every_spelling_of_simple_makes_a_simple_cache(core, app, cache_type):
    backend = build(core, app, cache_type)

    assert type(backend) is SimpleCache


@pytest.mark.parametrize(
    "cache_type",
    ["null", "NullCache", "flask_caching.backends.null", "flask_caching.backends.NullCache"],
)
def test_every_spelling_of_null_makes_a_null_cache(core, app, cache_type):
    backend = build(core, app, cache_type)

    assert type(backend) is NullCache


@pytest.mark.parametrize("cache_type", ["acme.AcmeCache", "acme:AcmeCache"])
def test_a_path_to_a_class_makes_the_class_with_its_options(core, app, acme, cache_type):
    options = {"size": 7}

    backend = build(core, app, cache_type, CACHE_OPTIONS=options, CACHE_DEFAULT_TIMEOUT=60)

    assert (type(backend), backend.size, backend.default_timeout) == (acme.AcmeCache, 7, 60)


@pytest.mark.parametrize("cache_type", ["acme.make", "acme:make", "acme.a_partial"])
def test_a_path_to_a_factory_function_calls_it(core, app, acme, cache_type):
    backend = build(core, app, cache_type, CACHE_ARGS=[9])

    assert (type(backend), backend.size) == (acme.AcmeCache, 9)


def test_a_path_through_a_package_is_imported(core, app, install):
    install("shop", {"shop/__init__.py": "", "shop/stores/acme.py": ACME})

    backend = build(core, app, "shop.stores.acme.AcmeCache")

    assert type(backend).__module__ == "shop.stores.acme"


def test_a_class_is_made_by_its_factory(core, app, acme):
    backend = build(core, app, acme.AcmeCache, CACHE_ARGS=[9])

    assert (type(backend), backend.size) == (acme.AcmeCache, 9)


@pytest.mark.parametrize("wrap", [lambda make: make, functools.partial, staticmethod])
def test_a_factory_is_called(core, app, acme, wrap):
    backend = build(core, app, wrap(acme.make))

    assert type(backend) is acme.AcmeCache


def test_an_object_with_a_factory_is_asked_for_the_backend(core, app, acme):
    backend = build(core, app, SimpleNamespace(factory=acme.make))

    assert type(backend) is acme.AcmeCache


def test_an_instance_is_taken_as_it_is(core, app):
    instance = SimpleCache(threshold=3)

    backend = build(core, app, instance)

    assert backend is instance


def test_an_instance_of_a_foreign_class_is_taken_as_it_is(core, app, acme):
    instance = acme.Foreign()

    backend = build(core, app, instance)

    assert backend is instance


def test_a_foreign_class_is_called_with_its_options(core, app, acme):
    backend = build(core, app, "acme.Foreign", CACHE_OPTIONS={"size": 7})

    assert backend.options == {"size": 7, "default_timeout": 300}


def test_a_foreign_class_without_default_timeout_is_not_given_one(core, app, acme):
    backend = build(core, app, acme.ForeignWithoutTimeout, CACHE_OPTIONS={"size": 7})

    assert backend.size == 7


def test_parameters_of_a_factory_by_path_may_have_any_names(core, app, install):
    source = "from acme import AcmeCache\ndef make(a, c, *rest): return AcmeCache()"
    install("acme", {"acme.py": ACME, "odd.py": source})

    backend = build(core, app, "odd.make")

    assert type(backend).__name__ == "AcmeCache"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("flask_caching.contrib.uwsgicache.UWSGICache", "UWSGICache"),
        ("flask_caching.contrib.GoogleCloudStorageCache", "GoogleCloudStorageCache"),
        ("flask_caching.backends.rediscache.RedisCache", "RedisCache"),
        ("flask_caching.backends.RedisCache", "RedisCache"),
        ("flask_caching.backends.redis", "redis"),
        ("flask_caching.backends:redis", "redis"),
    ],
)
def test_an_old_path_leads_to_the_entry_point_of_its_last_part(app, install, path, name):
    install("acme-store", {"acme.py": ACME}, backends={name: "acme:AcmeCache"})

    backend = build(registry_of("acme-store"), app, path)

    assert type(backend).__name__ == "AcmeCache"


def test_an_entry_point_may_lead_to_a_class(app, install):
    install("acme-store", {"acme.py": ACME}, backends={"acme": "acme:AcmeCache"})

    backend = build(Registry(), app, "acme", CACHE_OPTIONS={"size": 7})

    assert (type(backend).__name__, backend.size) == ("AcmeCache", 7)


@pytest.mark.parametrize("attribute", ["make", "a_partial"])
def test_an_entry_point_may_lead_to_a_factory(app, install, attribute):
    install("acme-store", {"acme.py": ACME}, backends={"acme": f"acme:{attribute}"})

    backend = build(Registry(), app, "acme", CACHE_ARGS=[9])

    assert backend.size == 9


def test_an_entry_point_may_lead_to_a_module_with_a_factory(app, install):
    source = ACME.replace("def make", "def factory")
    install(
        "acme-store", {"acme.py": source.replace("(make)", "(factory)")}, backends={"a": "acme"}
    )

    backend = build(Registry(), app, "a", CACHE_ARGS=[9])

    assert backend.size == 9


def test_an_entry_point_may_lead_to_a_foreign_class(app, install):
    install("acme-store", {"acme.py": ACME}, backends={"acme": "acme:Foreign"})

    backend = build(Registry(), app, "acme", CACHE_OPTIONS={"size": 7})

    assert backend.options == {"size": 7, "default_timeout": 300}


def test_a_class_whose_factory_is_no_function_counts_as_foreign(app, install):
    source = ACME + "\nclass Odd(Foreign):\n    factory = None\n"
    install("acme-store", {"acme.py": source}, backends={"acme": "acme:Odd"})

    backend = build(Registry(), app, "acme")

    assert type(backend).__name__ == "Odd"


def test_a_factory_that_takes_whatever_comes_is_given_all_four(app, install):
    source = ACME + "\ndef any_args(*args, **kwargs): return Foreign(given=(args, kwargs))"
    install("acme-store", {"acme.py": source}, backends={"acme": "acme:any_args"})

    backend = build(Registry(), app, "acme")

    (given, by_name) = backend.options["given"]
    assert (len(given), given[0], by_name) == (4, app, {})


# -- what a factory is given ---------------------------------------------------------


def test_a_factory_is_given_the_defaults_filled_in_and_no_more_options_than_asked(core, app):
    given = {}

    def factory(app, config, args, kwargs):
        given.update(app=app, config=config, args=args, kwargs=kwargs)
        return SimpleCache()

    build(core, app, factory, CACHE_OPTIONS={"size": 7})

    assert given["app"] is app
    assert given["config"]["CACHE_DEFAULT_TIMEOUT"] == 300
    assert given["config"]["CACHE_KEY_PREFIX"] == "flask_cache_"
    assert given["args"] == []
    assert given["kwargs"] == {"default_timeout": 300, "size": 7}


def test_a_factory_may_change_what_it_is_given(core, app):
    given = []

    def factory(app, config, args, kwargs):
        given.append((dict(config), list(args), dict(kwargs)))
        args.append("more")
        kwargs["more"] = True
        config.clear()
        return SimpleCache()

    settings = read_settings(
        app.config, {"CACHE_TYPE": factory, "CACHE_ARGS": [1], "CACHE_OPTIONS": {"size": 7}}
    )

    core.build(app, settings)
    core.build(app, settings)

    assert given[0] == given[1]


def test_the_applications_configuration_is_not_what_a_factory_is_given(core, app):
    def factory(app, config, args, kwargs):
        config["SECRET_KEY"] = "changed"
        return SimpleCache()

    build(core, app, factory)

    assert app.config["SECRET_KEY"] is None


# -- errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "plugin"),
    [
        ("redis", "redis"),
        ("RedisCache", "redis"),
        ("rediscluster", "redis"),
        ("RedisClusterCache", "redis"),
        ("redissentinel", "redis"),
        ("RedisSentinelCache", "redis"),
        ("memcached", "memcached"),
        ("MemcachedCache", "memcached"),
        ("saslmemcached", "memcached"),
        ("SASLMemcachedCache", "memcached"),
        ("spreadsaslmemcached", "memcached"),
        ("SpreadSASLMemcachedCache", "memcached"),
        ("filesystem", "filesystem"),
        ("FileSystemCache", "filesystem"),
        ("gcs", "gcs"),
        ("GoogleCloudStorageCache", "gcs"),
        ("uwsgi", "uwsgi"),
        ("UWSGICache", "uwsgi"),
    ],
)
def test_a_name_that_is_not_installed_says_what_to_install(core, app, name, plugin):
    with pytest.raises(BackendNotFoundError) as caught:
        build(core, app, name)

    assert str(caught.value) == (
        f"CACHE_TYPE {name!r} is not installed. Install it with: "
        f"pip install flask-caching-{plugin} "
        f"(from a checkout: pip install ./core ./plugins/{plugin}). "
        "Installed here: null, simple."
    )


def test_an_old_path_to_what_is_not_installed_says_what_to_install(core, app):
    with pytest.raises(BackendNotFoundError) as caught:
        build(core, app, "flask_caching.contrib.uwsgicache.UWSGICache")

    assert str(caught.value) == (
        "CACHE_TYPE 'UWSGICache' is not installed. Install it with: "
        "pip install flask-caching-uwsgi "
        "(from a checkout: pip install ./core ./plugins/uwsgi). "
        "Installed here: null, simple."
    )


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("simpel", "Did you mean 'simple'? "),
        ("SimpelCache", "Did you mean 'SimpleCache'? "),
        ("reddis", "Did you mean 'redis'? "),
        ("file", "Did you mean 'filesystem'? "),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_an_unknown_name_says_the_nearest_one(core, app, name, hint):
    with pytest.raises(BackendNotFoundError) as caught:
        build(core, app, name)

    assert str(caught.value) == (
        f"CACHE_TYPE {name!r} is the name of no backend. {hint}Installed here: null, simple. "
        "A backend of your own is given as a dotted path, a class or an instance."
    )


def test_a_backend_with_one_name_only_is_listed_as_installed(app, install):
    install("acme-store", {"acme.py": ACME}, backends={"AcmeCache": "acme:AcmeCache"})

    with pytest.raises(BackendNotFoundError, match="Installed here: AcmeCache, null, simple"):
        build(registry_of("flask-caching-core", "acme-store"), app, "zzz")


@pytest.mark.parametrize(
    ("modules", "value", "cause"),
    [
        ({"acme.py": "raise RuntimeError('no driver')"}, "acme:Cache", "RuntimeError: no driver"),
        ({"acme.py": "import nowhere"}, "acme:C", "ModuleNotFoundError: No module named 'nowhere'"),
        ({}, "acme:Cache", "ModuleNotFoundError: No module named 'acme'"),
        (
            {"acme.py": ""},
            "acme:Cache",
            "AttributeError: module 'acme' has no attribute 'Cache'",
        ),
    ],
    ids=["module raises", "driver missing", "module missing", "attribute missing"],
)
def test_a_broken_plugin_names_its_distribution_and_the_cause(app, install, modules, value, cause):
    install("acme-store", modules, backends={"acme": value})

    with pytest.raises(BackendNotFoundError) as caught:
        build(Registry(), app, "acme")

    assert str(caught.value) == (
        f"The backend 'acme' of the distribution acme-store can't be imported: {cause}. "
        "Install what it lacks (pip check may name it), or another version of it."
    )
    assert caught.value.__cause__ is not None


def test_a_broken_plugin_leaves_the_others_untouched(app, install):
    install("broken", {"broken.py": "1/0"}, backends={"broken": "broken:Cache"})
    install("acme-store", {"acme.py": ACME}, backends={"acme": "acme:AcmeCache"})
    registry = Registry()

    with pytest.raises(BackendNotFoundError):
        build(registry, app, "broken")
    backend = build(registry, app, "acme")

    assert type(backend).__name__ == "AcmeCache"


def test_two_distributions_claiming_a_name_are_both_named(app, install):
    install("acme-store", {"acme.py": ACME}, backends={"acme": "acme:AcmeCache"})
    install("other-store", {}, backends={"acme": "other:AcmeCache"})

    with pytest.raises(BackendConflictError) as caught:
        build(registry_of("acme-store", "other-store"), app, "acme")

    assert str(caught.value) == (
        "CACHE_TYPE 'acme' is claimed by the distribution acme-store (acme:AcmeCache) and "
        "the distribution other-store (other:AcmeCache). Uninstall one of them, or give "
        "the dotted path of the class that you want."
    )


def test_a_conflict_does_not_concern_whoever_gives_the_path(app, install):
    install("acme-store", {"acme.py": ACME}, backends={"acme": "acme:AcmeCache"})
    install("other-store", {}, backends={"acme": "other:AcmeCache"})

    backend = build(registry_of("acme-store", "other-store"), app, "acme.AcmeCache")

    assert type(backend).__name__ == "AcmeCache"


def test_a_distribution_found_twice_is_no_conflict(app, install):
    install("acme-store", {"acme.py": ACME}, backends={"acme": "acme:AcmeCache"})

    backend = build(registry_of("acme-store", "acme-store"), app, "acme")

    assert type(backend).__name__ == "AcmeCache"


def test_what_is_installed_is_listed_by_name(install):
    install("acme-store", {"acme.py": ACME}, backends={"acme": "acme:AcmeCache"})

    installed = registry_of("flask-caching-core", "acme-store").installed()

    assert list(installed) == ["NullCache", "SimpleCache", "acme", "null", "simple"]
    assert [point.value for point in installed["acme"]] == ["acme:AcmeCache"]


SHORT = "\nclass Short(AcmeCache):\n    @classmethod\n    def factory(cls, app, config): ...\n"


@pytest.mark.parametrize(
    ("source", "signature"),
    [
        ("def wrong(app, config): ...", "(app, config)"),
        ("def wrong(app, config, args): ...", "(app, config, args)"),
        ("def wrong(): ...", "()"),
        ("def wrong(**kwargs): ...", "(**kwargs)"),
        ("def wrong(app, config, args, kwargs, more): ...", "(app, config, args, kwargs, more)"),
        ("def wrong(*, app, config, args, kwargs): ...", "(*, app, config, args, kwargs)"),
        (SHORT + "wrong = Short", "(app, config)"),
    ],
)
def test_a_factory_that_cant_take_four_arguments_is_refused(app, install, source, signature):
    install("acme-store", {"acme.py": ACME + source}, backends={"acme": "acme:wrong"})

    with pytest.raises(BackendContractError) as caught:
        build(Registry(), app, "acme")

    assert str(caught.value) == (
        f"The factory of acme:wrong of the distribution acme-store has the signature {signature}. "
        "It is called with four positional arguments: factory(app, config, args, kwargs)."
    )


def test_a_factory_by_path_that_cant_take_four_arguments_is_refused(core, app, install):
    install("acme", {"acme.py": ACME + "\ndef wrong(app, config): ..."})

    with pytest.raises(BackendContractError) as caught:
        build(core, app, "acme.wrong")

    assert str(caught.value) == (
        "The factory of CACHE_TYPE 'acme.wrong' has the signature (app, config). "
        "It is called with four positional arguments: factory(app, config, args, kwargs)."
    )


def test_a_builtin_that_shows_no_signature_is_judged_by_its_call(core, app):
    with pytest.raises(TypeError, match="not supported between"):
        build(core, app, max)


def test_an_entry_points_factory_must_use_the_hooks_names(app, install):
    source = ACME + "\ndef wrong(application, config, args, kwargs): ..."
    install("acme-store", {"acme.py": source}, backends={"acme": "acme:wrong"})
    registry = Registry()
    messages = []

    for _ in range(2):  # a refused one is not accepted the next time either
        with pytest.raises(BackendContractError) as caught:
            build(registry, app, "acme")
        messages.append(str(caught.value))

    assert messages[0].startswith(
        "The factory of acme:wrong of the distribution acme-store must name its arguments as "
        "factory(app, config, args, kwargs): "
    )
    assert "application" in messages[0]
    assert messages[1] == messages[0]


def test_a_factory_that_gives_none_is_refused(core, app, acme):
    with pytest.raises(BackendContractError) as caught:
        build(core, app, "acme.nothing")

    assert str(caught.value) == (
        "The factory of CACHE_TYPE 'acme.nothing' gave NoneType, which is no backend: "
        "it lacks get, set or delete."
    )


def test_a_factory_that_gives_a_class_is_refused(core, app):
    with pytest.raises(BackendContractError, match="gave type, which is no backend"):
        build(core, app, lambda app, config, args, kwargs: SimpleCache)


def test_a_path_to_a_missing_module_says_so(core, app):
    with pytest.raises(BackendNotFoundError) as caught:
        build(core, app, "nowhere.cache.MyCache")

    assert str(caught.value) == (
        "CACHE_TYPE 'nowhere.cache.MyCache': the module 'nowhere.cache' can't be imported "
        "(No module named 'nowhere'). Correct the path, or install what it lacks."
    )


def test_a_path_to_a_missing_attribute_says_so(core, app, acme):
    with pytest.raises(BackendNotFoundError) as caught:
        build(core, app, "acme:MyCache")

    assert str(caught.value) == (
        "CACHE_TYPE 'acme:MyCache': the module 'acme' has no attribute 'MyCache'. "
        "Correct the path: it ends with the name of a class or a factory."
    )


@pytest.mark.parametrize("cache_type", [5, b"simple", "acme.number"])
def test_what_can_make_no_backend_is_a_wrong_setting(core, app, acme, cache_type):
    with pytest.raises(ConfigError) as caught:
        build(core, app, cache_type)

    shown = 5 if cache_type == "acme.number" else cache_type
    assert caught.value.key == "CACHE_TYPE"
    assert str(caught.value) == (
        "CACHE_TYPE: must be a backend's name, a dotted path, a class, a factory or an "
        f"instance, not {shown!r}"
    )


def test_an_unknown_option_is_named(core, app):
    with pytest.raises(ConfigError) as caught:
        build(core, app, "simple", CACHE_OPTIONS={"treshold": 5})

    assert caught.value.key == "CACHE_OPTIONS"
    assert str(caught.value).startswith(
        "CACHE_OPTIONS: 'treshold' is not an option of CACHE_TYPE 'simple'; it has threshold, "
        "default_timeout, ignore_errors, ignore_delete_many_errors, key_prefix, clock ("
    )
    assert isinstance(caught.value.__cause__, TypeError)


def test_an_unknown_option_of_a_function_is_named(core, app):
    def factory(app, config, args, kwargs):
        return SimpleCache(*args, **kwargs)

    with pytest.raises(ConfigError) as caught:
        build(core, app, factory, CACHE_OPTIONS={"treshold": 5})

    assert "'treshold' is not an option of CACHE_TYPE <function" in str(caught.value)


def test_a_backends_own_mistake_is_not_blamed_on_the_options(core, app):
    def factory(app, config, args, kwargs):
        return SimpleCache(treshold=5)

    with pytest.raises(TypeError, match="treshold") as caught:
        build(core, app, factory, CACHE_OPTIONS={"size": 5})

    assert not isinstance(caught.value, ConfigError)


class Client:
    def __init__(self, host):
        self.host = host


class Cached(SimpleCache):
    def __init__(self, size, **options):
        super().__init__(**options)


class Foreign:
    """A backend that knows nothing of this package's bases."""

    def __init__(self, size):
        self.size = size

    def get(self, key): ...

    def set(self, key, value, timeout=None): ...

    def delete(self, key): ...


@pytest.mark.parametrize("backend", [Cached, Foreign])
def test_what_a_class_needs_is_named(core, app, backend):
    with pytest.raises(ConfigError) as caught:
        build(core, app, backend)

    assert caught.value.key == "CACHE_OPTIONS"
    assert str(caught.value).startswith(
        f"CACHE_OPTIONS: must give 'size', without which CACHE_TYPE {backend!r} can't be made ("
    )
    assert isinstance(caught.value.__cause__, TypeError)
    assert build(core, app, backend, CACHE_OPTIONS={"size": 5})


class WithClient(SimpleCache):
    def __init__(self, **options):
        super().__init__(**options)
        self.client = Client()


@pytest.mark.parametrize(
    "backend", [WithClient, lambda app, config, args, kwargs: Cached()], ids=["class", "factory"]
)
def test_what_a_backend_forgets_itself_is_not_blamed_on_the_options(core, app, backend):
    with pytest.raises(TypeError, match="missing 1 required") as caught:
        build(core, app, backend)

    assert not isinstance(caught.value, ConfigError)


def test_another_type_error_passes_as_it_is(core, app):
    def factory(app, config, args, kwargs):
        return len(5)

    with pytest.raises(TypeError, match=r"object of type 'int' has no len\(\)"):
        build(core, app, factory)


# -- what is imported, scanned and registered, and how often -------------------------


def test_only_the_chosen_backend_is_imported(app, install):
    install("acme-store", {"acme.py": ACME}, backends={"acme": "acme:AcmeCache"})
    install("other-store", {"other.py": "1/0"}, backends={"other": "other:OtherCache"})

    build(Registry(), app, "acme")

    assert "acme" in sys.modules
    assert "other" not in sys.modules


def test_a_backend_is_registered_once_and_its_names_are_aliases(app, install):
    points = {"acme": "acme:AcmeCache", "AcmeCache": "acme:AcmeCache"}
    install("acme-store", {"acme.py": ACME}, backends=points)
    registry = registry_of("acme-store")

    backends = [build(registry, app, name) for name in ("acme", "AcmeCache", "acme")]

    (registered,) = registry._manager.list_name_plugin()
    assert registered == ("acme:AcmeCache", type(backends[0]))
    assert len({type(backend) for backend in backends}) == 1


@pytest.mark.parametrize("attribute", ["AcmeCache", "make"])
def test_two_roads_to_one_object_both_lead_there(app, install, attribute):
    modules = {"acme.py": ACME, "acme_old.py": "from acme import *"}
    points = {"acme": f"acme:{attribute}", "acme-old": f"acme_old:{attribute}"}
    install("acme-store", modules, backends=points)
    registry = Registry()

    one, other = build(registry, app, "acme"), build(registry, app, "acme-old")

    assert type(one) is type(other)


def test_the_entry_points_are_scanned_once_a_process(app, install, monkeypatch):
    scans = []

    class Scanned(DistributionFinder):
        def find_distributions(self, context=DistributionFinder.Context()):  # noqa: B008
            scans.append(context)
            return []

    install("acme-store", {"acme.py": ACME}, backends={"acme": "acme:AcmeCache"})
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Scanned()])

    Cache(app, config={"CACHE_TYPE": "acme"})
    Cache(app, config={"CACHE_TYPE": "simple"})

    assert len(scans) == 1


def test_all_applications_share_one_registry():
    assert installed_registry() is installed_registry()


def test_a_class_is_the_same_by_every_road(install):
    install("acme-store", {"acme.py": ACME}, backends={"acme": "acme:AcmeCache"})

    loaded = Registry().load("acme")

    assert loaded is importlib.import_module("acme").AcmeCache


CLIENTS = {"redis", "pylibmc", "google", "uwsgi", "cachelib", "pluggy", "asyncio", "acme_hooks"}

IMPORTS = """
import json, sys
import flask, flask.views
before = set(sys.modules)
import flask_caching
imported = set(sys.modules) - before
print(json.dumps(sorted(name.partition(".")[0] for name in imported)))
cache = flask_caching.Cache(flask.Flask("a"), config={"CACHE_TYPE": "simple"})
print(json.dumps(sorted(name.partition(".")[0] for name in sys.modules)))
"""


@pytest.fixture
def imports(install):
    """Give what a fresh interpreter imports: with the package, and with a `Cache`."""
    site = install("hooks", {"acme_hooks.py": ""}, plugins={"acme": "acme_hooks"})
    install("acme-store", {"acme.py": ACME}, backends={"acme": "acme:AcmeCache"})
    answer = subprocess.run(
        [sys.executable, *strictly(), "-c", IMPORTS],
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return [set(json.loads(line)) for line in answer.stdout.splitlines()]


def test_importing_the_package_imports_no_client_and_no_plugin(imports):
    with_package, _ = imports

    assert "flask_caching" in with_package
    assert with_package & CLIENTS == set()


def test_a_cache_imports_its_backend_and_the_hook_plugins_and_no_other_backend(imports):
    _, with_cache = imports

    assert {"pluggy", "acme_hooks"} <= with_cache
    assert "acme" not in with_cache


# -- whole applications --------------------------------------------------------------

OLD_STYLE = """
from flask_caching.backends.base import BaseCache

class ShelfCache(BaseCache):
    def __init__(self, shelf=None, default_timeout=300):
        super(ShelfCache, self).__init__(default_timeout)
        self.shelf = shelf
        self.entries = {}

    @classmethod
    def factory(cls, app, config, args, kwargs):
        kwargs.update(shelf=config.get("CACHE_SHELF", "top"))
        return cls(*args, **kwargs)

    def get(self, key):
        return self.entries.get(key)

    def set(self, key, value, timeout=None):
        self.entries[key] = value
        return True

    def add(self, key, value, timeout=None):
        return key not in self.entries and self.set(key, value)

    def delete(self, key):
        return self.entries.pop(key, None) is not None

    def has(self, key):
        return key in self.entries

    def clear(self):
        self.entries.clear()
        return True
"""


@pytest.fixture(params=["path", "class", "entry point"])
def shelf(request, app, install):
    """Give a `Cache` on a backend that was written for Flask-Caching 2.x."""
    install("shelf", {"shelf/cache.py": OLD_STYLE}, backends={"shelf": "shelf.cache:ShelfCache"})
    app.config["CACHE_TYPE"] = {
        "path": "shelf.cache.ShelfCache",
        "class": importlib.import_module("shelf.cache").ShelfCache,
        "entry point": "shelf",
    }[request.param]
    app.config["CACHE_SHELF"] = "bottom"
    return Cache(app)


def test_an_old_style_backend_is_given_its_own_option(shelf):
    backend = shelf.cache

    assert (type(backend).__name__, backend.shelf) == ("ShelfCache", "bottom")


def test_an_old_style_backend_caches_a_view(app, shelf):
    calls = []

    @app.get("/")
    @shelf.cached()
    def index():
        calls.append("index")
        return f"answer {len(calls)}"

    answers = [app.test_client().get("/").text for _ in range(2)]

    assert answers == ["answer 1", "answer 1"]


def test_an_old_style_backend_memoizes_and_forgets(app, shelf):
    calls = []

    @shelf.memoize()
    def double(number):
        calls.append(number)
        return 2 * number

    with app.app_context():
        before = [double(2), double(2), double(3)]
        shelf.delete_memoized(double)
        after = double(2)

    assert (before, after, calls) == ([4, 4, 6], 4, [2, 3, 2])


def test_a_backend_by_entry_point_serves_an_application(app, install):
    install("acme-store", {"acme.py": OLD_STYLE}, backends={"acme": "acme:ShelfCache"})

    cache = Cache(app, config={"CACHE_TYPE": "acme"})
    with app.app_context():
        cache.set("key", "value")
        found = cache.get("key")

    assert found == "value"


def test_older_versions_of_pluggy_do_not_keep_what_they_refuse(app, install, monkeypatch):
    def register(manager, plugin, name=None):  # as pluggy 1.5 does it
        manager._name2plugin[name] = plugin
        raise pluggy.PluginValidationError(plugin, "wrong")

    source = ACME + "\ndef wrong(application, config, args, kwargs): ..."
    install("acme-store", {"acme.py": source}, backends={"acme": "acme:wrong"})
    monkeypatch.setattr(pluggy.PluginManager, "register", register)
    registry = registry_of("acme-store")

    with pytest.raises(BackendContractError):
        build(registry, app, "acme")

    assert registry._manager.list_name_plugin() == []
