"""The ``{% cache %}`` tag: keys, lives, deletion, and what it shares."""

from __future__ import annotations

from flask import render_template_string
from jinja2 import DictLoader, FileSystemLoader

from flask_caching import Cache, make_template_fragment_key

from .record import counter, make_app, scenario
from .stores import OLD, broken


def _site(templates, **config):
    app = make_app(**{**OLD, **config})
    app.jinja_loader = DictLoader(templates)
    cache = Cache(app)
    number = counter()
    app.jinja_env.globals["number"] = number

    @app.route("/<name>")
    def view(name):
        from flask import render_template, request

        return render_template(name, **request.args.to_dict())

    return app, cache, app.test_client()


@scenario
def keys(see):
    names = ("plain", "two words", "ä☃", "")
    for name in names:
        see(f"{name!r}", make_template_fragment_key(name))
        see(f"{name!r} by something", make_template_fragment_key(name, vary_on=["a"]))
        see(f"{name!r} by two", make_template_fragment_key(name, ["a", "b"]))
    see("by nothing", make_template_fragment_key("plain", vary_on=[]))


@scenario
def keys_with_underscores(see):
    see("in the name", make_template_fragment_key("user_box"))
    see("in what it varies on", make_template_fragment_key("box", vary_on=["a_b"]))
    one = make_template_fragment_key("box", vary_on=["a_b", "c"])
    see("two lists, one key", one == make_template_fragment_key("box", vary_on=["a", "b_c"]))


@scenario
def keys_of_other_values(see):
    see.outcome("a number", make_template_fragment_key, "box", vary_on=[7])
    see.outcome("a text of letters", make_template_fragment_key, "box", vary_on="ab")


@scenario
def tag(see):
    _, cache, client = _site(
        {
            "named": "{% cache 60, 'box' %}{{ number() }}{% endcache %}",
            "varied": "{% cache 60, 'box', user, 'x' %}{{ user }} {{ number() }}{% endcache %}",
            "default": "{% cache none, 'lasting' %}{{ number() }}{% endcache %}",
            "ever": "{% cache 0, 'ever' %}{{ number() }}{% endcache %}",
            "expression": "{% cache 60*5, 'sum' %}{{ number() }}{% endcache %}",
        }
    )
    for name in ("named", "varied?user=a", "varied?user=b", "default", "ever", "expression"):
        see.page(name, client.get(f"/{name}"))
        see.page(f"{name} again", client.get(f"/{name}"))
    see("keys", cache.cache.keys)
    see("timeouts", dict(sorted(cache.cache.timeouts.items())))


@scenario
def fragments_without_a_name(see):
    for name in ("page.html", "user_page.html"):
        app, cache, client = _site({})
        app.jinja_loader = FileSystemLoader("corpus/pages")
        see.page(name, client.get(f"/{name}"))
        see.page(f"{name} again", client.get(f"/{name}"))
        see(f"{name}: keys", cache.cache.keys)


@scenario
def fragments_without_a_name_or_a_file(see):
    fragment = "{% cache 60 %}{{ number() }}{% endcache %}"
    app, cache, client = _site({"one": f"one {fragment}", "two": f"two {fragment}"})
    see.page("one", client.get("/one"))
    see.page("two", client.get("/two"))
    see("keys", cache.cache.keys)
    with app.test_request_context():
        see("from a text", render_template_string(fragment))
        see("from another text", render_template_string(f"more {fragment}"))


@scenario
def fragments_are_deleted(see):
    _, cache, client = _site(
        {
            "box": "{% cache 60, 'box' %}{{ number() }}{% endcache %}",
            "del": "{% cache 'del', 'box' %}{{ number() }}{% endcache %}",
        }
    )
    see.page("box", client.get("/box"))
    see.page("deleted", client.get("/del"))
    see.page("box anew", client.get("/box"))
    see("by key", cache.delete(make_template_fragment_key("box")))
    see.page("anew again", client.get("/box"))


