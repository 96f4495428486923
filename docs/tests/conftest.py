"""The applications that commands in the pages ask for, as files in a folder."""

from __future__ import annotations

import pytest

from .markdown import blocks

#: What the quickstart has for its readers to wait for.
SLOW, QUICK = "time.sleep(1)", "time.sleep(0)"
#: The functions that it takes for given.
STORED_ELSEWHERE = """
def load_article(number): return {"number": number}
def save_article(number): pass
def ask_the_bank(currency): return 1.08
"""
SHOP = """
from flask import Flask, g, session
from flask_caching import Cache

app = Flask(__name__)
app.config.update(
    CACHE_TYPE="filesystem", CACHE_DIR="cache", SECRET_KEY="secret of the shop"
)
cache = Cache(app)

if not cache.get("greeting"):
    cache.set("greeting", "hello")


@app.before_request
def log_in():
    session["user"] = 1


from shop.views import reports

app.add_url_rule("/reports", view_func=reports)
"""
VIEWS = """
from flask import session

from shop import cache


@cache.cached(query_string=True, tags="user:1")
def reports():
    return f"of {session['user']}"
"""


@pytest.fixture
def shop(tmp_path):
    """A folder with the application of the quickstart, `example`, and another one, `shop`."""
    code = "".join(
        block.text for block in blocks("docs/quickstart.md") if block.language == "python"
    )
    assert SLOW in code
    (tmp_path / "example.py").write_text(STORED_ELSEWHERE + code.replace(SLOW, QUICK))
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text(SHOP)
    (tmp_path / "shop" / "views.py").write_text(VIEWS)
    return tmp_path
