"""Which folders hold no tests of this environment, and does an example run as it says?"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

#: It is not installed here; `conformance/tests/test_third_party.py` installs and judges it.
collect_ignore = ["third_party"]

EXAMPLES = Path(__file__).parent


@pytest.fixture
def routes() -> Callable[..., str]:
    """Give a function that loads an example as its first lines say, and lists its routes."""

    def routes(name: str, **environment: str) -> str:
        path = f"examples/{name}/app.py"
        assert f"`flask --app {path} run`" in (EXAMPLES / name / "app.py").read_text("utf-8")
        inherited = {
            key: value for key, value in os.environ.items() if not key.startswith("FLASK_")
        }
        done = subprocess.run(
            [sys.executable, "-m", "flask", "routes"],
            cwd=EXAMPLES.parent,
            env={**inherited, "FLASK_APP": path, **environment},  # Flask 2.1 has no option --app
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    return routes
