"""``flask cache`` as whoever runs it sees it."""

import importlib.metadata
import os
import subprocess
import sys

import pytest
from flask import Flask

from flask_caching import BaseCache, Cache
from flask_caching.backends.base import Capability
from flask_caching.cli import cache as commands
from flask_caching.errors import CacheUnavailableError

from .strictness import strictly

VERSION = importlib.metadata.version("flask-caching-core")

APPLICATION = """
from flask import Flask
from flask_caching import Cache

app = Flask(__name__)
cache = Cache(app, config={"CACHE_TYPE": "simple", "CACHE_DEFAULT_TIMEOUT": 60})
"""

BACKENDS = [
    ("redis", "RedisCache"),
    ("memcached", "MemcachedCache"),
    ("filesystem", "FileSystemCache"),
    ("gcs", "GoogleCloudStorageCache"),
    ("uwsgi", "UWSGICache"),
]


class FailingCache(BaseCache):
    """A store that can't be reached."""

    capabilities = frozenset({Capability.SHARED, Capability.NETWORK})

    def get(self, key):
        raise ConnectionError("nobody at redis://:s3cret@cache")

    def delete(self, key):
        raise ConnectionError("nobody at redis://:s3cret@cache")

    def clear(self):
        raise ConnectionError("nobody at redis://:s3cret@cache")


class UnavailableCache(FailingCache):
    def get(self, key):
        raise CacheUnavailableError("nobody")


class RefusingCache(BaseCache):
    def clear(self):
        return False


class Client:
    def __repr__(self):
        return "<Client password='s3cret'>"


@pytest.fixture
def run(app):
    """Give a function that runs a command on the application."""

    def run(*args, **options):
        return app.test_cli_runner().invoke(commands, args, **options)

    return run


@pytest.fixture
def second(app, cache):
    """Give the application another cache, with an entry under the same key."""
    second = Cache(app, config={"CACHE_TYPE": "simple"})
    cache.set("key", "of the first")
    second.set("key", "of the second")
    return second


def facts(result):
    assert result.exit_code == 0, result.output
    return dict(line.split(maxsplit=1) for line in result.stdout.splitlines())


def flask(tmp_path, *args, source=APPLICATION, **options):
    """Run ``flask cache`` in a process of its own; Flask 2.1 has no option ``--app``."""
    (tmp_path / "shop.py").write_text(source)
    return subprocess.run(
        [sys.executable, *strictly(), "-m", "flask", "cache", *args],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "FLASK_APP": "shop"},
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


# -- in a process of its own -------------------------------------------------------------


def test_any_application_has_the_command(tmp_path):
    done = flask(tmp_path, "--help")

    assert done.returncode == 0
    for command in ("info", "backends", "get", "delete", "clear", "doctor"):
        assert f"\n  {command} " in done.stdout


def test_info_is_about_the_application_that_is_named(tmp_path):
    done = flask(tmp_path, "info")

    assert (done.returncode, done.stderr) == (0, "")
    assert "flask_caching.backends.simple.SimpleCache" in done.stdout
    assert "CACHE_DEFAULT_TIMEOUT  60" in done.stdout


def test_clear_asks_at_the_terminal(tmp_path):
    done = flask(tmp_path, "clear", input="y\n")

    assert done.returncode == 0
    assert "[y/N]" in done.stdout
    assert done.stdout.endswith("SimpleCache is cleared.\n")


def test_doctor_exits_with_zero_where_all_is_well(tmp_path):
    done = flask(tmp_path, "doctor")

    assert (done.returncode, done.stderr) == (0, "")
    assert "WRONG" not in done.stdout


def test_doctor_says_why_an_application_cant_be_loaded(tmp_path):
    done = flask(tmp_path, "doctor", source="raise LookupError('no database')")

    assert done.returncode == 1
    assert "WRONG  The application can't be loaded: " in done.stdout
    assert "no database" in done.stdout


# -- info --------------------------------------------------------------------------------


def test_info_names_the_backend_and_its_distribution(run, cache):
    seen = facts(run("info"))

    assert seen["backend"] == "flask_caching.backends.simple.SimpleCache"
    assert seen["distribution"] == f"flask-caching-core {VERSION}"


def test_info_finds_the_distribution_of_a_plugins_backend(install, app, run):
    source = "from flask_caching import SimpleCache\nclass AcmeCache(SimpleCache): ..."
    install("acme-store", {"acme.py": source}, backends={"acme": "acme:AcmeCache"})
    Cache(app, config={"CACHE_TYPE": "acme"})

    seen = facts(run("info"))

    assert seen["backend"] == "acme.AcmeCache"
    assert seen["distribution"] == "acme-store 1.0"


