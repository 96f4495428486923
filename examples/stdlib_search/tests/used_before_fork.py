"""The application as a server with `--preload` has it: it has answered before the workers fork.

So whatever a backend keeps open, a connection or a lock, is there when it is forked.
"""

from __future__ import annotations

from ..app import create_app

USED = "antigravity"
"""The module whose page was asked for."""

app = create_app()
app.test_client().get(f"/module/{USED}")
