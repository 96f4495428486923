"""``flask cache doctor`` finds what commonly goes wrong, and says how to repair it."""

import logging

import pytest
from flask import Blueprint, Flask
from flask.cli import ScriptInfo

from flask_caching import BaseCache, Cache, NullCache
from flask_caching.cli import cache as commands


class FailingCache(BaseCache):
    def get(self, key):
        raise ConnectionError("nobody at redis://:s3cret@cache")


@pytest.fixture
def examine(app):
    """Give a function that runs the doctor, and returns its exit code and what is wrong."""

    def examine():
        result = app.test_cli_runner().invoke(commands, ["doctor"])
        return result.exit_code, findings(result, "WRONG  ")

    return examine


def findings(result, mark):
    lines = result.stdout.splitlines()
    assert all(line.startswith(("ok     ", "WRONG  ")) for line in lines), result.output
    return [line.removeprefix(mark) for line in lines if line.startswith(mark)]


# -- all is well -------------------------------------------------------------------------


def test_all_is_well_with_an_ordinary_application(examine, cache):
    seen = examine()

    assert seen == (0, [])


def test_what_was_looked_at_is_said(app, cache):
    result = app.test_cli_runner().invoke(commands, ["doctor"])

    well = findings(result, "ok     ")
    assert "The original Flask-Caching is not installed beside this one." in well
    assert "The files of flask-caching-core are as they were installed." in well
    assert "The backend 'simple' can be imported." in well
    assert well[-1] == "The store of SimpleCache answers."


# -- what is installed -------------------------------------------------------------------


def test_two_plugins_with_one_name_are_wrong(install, examine, cache):
    install("acme-one", {}, backends={"acme": "one:AcmeCache"})
    install("acme-two", {}, backends={"acme": "two:AcmeCache"})

    code, wrong = examine()

    assert code == 1
    assert len(wrong) == 1
    assert "acme-one" in wrong[0]
    assert "acme-two" in wrong[0]


def test_a_backend_that_cant_be_imported_is_wrong(install, examine, cache):
    install("acme-store", {"acme.py": "import no_client"}, backends={"acme": "acme:AcmeCache"})

    code, [finding] = examine()

    assert code == 1
    assert finding == (
        "The backend 'acme' of the distribution acme-store can't be imported: "
        "ModuleNotFoundError: No module named 'no_client'. "
        "Install what it lacks (pip check may name it), or another version of it."
    )


def test_a_hook_plugin_that_cant_be_loaded_is_wrong(install, app, examine, caplog):
    source = "raise OSError('no collector at https://me:s3cret@metrics')"
    install("acme-metrics", {"acme.py": source}, plugins={"metrics": "acme"})
    with caplog.at_level(logging.CRITICAL, "flask_caching"):
        Cache(app)

        code, [finding] = examine()

    assert code == 1
    assert finding == (
        "The plugin 'metrics' of the distribution acme-metrics can't be loaded: "
        "OSError: no collector at https://me:(hidden)@metrics"
    )


# -- the application ---------------------------------------------------------------------


def test_a_view_that_is_served_as_it_was_before_it_was_decorated_is_wrong(app, cache, examine):
    pages = Blueprint("pages", __name__)

    @cache.cached()
    @pages.route("/news")
    def news():
        return "news"

    app.register_blueprint(pages)

    code, [finding] = examine()

    assert code == 1
    assert finding.startswith(f"{__name__}.{news.__qualname__} is served as it was before")


def test_a_view_that_is_served_both_ways_is_well(app, cache, examine):
    def news():
        return "news"

    app.add_url_rule("/live", view_func=news, endpoint="live")
    app.add_url_rule("/news", view_func=cache.cached()(news))

    assert examine() == (0, [])


def test_the_legacy_policy_is_wrong(app, examine):
    Cache(app, config={"CACHE_VIEW_POLICY": "legacy"})

    code, wrong = examine()

    assert code == 1
    assert [text.partition(":")[0] for text in wrong] == ["CACHE_VIEW_POLICY is 'legacy'"]


