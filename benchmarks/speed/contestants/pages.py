"""An application under gunicorn, whose page takes some milliseconds where it is not cached.

``LOAD_CONFIG`` has the cache's settings as JSON, ``null`` for no cache.
"""

from __future__ import annotations

import json
import os

from flask import Flask, render_template_string

from flask_caching import Cache

ROWS = 400
PAGE = """<table>{% for number in range(rows) %}
<tr><td>{{ number }}</td><td>{{ number * number }}</td><td>{{ "%x"|format(number) }}</td></tr>
{% endfor %}</table>"""

app = Flask(__name__)
_settings = json.loads(os.environ["LOAD_CONFIG"])
cache = Cache(app, config=_settings or {"CACHE_TYPE": "NullCache", "CACHE_NO_NULL_WARNING": True})


@app.get("/page/<int:number>")
@cache.cached(timeout=300)
def page(number: int) -> str:
    """Show a table."""
    return render_template_string(PAGE, rows=ROWS + number % 2)
