"""``{% cache %}``: its forms, its keys, and a body that is rendered once."""

import functools
import itertools

import pytest
from flask import Flask, render_template, render_template_string
from jinja2 import DictLoader, TemplateSyntaxError
from markupsafe import Markup

from flask_caching import Cache, SimpleCache, make_template_fragment_key
from flask_caching.jinja2ext import CacheExtension


class Failing(SimpleCache):
    """A store that can be switched off, for reading, writing or deleting."""

    down = frozenset()

    def get_value(self, key, default=None):
        self._check("get")
        return super().get_value(key, default)

    def get(self, key):
        self._check("get")
        return super().get(key)

    def set(self, key, value, timeout=None):
        self._check("set")
        return super().set(key, value, timeout)

    def delete(self, key):
        self._check("delete")
        return super().delete(key)

    def _check(self, operation):
        if operation in self.down:
            raise ConnectionError(f"the store is down: {operation}")


@pytest.fixture
def number():
    """Give a function that returns another number at each call, from 1."""
    return functools.partial(next, itertools.count(1))


@pytest.fixture
def cache(app, clock, number):
    """Give a cache on an application whose templates know the function ``number``."""
    cache = Cache(app, config={"CACHE_OPTIONS": {"clock": clock}})
    app.jinja_env.globals["number"] = number
    return cache


@pytest.fixture
def render(app, cache):
    """Give a function that renders a template's source."""

    def render(source, **context):
        with app.app_context():
            return render_template_string(source, **context)

    return render


# -- the tag -----------------------------------------------------------------------------


def test_a_fragment_is_rendered_once(render):
    source = "{% cache 60, 'name' %}made {{ number() }}{% endcache %}"

    assert [render(source), render(source)] == ["made 1", "made 1"]


def test_what_stands_around_a_fragment_is_rendered_each_time(render):
    source = "{{ number() }} {% cache 60, 'name' %}made {{ number() }}{% endcache %}!"

    assert [render(source), render(source)] == ["1 made 2!", "3 made 2!"]


def test_a_fragment_lies_under_its_name(cache, render):
    render("{% cache 60, 'sidebar' %}stored{% endcache %}")

    assert cache.get("_template_fragment_cache_sidebar") == "stored"


def test_a_name_is_one_fragment_in_every_template(render):
    first = render("{% cache 60, 'name' %}first{% endcache %}")
    second = render("{% cache 60, 'name' %}second{% endcache %}")

    assert [first, second] == ["first", "first"]


def test_what_follows_the_name_tells_variants_apart(cache, render):
    source = "{% cache 60, 'name', user, page %}{{ user }} {{ page }} {{ number() }}{% endcache %}"
    rendered = [
        render(source, user="ann", page="1"),
        render(source, user="bob", page="1"),
        render(source, user="ann", page="1"),
    ]

    assert rendered == ["ann 1 1", "bob 1 2", "ann 1 1"]
    assert cache.get("_template_fragment_cache_name_ann_1") == "ann 1 1"


@pytest.mark.parametrize("value", [5, None, 1.5, True], ids=repr)
def test_what_follows_the_name_may_be_anything_with_a_text(cache, render, value):
    render("{% cache 60, 'name', value %}stored{% endcache %}", value=value)

    assert cache.get(f"_template_fragment_cache_name_{value}") == "stored"


def test_the_name_may_be_an_expression(cache, render):
    render("{% cache 60, 'user' ~ key %}stored{% endcache %}", key=5)

    assert cache.get("_template_fragment_cache_user5") == "stored"


def test_a_fragment_without_a_name_goes_by_template_and_line(app, cache):
    app.jinja_env.loader = DictLoader(
        {
            "page.html": "{% cache 60 %}one{% endcache %}\n{% cache 60 %}two{% endcache %}",
            "other.html": "{% cache 60 %}three{% endcache %}",
        }
    )
    pages = ["page.html", "other.html", "page.html", "other.html"]

    with app.app_context():
        rendered = [render_template(page) for page in pages]

    assert rendered == ["one\ntwo", "three", "one\ntwo", "three"]
    assert cache.get("_template_fragment_cache_page.html2") == "two"


def test_a_fragment_without_a_name_goes_by_the_path_of_its_file(app, cache, tmp_path):
    app.template_folder = str(tmp_path)
    (tmp_path / "page.html").write_text("{% cache 60 %}stored{% endcache %}")

    with app.app_context():
        render_template("page.html")

    name = f"{tmp_path / 'page.html'}1"
    assert cache.get(make_template_fragment_key(name)) == "stored"


@pytest.mark.parametrize("body", ["", "  \n "], ids=["empty", "blank"])
def test_an_empty_fragment_is_a_fragment(cache, render, body):
    render("{% cache 60, 'name' %}" + body + "{% endcache %}")

    assert cache.get("_template_fragment_cache_name") == body