def test_a_misspelled_setting_is_wrong(app, examine):
    with pytest.warns(UserWarning, match="CACHE_TRESHOLD"):
        Cache(app, config={"CACHE_TRESHOLD": 5})

    code, [finding] = examine()

    assert code == 1
    assert finding == (
        "Flask-Caching: CACHE_TRESHOLD is not a setting and has no effect. "
        "Did you mean CACHE_THRESHOLD?"
    )


def test_a_default_timeout_that_is_over_is_wrong(app, examine):
    Cache(app, config={"CACHE_TYPE": "simple", "CACHE_DEFAULT_TIMEOUT": -1})

    code, [finding] = examine()

    assert code == 1
    assert finding == (
        "CACHE_DEFAULT_TIMEOUT is -1: what is stored without a timeout has expired already. "
        "0 means for ever."
    )


def test_a_cache_that_stores_nothing_is_wrong(app, examine):
    with pytest.warns(UserWarning, match="nothing is cached"):
        Cache(app, config={"CACHE_TYPE": "null"})

    code, [finding] = examine()

    assert code == 1
    assert finding == (
        "CACHE_TYPE is 'null', so nothing is cached. Set CACHE_NO_NULL_WARNING = True if that is "
        "what you want."
    )


@pytest.mark.parametrize("cache_type", ["null", "NullCache", NullCache])
def test_a_cache_that_is_meant_to_store_nothing_is_well(app, examine, cache_type):
    Cache(app, config={"CACHE_TYPE": cache_type, "CACHE_NO_NULL_WARNING": True})

    seen = examine()

    assert seen == (0, [])


def test_a_store_that_cant_be_reached_is_wrong(app, examine):
    Cache(app, config={"CACHE_TYPE": FailingCache})

    code, [finding] = examine()

    assert code == 1
    assert finding == (
        "The store of FailingCache can't be used: ConnectionError: nobody at "
        "redis://:(hidden)@cache"
    )


def test_each_cache_of_an_application_is_looked_at(app, examine, cache):
    Cache(app, config={"CACHE_TYPE": FailingCache, "CACHE_VIEW_POLICY": "legacy"})

    code, wrong = examine()

    assert code == 1
    assert len(wrong) == 2


def test_an_application_without_a_cache_is_wrong(app, examine):
    code, wrong = examine()

    assert code == 1
    assert wrong == [
        "The application 'application' has no cache: call cache.init_app(app) when you make it."
    ]


def test_an_application_that_cant_be_loaded_is_wrong():
    def create_app():
        raise LookupError("no database at postgres://me:s3cret@db")

    script = ScriptInfo(create_app=create_app)

    result = Flask("other").test_cli_runner().invoke(commands, ["doctor"], obj=script)

    assert result.exit_code == 1
    assert findings(result, "WRONG  ") == [
        "The application can't be loaded: LookupError: no database at postgres://me:(hidden)@db"
    ]


def test_a_missing_backend_is_told_without_flasks_traceback(tmp_path, monkeypatch):
    source = "from flask import Flask; from flask_caching import Cache\n"
    source += "cache = Cache(Flask('shop'), config={'CACHE_TYPE': 'zzz'})"
    (tmp_path / "shop_without_a_store.py").write_text(source)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    script = ScriptInfo(app_import_path="shop_without_a_store")
    result = Flask("other").test_cli_runner().invoke(commands, ["doctor"], obj=script)

    [finding] = findings(result, "WRONG  ")
    assert finding.startswith(
        "The application can't be loaded: BackendNotFoundError: CACHE_TYPE 'zzz' is the name of "
    )


def test_what_is_installed_is_looked_at_also_where_the_application_cant_be_loaded():
    result = (
        Flask("other").test_cli_runner().invoke(commands, ["doctor"], obj=ScriptInfo("nowhere"))
    )

    assert result.exit_code == 1
    assert "The backend 'simple' can be imported." in findings(result, "ok     ")