def test_info_finds_the_distribution_of_a_backend_that_a_front_page_names(install, app, run):
    source = "from flask_caching import SimpleCache\nclass AcmeCache(SimpleCache): ..."
    front = "from acme_backend import AcmeCache"
    files = {"acme_backend.py": source, "acme_front.py": front}
    install("acme-store", files, backends={"acme": "acme_front:AcmeCache"})
    Cache(app, config={"CACHE_TYPE": "acme"})

    seen = facts(run("info"))

    assert seen["backend"] == "acme_backend.AcmeCache"
    assert seen["distribution"] == "acme-store 1.0"


def test_info_finds_the_distribution_of_a_class_without_an_entry_point(app, run):
    class Derived(BaseCache):
        pass

    Derived.__module__ = "pytest.made_up"
    Cache(app, config={"CACHE_TYPE": Derived})

    seen = facts(run("info"))

    assert seen["distribution"] == f"pytest {pytest.__version__}"


def test_info_of_the_applications_own_backend_names_no_distribution(app, run):
    Cache(app, config={"CACHE_TYPE": RefusingCache})

    seen = facts(run("info"))

    assert seen["distribution"] == "none"


def test_info_lists_what_the_backend_can_do(app, run):
    Cache(app, config={"CACHE_TYPE": FailingCache})

    seen = facts(run("info"))

    assert seen["capabilities"] == "NETWORK, SHARED"


def test_info_of_a_backend_that_declares_nothing_says_so(app, run):
    Cache(app, config={"CACHE_TYPE": RefusingCache})

    seen = facts(run("info"))

    assert seen["capabilities"] == "none declared"


@pytest.mark.parametrize(
    ("kind", "config", "shown"),
    [
        (FailingCache, {}, "closed; opens for 5 s after 5 failures in a row"),
        (FailingCache, {"CACHE_BREAKER_FAILURES": 0}, "off"),
        (RefusingCache, {}, "none, since the store has no network"),
    ],
)
def test_info_shows_the_state_of_the_breaker(app, run, kind, config, shown):
    Cache(app, config={"CACHE_TYPE": kind, **config})

    assert facts(run("info"))["breaker"] == shown


def test_info_shows_a_breaker_that_is_open(app, run):
    cache = Cache(app, config={"CACHE_TYPE": UnavailableCache, "CACHE_BREAKER_FAILURES": 1})
    cache.get("key")

    assert facts(run("info"))["breaker"] == "open; opens for 5 s after 1 failures in a row"


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        (None, "yes: where the store fails, calls are answered without it"),
        ("legacy", "yes: where the store fails, calls are answered without it, direct calls raise"),
        (False, "no: where the store fails, its error is raised"),
    ],
)
def test_info_says_what_happens_where_the_store_fails(app, run, wanted, shown):
    Cache(app, config={"CACHE_FAIL_OPEN": wanted})

    assert facts(run("info"))["fail-open"] == shown


def test_info_shows_the_settings_that_are_not_the_defaults(app, run):
    app.config.update(CACHE_THRESHOLD=7, CACHE_DEFAULT_TIMEOUT=300, SECRET_KEY="s3cret")
    Cache(app)

    seen = facts(run("info"))

    settings = {key: value for key, value in seen.items() if key.isupper()}
    assert settings == {"CACHE_THRESHOLD": "7", "CACHE_TYPE": "'simple'"}


@pytest.mark.parametrize(
    ("setting", "value", "shown"),
    [
        ("CACHE_REDIS_URL", "redis://me:s3cret@cache/0", "'redis://me:(hidden)@cache/0'"),
        ("CACHE_REDIS_PASSWORD", "s3cret", "(hidden)"),
        ("CACHE_ACME_TOKEN", "s3cret", "(hidden)"),
        ("CACHE_ACME_SECRET", "s3cret", "(hidden)"),
        ("CACHE_ACME", {"password": "s3cret", "db": 1}, "{password: (hidden), db: 1}"),
        ("CACHE_REDIS_HOST", Client(), f"<{__name__}.Client>"),
    ],
)
def test_info_hides_secrets(app, run, setting, value, shown):
    Cache(app, config={setting: value})

    result = run("info")

    assert facts(result)[setting] == shown
    assert "s3cret" not in result.output


