"""Where do the peers run? In an environment of their own, since one has our import name."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
#: Environments are kept here between runs, by what is in them.
KEPT = Path(__file__).resolve().parents[2] / "build" / "peers"


def peers_python() -> str:
    """Return the interpreter of the peers' environment, which is made where it is not there."""
    about = REQUIREMENTS.read_bytes() + sys.version.encode()
    place = KEPT / hashlib.sha256(about).hexdigest()[:12]
    python = place / "bin" / "python"
    if not (place / "whole").exists():
        shutil.rmtree(place, ignore_errors=True)
        _uv("venv", "--python", sys.executable, place)
        options = ("--no-deps", "--no-binary=pylibmc", "-r", REQUIREMENTS)
        _uv("pip", "install", "--python", python, *options)
        (place / "whole").touch()
    return str(python)


def _uv(*arguments: object) -> None:
    from uv import find_uv_bin

    command = [find_uv_bin(), "--quiet", *map(str, arguments)]
    # Away from this repository, whose settings are not meant for that environment.
    subprocess.run(command, check=True, cwd=tempfile.gettempdir())  # noqa: S603 (ours)
