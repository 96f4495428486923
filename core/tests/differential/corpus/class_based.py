"""Class-based views and blueprints."""

from __future__ import annotations

from flask import Blueprint, request
from flask.views import MethodView, View

from flask_caching import Cache

from .record import counter, make_app, scenario
from .stores import OLD


@scenario
def method_view(see):
    app = make_app(**OLD)
    cache = Cache(app)
    number = counter()

    class Item(MethodView):
        @cache.cached(timeout=60)
        def get(self, item):
            return f"{item} {number()}"

        def post(self, item):
            return f"posted {number()}"

    app.add_url_rule("/item/<item>", view_func=Item.as_view("item"))
    client = app.test_client()
    see.page("a", client.get("/item/a"))
    see.page("a again", client.get("/item/a"))
    see.page("b", client.get("/item/b"))
    see.page("posted", client.post("/item/a"))
    see.page("a once more", client.get("/item/a"))
    see("keys", cache.cache.keys)


@scenario
def decorators_of_a_view_class(see):
    app = make_app(**OLD)
    cache = Cache(app)
    number = counter()

    class Page(View):
        decorators = [cache.cached(timeout=60, key_prefix="page/%s")]

        def dispatch_request(self, name):
            return f"{name} {number()}"

    app.add_url_rule("/<name>", view_func=Page.as_view("page"))
    client = app.test_client()
    see("pages", [client.get(f"/{name}").text for name in ("a", "a", "b")])
    see("keys", cache.cache.keys)


@scenario
def decorators_of_a_method_view(see):
    for policy in ("safe", "legacy"):
        app = make_app(CACHE_VIEW_POLICY=policy)
        cache = Cache(app)
        number = counter()

        class Item(MethodView):
            decorators = [cache.cached()]

            def get(self):
                return f"got {number()}"

            def post(self):
                return f"posted {number()}"

        app.add_url_rule("/", view_func=Item.as_view("item"))
        client = app.test_client()
        pages = [client.get("/").text, client.post("/").text, client.get("/").text]
        see(policy, pages)


@scenario
def memoized_method_of_a_view(see):
    app = make_app()
    cache = Cache(app)
    number = counter()

    class Item(MethodView):
        def __repr__(self):
            return "Item"

        @cache.memoize()
        def load(self, item):
            return number()

        def get(self, item):
            return f"{self.load(item)}"

    app.add_url_rule("/<item>", view_func=Item.as_view("item"))
    client = app.test_client()
    see("pages", [client.get(f"/{name}").text for name in ("a", "a", "b")])
    cache.delete_memoized(Item.load)
    see("deleted", [client.get(f"/{name}").text for name in ("a", "b")])


@scenario
def unless_in_a_method_view(see):
    app = make_app()
    cache = Cache(app)
    number = counter()
    asked = []

    def unless(f, view, *args, **kwargs):
        asked.append((f.__name__, type(view).__name__, list(args), kwargs))
        return request.args.get("off") == "1"

    class Item(MethodView):
        @cache.cached(unless=unless)
        def get(self, item):
            return f"{item} {number()}"

    app.add_url_rule("/<item>", view_func=Item.as_view("item"))
    client = app.test_client()
    see("pages", [client.get(url).text for url in ("/a", "/a", "/a?off=1", "/a")])
    see("asked", asked)


@scenario
def blueprints(see):
    app = make_app(**OLD)
    cache = Cache(app)
    number = counter()
    shop = Blueprint("shop", __name__, url_prefix="/shop")

    @shop.route("/item/<int:item>")
    @cache.cached()
    def view(item):
        return f"{item} {number()}"

    @shop.route("/search")
    @cache.cached(query_string=True)
    def search():
        return f"search {number()}"

    app.register_blueprint(shop)
    app.register_blueprint(shop, name="other", url_prefix="/other")
    client = app.test_client()
    urls = (
        "/shop/item/1",
        "/shop/item/1",
        "/other/item/1",
        "/shop/search?q=1",
        "/shop/search?q=1",
        "/other/search?q=1",
    )
    see("pages", [client.get(url).text for url in urls])
    see("keys by path", [key for key in cache.cache.keys if "item" in key])


@scenario
def key_of_a_blueprints_view(see):
    app = make_app()
    cache = Cache(app)
    shop = Blueprint("shop", __name__, url_prefix="/shop")

    @shop.route("/item/<int:item>")
    @cache.cached()
    def view(item):
        return str(item)

    app.register_blueprint(shop)
    with app.test_request_context("/elsewhere"):
        see.outcome("key", view.make_cache_key, item=3)
    with app.test_request_context("/shop/item/1"):
        see.outcome("key in a request of it", view.make_cache_key, item=3)


@scenario
def cache_of_a_blueprint(see):
    cache = Cache()
    number = counter()
    shop = Blueprint("shop", __name__)

    @shop.route("/<item>")
    @cache.cached()
    def view(item):
        return f"{item} {number()}"

    pages = []
    for name in ("one", "other"):
        app = make_app(name)
        cache.init_app(app)
        app.register_blueprint(shop)
        client = app.test_client()
        pages.append([client.get("/a").text, client.get("/a").text])
    see("pages", pages)


@scenario
def one_view_under_two_rules(see):
    app = make_app(**OLD)
    cache = Cache(app)
    number = counter()

    @app.route("/")
    @app.route("/index")
    @cache.cached()
    def index():
        return str(number())

    client = app.test_client()
    see("pages", [client.get(url).text for url in ("/", "/index", "/", "/index")])
    see("keys", cache.cache.keys)


@scenario
def mounted(see):
    app = make_app(**OLD)
    cache = Cache(app)
    app.add_url_rule("/a", "a", cache.cached()(lambda: "a"))
    app.test_client().get("/a", environ_overrides={"SCRIPT_NAME": "/mounted"})
    see("keys", cache.cache.keys)


@scenario
def cached_under_other_decorators(see):
    import functools

    app = make_app()
    cache = Cache(app)
    number = counter()

    def loud(function):
        @functools.wraps(function)
        def wrapped(*args, **kwargs):
            return function(*args, **kwargs).upper()

        return wrapped

    app.add_url_rule("/above", "above", loud(cache.cached()(lambda: f"page {number()}")))
    app.add_url_rule("/below", "below", cache.cached()(loud(lambda: f"page {number()}")))
    client = app.test_client()
    see("pages", [client.get(url).text for url in ("/above", "/above", "/below", "/below")])


@scenario
def cached_and_memoized(see):
    cache = Cache(make_app())
    number = counter()

    @cache.cached(key_prefix="outer")
    @cache.memoize()
    def both(a=1):
        return number()

    see("calls", [both(), both(), both(2)])