def test_info_hides_secrets_among_the_backends_options(app, run):
    class AcmeCache(BaseCache):
        def __init__(self, password, user, default_timeout=300):
            super().__init__(default_timeout)

    Cache(
        app, config={"CACHE_TYPE": AcmeCache, "CACHE_OPTIONS": {"password": "s3cret", "user": "me"}}
    )

    result = run("info")

    assert facts(result)["CACHE_OPTIONS"] == "{password: (hidden), user: 'me'}"
    assert "s3cret" not in result.output


def test_info_hides_arguments_since_any_of_them_may_be_a_password(app, run):
    class AcmeCache(BaseCache):
        def __init__(self, host, password, default_timeout=300):
            super().__init__(default_timeout)

    Cache(app, config={"CACHE_TYPE": AcmeCache, "CACHE_ARGS": ["cache", "s3cret"]})

    result = run("info")

    assert facts(result)["CACHE_ARGS"] == "(hidden)"
    assert "s3cret" not in result.output


def test_info_of_a_store_that_answers_says_so(run, cache):
    seen = facts(run("info"))

    assert seen["reachable"] == "yes"


def test_info_of_a_store_that_cant_be_reached_says_why(app, run):
    Cache(app, config={"CACHE_TYPE": FailingCache})

    seen = facts(run("info"))

    assert seen["reachable"] == "no: ConnectionError: nobody at redis://:(hidden)@cache"


def test_info_of_a_null_cache_says_that_it_stores_nothing(app, run):
    Cache(app, config={"CACHE_TYPE": "null", "CACHE_NO_NULL_WARNING": True})

    seen = facts(run("info"))

    assert seen["reachable"] == "yes, and stores nothing"


def test_info_is_about_every_cache_of_the_application(run, second):
    result = run("info")

    numbers = [line for line in result.stdout.splitlines() if line.startswith("number")]
    assert [line.split(maxsplit=1)[1] for line in numbers] == ["1 of 2", "2 of 2"]


# -- backends ----------------------------------------------------------------------------


def test_backends_lists_what_is_installed_and_by_which_distribution(install, run):
    install("acme-store", {}, backends={"acme": "acme_cache:AcmeCache"})

    result = run("backends")

    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["acme", "acme-store", "1.0", "acme_cache:AcmeCache"] in rows
    core = ["flask-caching-core", VERSION, "flask_caching.backends.simple:SimpleCache"]
    assert ["simple", *core] in rows
    assert ["SimpleCache", *core] in rows


def test_backends_imports_none_of_them(install, run):
    install("acme-store", {"acme_cache.py": "raise OSError"}, backends={"acme": "acme_cache:Acme"})

    result = run("backends")

    assert result.exit_code == 0
    assert "acme_cache" not in sys.modules


def test_backends_lists_both_claims_to_one_name(install, run):
    install("acme-one", {}, backends={"acme": "one:AcmeCache"})
    install("acme-two", {}, backends={"acme": "two:AcmeCache"})

    result = run("backends")

    owners = [line.split()[1] for line in result.stdout.splitlines() if line.startswith("acme ")]
    assert sorted(owners) == ["acme-one", "acme-two"]


@pytest.mark.parametrize("plugin", [name for name, _ in BACKENDS])
def test_backends_says_how_to_install_the_others(only_core, run, plugin):
    result = run("backends")

    _, missing = result.stdout.split("Not installed:")
    assert f"pip install flask-caching-{plugin} " in missing
    assert f"pip install ./core ./plugins/{plugin})" in missing


def test_backends_does_not_offer_what_is_installed(only_core, install, run):
    install("acme-store", {}, backends={"uwsgi": "acme_cache:AcmeCache"})

    result = run("backends")

    assert "flask-caching-uwsgi" not in result.stdout


def test_backends_does_not_offer_what_is_installed_under_its_classes_name(only_core, install, run):
    names = dict.fromkeys(["gcs", "GoogleCloudStorageCache"], "acme_cache:AcmeCache")
    install("acme-store", {}, backends=names)

    result = run("backends")

    assert "flask-caching-gcs" not in result.stdout


def test_backends_offers_nothing_where_everything_is_installed(only_core, install, run):
    names = ["redis", "rediscluster", "redissentinel", "memcached", "saslmemcached"]
    names += ["spreadsaslmemcached", "filesystem", "gcs", "googlecloudstorage", "uwsgi"]
    install("acme-store", {}, backends=dict.fromkeys(names, "acme_cache:AcmeCache"))

    result = run("backends")

    assert "Not installed" not in result.stdout


