"""Does the example of the README work as it stands there, but for the address?"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from flask_caching_conformance.harness.servers import Server, accepts, free_port

from .uwsgi_server import uwsgi

README = Path(__file__).parent.parent / "README.md"
VIEW = """

@app.get("/")
@cache.cached()
def index():
    import os
    return f"{type(cache.cache).__name__} {os.urandom(8).hex()}"
"""


def test_the_example_serves_a_cached_page(tmp_path):
    port = free_port()
    python, ini = re.findall(
        r"^```(?:python|ini)\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL
    )
    (tmp_path / "app.py").write_text(python + VIEW)
    (tmp_path / "uwsgi.ini").write_text(ini.replace("127.0.0.1:8000", f"127.0.0.1:{port}"))
    open_url = build_opener(ProxyHandler({})).open

    with Server(uwsgi("--ini=uwsgi.ini"), tmp_path, lambda: accepts(port)):
        pages = {open_url(f"http://127.0.0.1:{port}/").read().decode() for _ in range(10)}

    (page,) = pages
    assert page.startswith("UWSGICache ")
