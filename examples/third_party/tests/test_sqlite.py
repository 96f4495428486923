"""What this backend promises beyond what every backend does."""

import functools
import os
import re
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching.errors import CacheUnavailableError, ConfigError
from flask_caching_conformance.harness.children import Child, in_children
from flask_caching_conformance.harness.waiting import wait_until

PATH = "CACHE_SQLITE_PATH"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache.sqlite"


@pytest.fixture
def backend(path):
    with closing(made(path)) as backend:
        yield backend


@pytest.fixture
def around(path):
    """A connection around the backend."""
    with closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as db:
        yield db


def made(path):
    return Cache(Flask(__name__), config={"CACHE_TYPE": "sqlite", PATH: path}).cache


def test_what_the_readme_shows_works(path):
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    names = {"app": Flask(__name__), "Cache": Cache}

    exec(shown.replace("/var/cache/myapp/cache.sqlite", str(path)), names)

    assert path.exists()
    with names["app"].app_context(), closing(names["cache"].cache):
        names["cache"].set("key", "value")
        assert names["cache"].get("key") == "value"


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (None, "is not set, and SQLiteCache needs it"),
        ("", "is not set, and SQLiteCache needs it"),
        (5, "5 can't be a file"),
        ("/no/such/folder/cache", "'/no/such/folder/cache' can't be a file: .*No such file"),
    ],
)
def test_a_path_that_can_not_work_is_named(wrong, problem):
    with pytest.raises(ConfigError, match=f"{PATH}: {problem}"):
        made(wrong)


def test_only_its_owner_reads_what_it_writes(backend, path):
    backend.set("key", "value")

    files = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}

    assert files == dict.fromkeys([path.name, f"{path.name}-wal", f"{path.name}-shm"], 0o600)


def test_closing_leaves_one_file(backend, path):
    backend.set("key", "value")

    backend.close()

    assert list(path.parent.iterdir()) == [path]
    assert backend.get("key") == "value"


def test_another_writer_is_waited_for_and_then_is_an_outage(backend, around):
    backend.set("key", 1)
    around.execute("BEGIN IMMEDIATE")

    with pytest.raises(CacheUnavailableError, match="database is locked") as caught:
        backend.set("key", 2)

    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
    assert backend.get("key") == 1  # readers wait for nobody
    around.execute("ROLLBACK")
    assert backend.set("key", 2) is True


def test_a_file_that_is_no_database_is_an_outage(path):
    path.write_bytes(b"no database" * 1_000)

    with (
        closing(made(path)) as backend,
        pytest.raises(CacheUnavailableError, match="file is not a database"),
    ):
        backend.get("key")

    assert path.read_bytes() == b"no database" * 1_000


def test_many_keys_are_written_together_or_not_at_all(backend, around):
    backend.set("a", "old")
    around.execute(
        "CREATE TRIGGER full BEFORE INSERT ON entries "
        "WHEN NEW.name = CAST('flask_cache_|b' AS BLOB) "
        "BEGIN SELECT RAISE(FAIL, 'the disk is full'); END"
    )

    with pytest.raises(CacheUnavailableError, match="the disk is full"):
        backend.set_many({"a": "new", "b": "new"})

    assert backend.get_many("a", "b") == ["old", None]


def test_pruning_leaves_other_prefixes_and_what_lives(path, backend, around):
    for prefix in ("flask_cache_", "other"):
        backend.key_prefix = prefix
        backend.set_many({"a": 1, "b": 2}, 0.001)
        backend.set("live", 3, 100)
        backend.set("for ever", 4, 0)
    wait_until(lambda: backend.get("b") is None)

    assert backend.prune() == 2
    assert backend.prune() == 0

    names = [name for (name,) in around.execute("SELECT name FROM entries ORDER BY name")]
    assert names == [
        *(b"flask_cache_|" + each for each in (b"a", b"b", b"for ever", b"live")),
        *(b"other|" + each for each in (b"for ever", b"live")),
    ]


def test_processes_may_begin_at_once(path):
    def begin(number):
        with closing(made(path)) as backend:
            return backend.set(str(number), number)

    assert in_children(8, begin) == [True] * 8
    with closing(made(path)) as backend:
        assert backend.get_many(*map(str, range(8))) == list(range(8))


def test_a_writer_that_is_killed_leaves_whole_values(path, backend, around):
    backend.set("count", 0)
    keys = [str(number) for number in range(50)]

    def write():
        with closing(made(path)) as own:
            while True:
                number = own.inc("count")
                own.set_many(dict.fromkeys(keys, [number] * 1_000))

    for enough in range(3, 18, 3):
        child = Child(write)
        wait_until(functools.partial(lambda least: backend.get("count") >= least, enough))
        child.kill()

        values = backend.get_many(*keys)
        assert values[0] == [values[0][0]] * 1_000
        assert values == [values[0]] * len(keys)
        assert around.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_who_is_killed_while_others_use_the_file_takes_nothing_with_it(path, backend):
    backend.set("key", "value")

    def read_for_ever():
        backend.set("reads", True)
        while True:
            backend.get("key")

    child = Child(read_for_ever)
    wait_until(lambda: backend.get("reads"))
    os.kill(child.pid, signal.SIGSTOP)
    backend.set("key", "new")
    child.kill()

    assert backend.get("key") == "new"