# -- get, delete -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"), [("text", "str: 'text'"), (None, "NoneType: None"), ([1], "list: [1]")]
)
def test_get_shows_the_value_and_its_type(run, cache, value, shown):
    cache.set("key", value)

    result = run("get", "key")

    assert (result.exit_code, result.stdout) == (0, f"{shown}\n")


def test_get_shows_what_a_memoized_function_stored(run, cache):
    @cache.memoize()
    def double(number):
        return 2 * number

    double(21)

    result = run("get", double.make_cache_key(double.uncached, 21))

    assert result.stdout == "int: 42\n"


def test_get_fails_where_nothing_is_stored(run, cache):
    result = run("get", "key")

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: Nothing is stored under 'key'.\n"


def test_delete_says_of_each_key_whether_it_was_there(run, cache):
    cache.set("one", 1)
    cache.set("three", 3)

    result = run("delete", "one", "two")

    assert (result.exit_code, result.stdout) == (0, "one: deleted\ntwo: was not there\n")
    assert cache.get_many("one", "three") == [None, 3]


def test_delete_wants_a_key(run, cache):
    result = run("delete")

    assert result.exit_code == 2


@pytest.mark.parametrize("command", [("get", "key"), ("delete", "key"), ("clear", "--yes")])
def test_a_store_that_fails_is_said_in_one_line(app, run, command):
    Cache(app, config={"CACHE_TYPE": FailingCache})

    result = run(*command)

    assert result.exit_code == 1
    assert result.stderr == "Error: ConnectionError: nobody at redis://:(hidden)@cache\n"


# -- clear -------------------------------------------------------------------------------


def test_clear_deletes_everything_once_it_is_confirmed(run, cache):
    cache.set("key", 1)

    result = run("clear", input="y\n")

    assert result.exit_code == 0
    assert "Delete every entry of this application in SimpleCache? [y/N]" in result.stdout
    assert result.stdout.endswith("SimpleCache is cleared.\n")
    assert cache.get("key") is None


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_clear_deletes_nothing_where_it_is_not_confirmed(run, cache, answer):
    cache.set("key", 1)

    result = run("clear", input=answer)

    assert result.exit_code == 1
    assert "Aborted!" in result.output
    assert cache.get("key") == 1


def test_clear_does_not_ask_with_yes(run, cache):
    cache.set("key", 1)

    result = run("clear", "--yes")

    assert (result.exit_code, result.stdout) == (0, "SimpleCache is cleared.\n")
    assert cache.get("key") is None


def test_clear_fails_where_the_store_refuses(app, run):
    Cache(app, config={"CACHE_TYPE": RefusingCache})

    result = run("clear", "--yes")

    assert result.exit_code == 1
    assert result.stderr == "Error: RefusingCache could not be cleared.\n"


# -- several caches, or none -------------------------------------------------------------


@pytest.mark.parametrize(("number", "value"), [("1", "of the first"), ("2", "of the second")])
def test_number_chooses_one_of_several_caches(run, second, number, value):
    result = run("get", "key", "--number", number)

    assert result.stdout == f"str: '{value}'\n"


def test_delete_is_for_the_chosen_cache_only(run, cache, second):
    run("delete", "key", "--number", "2")

    assert (cache.get("key"), second.get("key")) == ("of the first", None)


def test_clear_is_for_the_chosen_cache_only(run, cache, second):
    run("clear", "--yes", "--number", "1")

    assert (cache.get("key"), second.get("key")) == (None, "of the second")


@pytest.mark.parametrize("number", [(), ("--number", "0"), ("--number", "3")])
@pytest.mark.parametrize("command", [("get", "key"), ("delete", "key"), ("clear", "--yes")])
def test_one_of_several_caches_has_to_be_chosen(run, second, command, number):
    result = run(*command, *number)

    assert result.exit_code == 1
    assert result.stderr == (
        "Error: Choose one of the application's caches with --number: "
        "1 (SimpleCache), 2 (SimpleCache)\n"
    )


def test_a_number_that_the_only_cache_does_not_have_is_refused(run, cache):
    result = run("get", "key", "--number", "2")

    assert result.exit_code == 1
    assert result.stderr.endswith("caches with --number: 1 (SimpleCache)\n")


@pytest.mark.parametrize("command", [("info",), ("get", "a"), ("delete", "a"), ("clear", "--yes")])
def test_an_application_without_a_cache_is_told_so(command):
    app = Flask("shop")

    result = app.test_cli_runner().invoke(commands, command)

    assert result.exit_code == 1
    assert result.stderr == (
        "Error: The application 'shop' has no cache: call cache.init_app(app) when you make it.\n"
    )