@scenario
def fragments_are_shared(see):
    _, _, client = _site(
        {
            "one": "{% cache 60, 'box' %}one {{ number() }}{% endcache %}",
            "two": "{% cache 60, 'box' %}two {{ number() }}{% endcache %}",
            "nested": "{% cache 60, 'outer' %}{% cache 60, 'inner' %}{{ number() }}{% endcache %}"
            " {{ number() }}{% endcache %}",
            "inner": "{% cache 60, 'inner' %}{{ number() }}{% endcache %}",
        }
    )
    for name in ("one", "two", "nested", "inner"):
        see.page(name, client.get(f"/{name}"))


@scenario
def markup(see):
    _, _, client = _site(
        {
            "safe": "{% cache 60, 'safe' %}<b>{{ '<' }}</b>{% endcache %}",
            "loop": "{% for n in [1, 2, 1] %}{% cache 60, 'n', n|string %}{{ n }}:{{ number() }} "
            "{% endcache %}{% endfor %}",
            "macro": "{% macro m() %}{% cache 60, 'macro' %}{{ number() }}{% endcache %}"
            "{% endmacro %}{{ m() }} {{ m() }}",
            "empty": "{% cache 60, 'empty' %}{% endcache %}{% cache 60, 'empty' %}x{% endcache %}",
        }
    )
    for name in ("safe", "loop", "macro", "empty"):
        see.page(name, client.get(f"/{name}"))
        see.page(f"{name} again", client.get(f"/{name}"))


@scenario
def numbers_in_what_it_varies_on(see):
    _, _, client = _site({"t": "{% cache 60, 'box', 7 %}{{ number() }}{% endcache %}"})
    see("status", client.get("/t").status_code)


@scenario
def without_a_name(see):
    app = make_app(**OLD)
    Cache(app)
    number = counter()
    with app.test_request_context():
        template = "{% cache 60, 'inline' %}{{ n }}{% endcache %}"
        see("pages", [render_template_string(template, n=number()) for _ in range(2)])


@scenario
def wrong_tags(see):
    app = make_app()
    Cache(app)
    for template in (
        "{% cache %}x{% endcache %}",
        "{% cache 60, 'a' %}x",
        "{% cache 60, %}x{% endcache %}",
    ):
        see.outcome(template, app.jinja_env.from_string, template)


@scenario
def the_tag_is_left_out(see):
    app = make_app()
    Cache(app, with_jinja2_ext=False)
    see.outcome("tag", app.jinja_env.from_string, "{% cache 60, 'a' %}x{% endcache %}")


@scenario
def store_down(see):
    for operation in ("get", "set", "delete"):
        templates = {
            "box": "{% cache 60, 'box' %}{{ number() }}{% endcache %}",
            "del": "{% cache 'del', 'box' %}{{ number() }}{% endcache %}",
        }
        _, _, client = _site(templates, **broken(operation))
        see(
            f"{operation}: statuses",
            [client.get("/box").status_code, client.get("/del").status_code],
        )
        see.page(f"{operation}: box", client.get("/box"))


@scenario
def the_body_raises(see):
    _, cache, client = _site({"t": "{% cache 60, 'box' %}{{ 1 // 0 }}{% endcache %}"})
    see("status", client.get("/t").status_code)
    see("keys", cache.cache.keys)


@scenario
def nothing_is_cached(see):
    config = {"CACHE_TYPE": "NullCache", "CACHE_NO_NULL_WARNING": True}
    _, _, client = _site({"t": "{% cache 60, 'box' %}{{ number() }}{% endcache %}"}, **config)
    see.page("first", client.get("/t"))
    see.page("second", client.get("/t"))


@scenario
def two_applications_and_templates(see):
    template = "{% cache 60, 'box' %}{{ n }}{% endcache %}"
    cache = Cache()
    pages = []
    for number in (1, 2):
        app = make_app(f"app{number}")
        cache.init_app(app)
        with app.test_request_context():
            pages.append(render_template_string(template, n=number))
    see("pages", pages)