def test_the_body_sees_the_variables_around_it(render):
    source = "{% set greeting = 'hello' %}{% cache 60, 'name' %}{{ greeting }}{% endcache %}"

    assert render(source) == "hello"


@pytest.mark.parametrize("source", ["{% cache %}x{% endcache %}", "{% cache 60 %}x"])
def test_a_tag_that_is_not_complete_is_a_syntax_error(render, source):
    with pytest.raises(TemplateSyntaxError):
        render(source)


# -- the timeout -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [
        ("60", 60),
        ("60 * 2", 120),
        ("'60'", 60),
        ("seconds", 30),
        ("none", 300),
        ("None", 300),
        ("0.5", 0.5),
    ],
)
def test_a_fragment_lives_as_long_as_the_timeout_says(render, clock, timeout, seconds):
    source = f"{{% cache {timeout}, 'name' %}}{{{{ number() }}}}{{% endcache %}}"

    render(source, seconds=30)
    clock.advance(seconds - 0.25)
    before = render(source, seconds=30)
    clock.advance(0.5)
    after = render(source, seconds=30)

    assert [before, after] == ["1", "2"]


def test_a_timeout_of_0_means_for_ever(render, clock):
    source = "{% cache 0, 'name' %}{{ number() }}{% endcache %}"

    render(source)
    clock.advance(100 * 365 * 24 * 3600)

    assert render(source) == "1"


def test_del_removes_the_fragment_and_renders_it(cache, render):
    stored = "{% cache 60, 'name', 5 %}{{ number() }}{% endcache %}"
    deleted = "{% cache 'del', 'name', 5 %}{{ number() }}{% endcache %}"

    rendered = [render(stored), render(deleted)]

    assert rendered == ["1", "2"]
    assert not cache.has("_template_fragment_cache_name_5")
    assert render(stored) == "3"


def test_del_may_come_from_a_variable(cache, render):
    source = "{% cache timeout, 'name' %}{{ number() }}{% endcache %}"

    rendered = [render(source, timeout=60), render(source, timeout="del")]

    assert rendered == ["1", "2"]
    assert not cache.has("_template_fragment_cache_name")


# -- where a fragment may stand ----------------------------------------------------------


def test_fragments_may_be_nested(cache, render):
    source = (
        "{% cache 60, 'outer' %}<{{ number() }} "
        "{% cache 60, 'inner' %}{{ number() }}{% endcache %}>{% endcache %}"
    )

    render(source)
    cache.delete("_template_fragment_cache_outer")

    assert render(source) == "<3 2>"


def test_a_fragment_in_a_loop_is_told_apart_by_what_follows_its_name(render):
    source = (
        "{% for item in 'aba' %}"
        "{% cache 60, 'item', item %}{{ item }}{{ number() }} {% endcache %}"
        "{% endfor %}"
    )

    assert render(source) == "a1 b2 a1 "


def test_a_fragment_in_a_macro_sees_its_arguments(render):
    source = (
        "{% macro field(name) %}"
        "{% cache 60, 'field', name %}{{ name }}{{ number() }} {% endcache %}"
        "{% endmacro %}"
        "{{ field('a') }}{{ field('b') }}{{ field('a') }}"
    )

    assert render(source) == "a1 b2 a1 "


def test_a_macro_may_be_called_within_a_fragment(render):
    source = (
        "{% macro field(name) %}<{{ name }}>{% endmacro %}"
        "{% cache 60, 'form' %}{{ field('a') }}{{ number() }}{% endcache %}"
    )

    assert [render(source), render(source)] == ["<a>1", "<a>1"]


def test_a_fragment_in_a_block_is_cached(app, cache):
    app.jinja_env.loader = DictLoader(
        {
            "base.html": "[{% block body %}{% endblock %}]",
            "page.html": "{% extends 'base.html' %}{% block body %}"
            "{% cache 60, 'name' %}{{ number() }}{% endcache %}{% endblock %}",
        }
    )

    with app.app_context():
        rendered = [render_template("page.html"), render_template("page.html")]

    assert rendered == ["[1]", "[1]"]


# -- escaping ----------------------------------------------------------------------------


def test_what_is_escaped_is_escaped_once(render):
    source = "{% cache 60, 'name' %}<b>{{ text }}</b>{% endcache %}"

    rendered = [render(source, text="<&>"), render(source, text="<&>")]

    assert rendered == ["<b>&lt;&amp;&gt;</b>"] * 2


def test_a_fragment_is_still_markup_on_a_hit(cache, render):
    source = (
        "{% set fragment %}{% cache 60, 'name' %}<b>{{ text }}</b>{% endcache %}{% endset %}"
        "{{ fragment }}"
    )

    rendered = [render(source, text="<"), render(source, text="<")]

    assert rendered == ["<b>&lt;</b>"] * 2
    assert isinstance(cache.get("_template_fragment_cache_name"), Markup)


