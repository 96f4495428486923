"""What can be configured, and what says an error?"""

from __future__ import annotations

import hashlib
import inspect
from pathlib import Path

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching.errors import ConfigError
from flask_caching_conformance.harness.children import in_new_interpreter
from flask_caching_filesystem import FileSystemCache

from .helpers import only_file


def cache_with(**config):
    return Cache(Flask("application"), config={"CACHE_TYPE": "filesystem", **config}).cache


def test_the_signature_begins_as_documented():
    shown = "cache_dir, threshold=500, default_timeout=300, mode=384, hash_method, ignore_errors"
    parameters = list(inspect.signature(FileSystemCache).parameters.values())[:6]

    assert [each.name for each in parameters] == [part.split("=")[0] for part in shown.split(", ")]
    assert [each.default for each in parameters[1:]] == [500, 300, 0o600, hashlib.md5, False]


def test_the_settings_reach_the_backend(folder):
    backend = cache_with(
        CACHE_DIR=folder,
        CACHE_THRESHOLD=7,
        CACHE_DEFAULT_TIMEOUT=11,
        CACHE_IGNORE_ERRORS=True,
        CACHE_KEY_PREFIX="mine",
    )

    assert type(backend) is FileSystemCache
    assert backend.cache_dir == str(folder)
    assert (backend.threshold, backend.default_timeout) == (7, 11)
    assert (backend.ignore_delete_many_errors, backend.key_prefix) == (True, "mine")


@pytest.mark.parametrize(
    ("config", "length"),
    [
        ({}, 64),
        ({"CACHE_FILE_HASH_METHOD": hashlib.sha512}, 128),
        ({"CACHE_FILE_HASH_METHOD": "md5"}, 32),
        ({"CACHE_OPTIONS": {"hash_method": hashlib.sha1}}, 40),
    ],
)
def test_the_hash_method_names_the_files(folder, config, length):
    backend = cache_with(CACHE_DIR=folder, **config)

    backend.set("key", 1)

    assert len(only_file(folder).stem) == length


def test_the_default_hash_without_a_configuration_is_md5(make, folder):
    make().set("key", 1)

    assert len(only_file(folder).stem) == 32


def test_a_system_under_fips_is_told_that_no_security_depends_on_it(make, folder):
    def md5(text=b"", *, usedforsecurity=True):
        if usedforsecurity:
            raise ValueError("disabled for FIPS")
        return hashlib.md5(text, usedforsecurity=False)

    backend = make(hash_method=md5)

    assert backend.set("key", 1) is True
    assert backend.get("key") == 1


#: What a system under FIPS has OpenSSL say, where it has no approved module: no to every hash that
#: is meant for security.
FIPS = """
openssl_conf = begin
[begin]
alg_section = algorithms
[algorithms]
default_properties = fips=yes
"""
UNDER_FIPS = """
import hashlib, sys
from flask import Flask
from flask_caching import Cache
from flask_caching_filesystem import FileSystemCache

try:
    hashlib.md5(b"")
except ValueError:
    print("md5 is refused")
alone = FileSystemCache(sys.argv[1])  # by md5
config = {"CACHE_TYPE": "filesystem", "CACHE_DIR": sys.argv[1]}
caches = [
    Cache(Flask("app"), config={**config, "CACHE_FILE_HASH_METHOD": method}).cache
    for method in (hashlib.sha256, hashlib.md5, "md5", "sha512")
]
for backend in (alone, *caches):
    print(backend.set("key", 1), backend.get("key"), backend.inc("key"), backend.prune())
"""


def test_it_works_where_openssl_refuses_md5(folder, tmp_path, monkeypatch):
    (tmp_path / "openssl.cnf").write_text(FIPS)
    monkeypatch.setenv("OPENSSL_CONF", str(tmp_path / "openssl.cnf"))

    printed = in_new_interpreter(UNDER_FIPS, folder).splitlines()

    assert printed == ["md5 is refused"] + ["True 1 2 0"] * 5


@pytest.mark.parametrize("method", [None, "nonsense", len, hashlib.shake_128, lambda text: None])
def test_what_is_no_hash_names_the_setting(make, method):
    with pytest.raises(ConfigError, match="CACHE_FILE_HASH_METHOD"):
        make(hash_method=method)


