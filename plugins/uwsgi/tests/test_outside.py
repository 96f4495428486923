"""What does it say where there is no server for it, or not the right one?"""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching.errors import ConfigError
from flask_caching_uwsgi import UWSGICache
from flask_caching_uwsgi.server import running_server

from .uwsgi_server import printed_inside

MAKE = """
from flask import Flask
from flask_caching import Cache

try:
    made = Cache(Flask("application"), config={"CACHE_TYPE": "uwsgi", **CONFIG}).cache
except Exception as error:
    print(f"{type(error).__name__}: {error}")
else:
    print(f"made {made.cache!r}, {made.set('key', 1)}, {made.get('key')}")
"""


def made_inside(folder, config, *options):
    return printed_inside(folder, f"CONFIG = {config!r}\n{MAKE}", *options)


def test_importing_it_needs_no_server_and_imports_nothing_of_it():
    source = "import flask_caching_uwsgi, sys; print('uwsgi' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    "make", [UWSGICache, lambda: cache_of("uwsgi"), lambda: cache_of("UWSGICache")]
)
@pytest.mark.parametrize("kind", [ConfigError, RuntimeError])
def test_outside_the_server_the_error_says_how_to_start_one(make, kind):
    with pytest.raises(
        kind, match=r"'uwsgi' works in the processes of a uWSGI server only"
    ) as told:
        make()

    assert "uwsgi --cache2 name=mycache,items=1000" in str(told.value)
    assert "set CACHE_TYPE to another backend" in str(told.value)
    assert isinstance(told.value.__cause__, ImportError)


def cache_of(name):
    return Cache(Flask("application"), config={"CACHE_TYPE": name})


def test_the_error_can_be_sent_to_another_process():
    with pytest.raises(ConfigError) as told:
        running_server()

    assert str(pickle.loads(pickle.dumps(told.value))) == str(told.value)


def test_a_module_of_that_name_is_not_taken_for_the_server(tmp_path, monkeypatch):
    (tmp_path / "uwsgi.py").write_text("application = None\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "uwsgi", raising=False)

    with pytest.raises(ConfigError, match=r"uwsgi\.py\) is not the server's"):
        UWSGICache()

    monkeypatch.delitem(sys.modules, "uwsgi")


def test_under_pypy_the_error_says_what_to_do():
    with pytest.raises(ConfigError, match=r"does not work under PyPy.*Run .* under CPython"):
        running_server("PyPy")


# -- a server that lacks what it needs ---------------------------------------------------


def test_a_server_without_a_cache_is_told_from_one_with_others(tmp_path):
    told = made_inside(tmp_path, {"CACHE_UWSGI_NAME": "mycache"})

    assert told == (
        "ConfigError: CACHE_TYPE: 'uwsgi' needs a cache in the uWSGI server, and this one was "
        "started without any. Start it with: uwsgi --cache2 name=mycache,items=1000 …"
    )


def test_an_unknown_cache_is_an_error_that_names_the_known_one(tmp_path):
    told = made_inside(tmp_path, {"CACHE_UWSGI_NAME": "mine"}, "--cache2=name=yours,items=10")

    assert told.startswith("ConfigError: CACHE_UWSGI_NAME: 'mine' is the name of no cache")
    assert "It shows 'yours'" in told
    assert told.endswith("Start it with: uwsgi --cache2 name=mine,items=1000 …")


@pytest.mark.parametrize("config", [{}, {"CACHE_UWSGI_NAME": ""}, {"CACHE_UWSGI_NAME": None}])
def test_without_a_name_it_is_the_first_cache(tmp_path, config):
    options = ["--cache2=name=one,items=10", "--cache2=name=two,items=10"]

    assert made_inside(tmp_path, config, *options) == "made '', True, 1"


def test_a_cache_of_the_old_kind_will_do(tmp_path):
    assert made_inside(tmp_path, {}, "--cache=10") == "made '', True, 1"


def test_a_configuration_file_gives_the_cache_and_its_locks(tmp_path):
    ini = tmp_path / "uwsgi.ini"
    ini.write_text("[uwsgi]\nwhich = mine\ncache2 = name=%(which),items=10\nlocks = 2\n")
    config = {"CACHE_UWSGI_NAME": "mine", "CACHE_UWSGI_LOCK": "2"}

    assert made_inside(tmp_path, config, f"--ini={ini}") == "made 'mine', True, 1"


def test_a_lock_that_the_server_lacks_names_the_setting(tmp_path):
    told = made_inside(
        tmp_path, {"CACHE_UWSGI_LOCK": 3}, "--cache2=name=mine,items=10", "--locks=2"
    )

    assert told == (
        "ConfigError: CACHE_UWSGI_LOCK: 3 is no lock of this uWSGI server, which has those up "
        "to 2. Start it with: uwsgi --locks 3 …"
    )


def test_a_cache_whose_keys_are_too_short_says_so(tmp_path):
    told = made_inside(tmp_path, {}, "--cache2=name=mine,items=10,keysize=32")

    assert told.startswith("ConfigError: CACHE_OPTIONS: keysize must be what the server's cache2")
    assert "from 64 to 65535 bytes, not 32" in told
