"""Has docs/configuration.md every key that the code reads, with its default?"""

from __future__ import annotations

import ast
import hashlib
import inspect
import re

import pytest

from flask_caching.settings import BACKEND_KEYS, DEFAULTS
from flask_caching.signing import signing_keys
from flask_caching.typing import MISSING
from flask_caching_filesystem import FileSystemCache
from flask_caching_filesystem.settings import FileSystemSettings
from flask_caching_gcs import GoogleCloudStorageCache
from flask_caching_gcs.settings import GoogleCloudStorageSettings
from flask_caching_memcached import MemcachedCache
from flask_caching_memcached.servers import read_servers
from flask_caching_memcached.settings import MemcachedSettings
from flask_caching_redis import RedisCache
from flask_caching_redis.settings import RedisSettings
from flask_caching_uwsgi import UWSGICache
from flask_caching_uwsgi.settings import UWSGISettings

from .markdown import ROOT, text_of

PAGE = text_of("docs/configuration.md")
#: key, type, default, since; by the heading above.
ROWS = {
    heading: [
        tuple(cell.strip() for cell in row)
        for row in re.findall(r"^\| `(CACHE_\w+)` \|(.*?)\|(.*?)\|(.*?)\|", section, re.MULTILINE)
    ]
    for heading, section in re.findall(
        r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL
    )
}
RECORDS = {
    "filesystem": (FileSystemSettings, FileSystemCache),
    "redis, rediscluster, redissentinel": (RedisSettings, RedisCache),
    "memcached, saslmemcached, spreadsaslmemcached": (MemcachedSettings, MemcachedCache),
    "gcs": (GoogleCloudStorageSettings, GoogleCloudStorageCache),
    "uwsgi": (UWSGISettings, UWSGICache),
}
#: What the constructor knows to do with nothing.
LATE = {
    "CACHE_MEMCACHED_SERVERS": lambda: [each.address for each in read_servers(None)],
    "CACHE_MEMCACHED_SPREAD": lambda: MemcachedCache._spreads,
}
OF_THE_CORE = {key for key, *_ in ROWS["The core"]}


class Recorder(dict):
    """A configuration that remembers which keys it was asked for."""

    def __init__(self, *args):
        super().__init__(*args)
        self.asked = set()

    def __getitem__(self, key):
        self.asked.add(key)
        return super().__getitem__(key)

    def get(self, key, default=None):
        self.asked.add(key)
        return super().get(key, default)


def read(shown):
    """Return the default that a cell of the page shows."""
    text = shown.strip("`")
    return hashlib.sha256 if text == "hashlib.sha256" else ast.literal_eval(text)


def default_of(key, record, backend):
    """Return what a backend takes where a key is not set."""
    if key in LATE:
        return LATE[key]()

    def probe(): ...

    given, plain = record.of({**DEFAULTS, key: probe}), record.of(DEFAULTS)
    (field,) = [each for each in record.__slots__ if getattr(given, each) is probe]
    default = getattr(plain, field)
    if default is None or default is MISSING:
        parameter = inspect.signature(backend).parameters.get(field)
        default = parameter.default if parameter is not None else None
    return [*default] if isinstance(default, tuple) else default


def test_the_page_has_every_key_and_no_other():
    known = DEFAULTS.keys() | BACKEND_KEYS

    assert {key for rows in ROWS.values() for key, *_ in rows} == known


def test_the_page_has_every_key_that_a_source_names():
    named = {
        key
        for path in [*ROOT.glob("core/src/**/*.py"), *ROOT.glob("plugins/*/src/**/*.py")]
        for key in re.findall(r"\"(CACHE_[A-Z_]+[A-Z])\"", path.read_text(encoding="utf-8"))
    }

    # How the names of settings begin, in an error's text; and an example in a docstring.
    no_keys = {"CACHE_REDIS", "CACHE_REDIS_SENTINEL", "CACHE_FOO_URL"}
    assert {key for key in named if f"`{key}`" not in PAGE} == no_keys


@pytest.mark.parametrize("heading", RECORDS)
def test_the_keys_of_a_backend_are_those_that_it_asks_for(heading):
    record, _ = RECORDS[heading]
    recorder = Recorder(DEFAULTS)

    record.of(recorder)

    listed = {key for key, *_ in ROWS[heading]}
    assert listed == recorder.asked - OF_THE_CORE


def test_the_keys_that_sign_are_those_that_are_asked_for():
    recorder = Recorder(DEFAULTS)

    signing_keys(recorder)

    assert {key for key in recorder.asked if f"`{key}`" not in PAGE} == set()


def test_the_defaults_of_the_core():
    shown = {key: default for key, _, default, _ in ROWS["The core"] + ROWS["simple"]}

    assert {key: read(cell) for key, cell in shown.items()} == {key: DEFAULTS[key] for key in shown}


@pytest.mark.parametrize(
    ("heading", "key"), [(heading, key) for heading in RECORDS for key, *_ in ROWS[heading]]
)
def test_the_defaults_of_a_backend(heading, key):
    (shown,) = [default for each, _, default, _ in ROWS[heading] if each == key]

    default = default_of(key, *RECORDS[heading])

    if shown == "must be set":
        assert default in {None, inspect.Parameter.empty}
    elif shown.startswith("`CACHE_"):  # another setting's
        assert default in {None, DEFAULTS.get(shown.strip("`"))}
    elif not shown:
        assert default is None
    else:
        assert read(shown) == default


def test_each_key_says_since_when():
    since = {row[3] for rows in ROWS.values() for row in rows}

    assert since == {"2.x", "1.0.0"}