def test_an_argument_that_has_no_place_is_refused(folder):
    with pytest.raises(
        ConfigError, match=r"CACHE_ARGS: are 20, and at most these are taken: threshold, "
    ):
        cache_with(CACHE_DIR=folder, CACHE_ARGS=[5] * 20)


def test_options_and_arguments_come_first(folder, tmp_path):
    options = {"mode": 0o640, "threshold": 3, "cache_dir": tmp_path / "other"}

    backend = cache_with(CACHE_DIR=folder, CACHE_OPTIONS=options)
    by_place = cache_with(CACHE_DIR=folder, CACHE_ARGS=[5, 60, 0o660])

    assert (backend.cache_dir, backend.threshold) == (str(tmp_path / "other"), 3)
    assert by_place.threshold == 5


def test_both_names_of_an_option_work(make):
    assert make(ignore_errors=True).ignore_delete_many_errors is True
    assert make(ignore_delete_many_errors=True).ignore_delete_many_errors is True
    assert (
        make(ignore_errors=True, ignore_delete_many_errors=False).ignore_delete_many_errors is False
    )


@pytest.mark.parametrize("config", [{}, {"CACHE_DIR": None}, {"CACHE_DIR": ""}])
def test_a_missing_folder_setting_says_what_to_set(config):
    with pytest.raises(ConfigError, match=r"CACHE_DIR: is not set\. Set it to the folder"):
        cache_with(**config)


@pytest.mark.parametrize("value", [1, b"bytes", ["list"], "a\0b"])
def test_a_folder_that_is_no_path_names_the_setting(value):
    with pytest.raises(ConfigError, match="CACHE_DIR: must be the path of a folder"):
        cache_with(CACHE_DIR=value)


def test_a_file_in_the_place_of_the_folder_names_the_setting(tmp_path):
    (tmp_path / "file").touch()

    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ConfigError, match=r"CACHE_DIR: .*can't be used as a folder"):
            cache_with(CACHE_DIR=path)


@pytest.mark.parametrize("threshold", [-1, 1.5, True, "many"])
def test_a_threshold_that_cannot_work_names_the_setting(make, threshold):
    with pytest.raises(ConfigError, match="CACHE_THRESHOLD"):
        make(threshold=threshold)


@pytest.mark.parametrize(
    ("mode", "shown"), [(0o400, "0o400"), ("600", "'600'"), (0o1600, "0o1600")]
)
def test_a_mode_that_cannot_work_says_so(make, mode, shown):
    with pytest.raises(ConfigError, match=shown):
        make(mode=mode)


def test_an_unknown_option_names_the_setting(folder):
    with pytest.raises(ConfigError, match="'nonsense' is not an option of CACHE_TYPE 'filesystem'"):
        cache_with(CACHE_DIR=folder, CACHE_OPTIONS={"nonsense": 1})


def test_the_configuration_is_not_changed(folder):
    config = {
        "CACHE_DIR": folder,
        "CACHE_THRESHOLD": 3,
        "CACHE_KEY_PREFIX": "x",
        "CACHE_FILE_HASH_METHOD": hashlib.sha256,
        "CACHE_IGNORE_ERRORS": False,
    }
    given, args, kwargs = dict(config), [5], {"mode": 0o600}

    FileSystemCache.factory(Flask("application"), given, args, kwargs)

    assert (given, args, kwargs) == (config, [5], {"mode": 0o600})


def test_a_serializer_of_ones_own_is_used(folder):
    import json

    class Json:
        def dumps(self, value):
            return json.dumps(value).encode()

        def loads(self, payload):
            return json.loads(payload)

    backend = cache_with(CACHE_DIR=folder, CACHE_SERIALIZER=Json())
    backend.set("key", (1, 2))

    assert backend.get("key") == [1, 2]
    assert cache_with(CACHE_DIR=folder).get("key") is None


def test_many_tenants_fill_neither_memory_nor_file_descriptors(make):
    tenant = ["0"]
    backend = make(key_prefix=lambda: tenant[0])
    before = len(list(Path("/dev/fd").iterdir()))

    for number in range(400):
        tenant[0] = str(number)
        backend.set("key", number)

    assert len(list(Path("/dev/fd").iterdir())) - before <= 130
    tenant[0] = "0"
    assert backend.get("key") == 0
