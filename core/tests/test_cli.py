"""``flask cache`` is there whatever state the package is in."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import flask_caching


def test_it_works_where_the_original_was_installed_over_the_package(tmp_path):
    package = tmp_path / "flask_caching"
    shutil.copytree(Path(flask_caching.__file__).parent, package)
    (package / "backends" / "base.py").write_text("class BaseCache: ...\n")
    (package / "backends" / "__init__.py").write_text("from .base import BaseCache\n")
    (package / "__init__.py").write_text("from .backends import BaseCache\n")
    (tmp_path / "app.py").write_text("from flask import Flask\napp = Flask('app')\n")

    # Not measured: what runs there is the copy.
    environment = {name: value for name, value in os.environ.items() if "COV" not in name}
    environment["PYTHONPATH"] = str(tmp_path)

    def flask(*command):
        return subprocess.run(
            [sys.executable, "-m", "flask", *command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    doctor, info, routes = flask("cache", "doctor"), flask("cache", "info"), flask("routes")

    assert doctor.returncode == 1
    assert "WRONG  The package flask_caching can't be imported:" in doctor.stdout
    assert info.returncode == 1
    assert "Ask: flask cache doctor" in info.stderr
    assert routes.returncode == 0
