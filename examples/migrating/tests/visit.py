"""Visits the application in this interpreter's environment, and prints what it answers, as JSON.

python visit.py FOLDER_OF_THE_EXAMPLES
"""

from __future__ import annotations

import json
import sys

VISITS = [
    ("GET", "/", None),
    ("GET", "/", None),
    ("GET", "/search?word=First&page=1", None),
    ("GET", "/search?page=1&word=First", None),
    ("GET", "/search?word=Second", None),
    ("GET", "/search?word=Second&fresh", None),
    ("GET", "/posts/1", None),
    ("GET", "/posts/1", None),
    ("GET", "/posts/2", None),
    ("POST", "/posts/1", {"title": "First post, mended"}),
    ("GET", "/posts/1", None),
    ("GET", "/posts/2", None),
    ("GET", "/", None),
    ("GET", "/count", None),
    ("GET", "/count", None),
    ("POST", "/clear", None),
    ("GET", "/", None),
    ("GET", "/count", None),
]


def main() -> None:
    from migrating.app import app, calls

    client = app.test_client()
    seen = []
    for method, path, data in VISITS:
        calls.clear()
        response = client.open(path, method=method, data=data)
        seen.append([method, path, response.status_code, response.text, list(calls)])
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    main()
