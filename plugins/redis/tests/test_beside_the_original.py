"""May Flask-Caching 2.5.1 and this one use one Redis, during an upgrade?"""

from __future__ import annotations

import importlib.util
import json
import subprocess
from pathlib import Path

import pytest
from flask import Flask

from flask_caching import Cache
from flask_caching_conformance.harness.servers import HOST

ORIGINALS = Path(__file__).parents[3] / "core/tests/differential/originals.py"
PROGRAM = """
import json, sys
from flask import Flask
from flask_caching import Cache

app = Flask("application")
config = {
    "CACHE_TYPE": "RedisCache", "CACHE_REDIS_HOST": sys.argv[1],
    "CACHE_REDIS_PORT": int(sys.argv[2]), "CACHE_KEY_PREFIX": sys.argv[3],
}
cache = Cache(app, config=config)
calls = []

@cache.memoize()
def double(number):
    calls.append(number)
    return 2 * number

@app.get("/")
@cache.cached()
def index():
    return "theirs"

answers = []
with app.app_context():
    for name, *args in json.loads(sys.argv[4]):
        if name == "double":
            answers.append([double(*args), len(calls)])
        elif name == "index":
            answers.append(app.test_client().get("/").text)
        else:
            answers.append(getattr(cache.cache, name)(*args))
print(json.dumps(answers))
"""


@pytest.fixture
def original(request, tmp_path, server, prefix):
    """Return a function that makes calls on 2.5.1; a warning of it is a failure."""
    if not ORIGINALS.exists():
        pytest.skip("the environments of the originals are made by the whole repository only")
    spec = importlib.util.spec_from_file_location("originals", ORIGINALS)
    originals = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(originals)
    cache = getattr(request.config, "cache", None)
    environments = tmp_path if cache is None else cache.mkdir("flask-caching-originals")
    python = originals.python_with("2.5.1", environments)

    def call(*calls):
        arguments = [HOST, str(server.port), prefix, json.dumps(calls)]
        done = subprocess.run(
            [python, "-E", "-s", "-c", PROGRAM, *arguments],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    return call


@pytest.fixture
def app(server, prefix):
    app = Flask("application")
    app.config.update(
        CACHE_TYPE="RedisCache",
        CACHE_REDIS_HOST=HOST,
        CACHE_REDIS_PORT=server.port,
        CACHE_KEY_PREFIX=prefix,
    )
    yield app
    for backend in app.extensions["cache"].values():
        backend.close()


@pytest.mark.timeout(240)
def test_each_reads_the_others_entries_as_misses(original, app):
    ours = Cache(app).cache
    ours.set_many({"key": "ours", "number": 1, "only ours": 1})

    seen = original(
        ["get", "key"],
        ["get", "number"],
        ["has", "only ours"],
        ["set", "key", "theirs"],
        ["set", "number", 2],
        ["get", "key"],
        ["inc", "count"],
    )

    assert seen == [None, None, False, True, True, "theirs", 1]
    assert ours.get_many("key", "number", "only ours", "count") == ["ours", 1, 1, None]
    assert ours.inc("count") == 1


@pytest.mark.timeout(240)
def test_even_under_one_name_there_are_misses_and_no_errors(original, app):
    ours = Cache(app).cache
    ours.set_many({"key": ["ours"], "text": "ours"})

    # What follows the prefix in our names.
    assert original(["get", "|key"], ["get", "|text"], ["get_many", "|key", "|text"]) == [
        None,
        None,
        [None, None],
    ]
    assert original(["set", "|key", ["theirs"]], ["set", "|text", "theirs"]) == [True, True]
    assert ours.get_many("key", "text") == [None, None]
    assert ours.get_value("key", "default") == "default"
    assert ours.set("key", ["ours again"]) is True
    assert ours.get("key") == ["ours again"]


@pytest.mark.timeout(240)
def test_each_computes_its_own_pages_and_functions(original, app):
    cache = Cache(app)
    calls = []

    @cache.memoize()
    def double(number):
        calls.append(number)
        return 2 * number

    app.add_url_rule("/", view_func=cache.cached()(lambda: "ours"))

    with app.app_context():
        assert [double(2), double(2)] == [4, 4]
    assert app.test_client().get("/").text == "ours"
    assert original(["double", 2], ["double", 2], ["index"], ["index"]) == [
        [4, 1],
        [4, 1],
        "theirs",
        "theirs",
    ]
    with app.app_context():
        assert double(2) == 4
    assert calls == [2]
    assert app.test_client().get("/").text == "ours"


@pytest.mark.timeout(240)
def test_clear_leaves_what_is_theirs(original, app):
    ours = Cache(app).cache
    ours.set("key", "ours")
    original(["set", "key", "theirs"])

    assert ours.clear() is True

    assert ours.get("key") is None
    assert original(["get", "key"]) == ["theirs"]
