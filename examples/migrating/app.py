"""An application as it was written for Flask-Caching 2.x, which runs on either, unchanged.

Run it with `flask --app examples/migrating/app.py run`. Its tests ask the same questions of it on
Flask-Caching 2.5.1 and here. docs/migration.md says what may differ.
"""

from flask import Flask, jsonify, render_template, request

from flask_caching import Cache

config = {
    "DEBUG": False,
    "CACHE_TYPE": "SimpleCache",
    "CACHE_DEFAULT_TIMEOUT": 300,
    "CACHE_KEY_PREFIX": "blog:",
}

app = Flask(__name__)
app.config.from_mapping(config)
cache = Cache(app)

posts = {1: "First post", 2: "Second post"}
calls = []


@app.route("/")
@cache.cached(timeout=50)
def index():
    calls.append("index")
    return render_template("index.html", posts=posts)


@app.route("/search")
@cache.cached(query_string=True, unless=lambda: "fresh" in request.args)
def search():
    calls.append("search")
    word = request.args.get("word", "")
    return jsonify(sorted(number for number, title in posts.items() if word in title))


@app.route("/posts/<int:number>", methods=["GET"])
def post(number):
    return title_of(number)


@app.route("/posts/<int:number>", methods=["POST"])
def change(number):
    posts[number] = request.form["title"]
    cache.delete_memoized(title_of, number)
    cache.delete("view//")
    return "", 204


@cache.memoize(50)
def title_of(number):
    calls.append(f"title of {number}")
    return posts[number]


@cache.cached(timeout=50, key_prefix="all_posts")
def all_posts():
    calls.append("all posts")
    return list(posts.values())


@app.route("/count")
def count():
    visits = cache.get("visits") or 0
    cache.set("visits", visits + 1, timeout=60)
    return jsonify(visits=visits + 1, posts=len(all_posts()))


@app.route("/clear", methods=["POST"])
def clear():
    cache.clear()
    return "", 204