# -- the key -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "vary_on", "key"),
    [
        ("name", None, "_template_fragment_cache_name"),
        ("name", [], "_template_fragment_cache_name"),
        ("name", ["a"], "_template_fragment_cache_name_a"),
        ("name", ["a", "b"], "_template_fragment_cache_name_a_b"),
        ("name", [""], "_template_fragment_cache_name_"),
    ],
)
def test_the_key_of_a_fragment_is_that_of_2_5_1(name, vary_on, key):
    assert make_template_fragment_key(name, vary_on) == key


def test_the_key_of_a_fragment_takes_its_parameters_by_name():
    key = make_template_fragment_key(fragment_name="name", vary_on=["a"])

    assert key == "_template_fragment_cache_name_a"


def test_the_parts_of_a_key_do_not_run_together():
    keys = {
        make_template_fragment_key("a", ["b", "c"]),
        make_template_fragment_key("a", ["b_c"]),
        make_template_fragment_key("a_b", ["c"]),
        make_template_fragment_key("a_b_c"),
        make_template_fragment_key("a\\_b", ["c"]),
    }

    assert len(keys) == 5


def test_the_key_deletes_the_fragment(cache, render):
    source = "{% cache 60, 'user_page', user, 5 %}{{ number() }}{% endcache %}"

    render(source, user="ann_b")
    deleted = cache.delete(make_template_fragment_key("user_page", vary_on=["ann_b", 5]))

    assert deleted is True
    assert render(source, user="ann_b") == "2"


# -- the store fails ---------------------------------------------------------------------


@pytest.fixture
def failing(app, render):
    """Give the backend of an application whose store can be switched off."""
    cache = Cache(app, config={"CACHE_TYPE": Failing})
    return cache.cache


SOURCE = "{% cache 60, 'name' %}made {{ number() }}{% endcache %}"


@pytest.mark.parametrize(
    "down", [{"get"}, {"set"}, {"get", "set"}], ids=["reading", "writing", "both"]
)
def test_with_the_store_down_bodies_are_rendered_once_and_one_is_logged(
    render, failing, caplog, down
):
    failing.down = down

    rendered = [render(SOURCE), render(SOURCE)]

    assert rendered == ["made 1", "made 2"]
    (message,) = caplog.messages
    assert "the store is down" in message


def test_with_the_store_down_del_renders_the_body_once(render, failing, number, caplog):
    failing.down = {"delete"}

    rendered = render("{% cache 'del', 'name' %}made {{ number() }}{% endcache %}")

    assert rendered == "made 1"
    assert number() == 2
    assert caplog.messages == ["Answered without the cache: the store is down: delete"]


@pytest.mark.parametrize(
    ("down", "source"),
    [
        ("get", SOURCE),
        ("set", SOURCE),
        ("delete", "{% cache 'del', 'name' %}made {{ number() }}{% endcache %}"),
    ],
    ids=["get", "set", "delete"],
)
def test_with_the_store_down_debug_raises(app, render, failing, down, source):
    app.debug = True
    failing.down = {down}

    with pytest.raises(ConnectionError, match=f"the store is down: {down}"):
        render(source)


def test_an_error_in_the_body_reaches_the_caller_and_nothing_is_stored(cache, render):
    source = "{% cache 60, 'name' %}{{ 1 // zero }}{% endcache %}"

    with pytest.raises(ZeroDivisionError):
        render(source, zero=0)

    assert not cache.has("_template_fragment_cache_name")


def test_a_fragment_with_a_backend_without_a_memory_is_rendered_each_time(app, number):
    Cache(app, config={"CACHE_TYPE": "null", "CACHE_NO_NULL_WARNING": True})
    app.jinja_env.globals["number"] = number

    with app.app_context():
        rendered = [render_template_string(SOURCE), render_template_string(SOURCE)]

    assert rendered == ["made 1", "made 2"]


# -- installing --------------------------------------------------------------------------


def test_without_the_extension_the_tag_is_unknown(app):
    Cache(app, with_jinja2_ext=False)

    assert not any(isinstance(each, CacheExtension) for each in app.jinja_env.extensions.values())
    with app.app_context(), pytest.raises(TemplateSyntaxError, match="unknown tag 'cache'"):
        render_template_string(SOURCE)


def test_a_cache_without_the_extension_leaves_the_tag_to_another_one(app, cache, render):
    other = Cache(app, with_jinja2_ext=False)

    render(SOURCE)

    assert cache.get("_template_fragment_cache_name") == "made 1"
    assert other.get("_template_fragment_cache_name") is None


def test_fragments_lie_in_the_cache_of_their_application(number):
    cache, apps = Cache(), [Flask("one"), Flask("other")]
    for app in apps:
        app.config["CACHE_TYPE"] = "simple"
        app.jinja_env.globals["number"] = number
        cache.init_app(app)

    rendered = []
    for app in apps * 2:
        with app.app_context():
            rendered.append(render_template_string(SOURCE))

    assert rendered == ["made 1", "made 2", "made 1", "made 2"]
