from __future__ import annotations

import pytest
from flask import Flask

from stdlib_search.settings import load, read_environment


def test_the_environment_overrides_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_CACHE_DEFAULT_TIMEOUT", "60")
    app = Flask(__name__)

    load(app)

    assert app.config["CACHE_TYPE"] == "simple"
    assert app.config["CACHE_DEFAULT_TIMEOUT"] == 60


def test_the_argument_overrides_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_CACHE_TYPE", "filesystem")
    app = Flask(__name__)

    load(app, {"CACHE_TYPE": "simple"})

    assert app.config["CACHE_TYPE"] == "simple"


def test_null_is_a_cache_type_though_json_reads_it_as_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FLASK_CACHE_TYPE", "null")
    app = Flask(__name__)

    load(app)

    assert app.config["CACHE_TYPE"] == "null"


def test_an_old_flask_reads_the_same() -> None:
    environment = {"FLASK_CACHE_TYPE": "redis", "FLASK_CACHE_THRESHOLD": "7", "OTHER": "1"}

    assert read_environment(environment) == {"CACHE_TYPE": "redis", "CACHE_THRESHOLD": 7}
