"""An environment of its own for each version of Flask-Caching 2.x, kept between runs."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
#: The label of the traceback of a scenario that could not be played to its end.
BROKE_OFF = "broke off"
#: Seconds for one command: a slow index, at worst.
PATIENCE = 100


def play(python, version):
    """Return what the runner sees with an interpreter, as scenarios by name."""
    minor = ".".join(version.split(".")[:2])
    done = _run([python, "-E", "-s", HERE / "runner.py", minor], cwd=HERE)
    return json.loads(done.stdout)


def python_with(version, folder):
    """Return the interpreter of an environment with this version, made below `folder` if need be.

    Several processes may want it at once: each makes its own, and the first one to finish puts
    it in its place; a rename either happens or does not.
    """
    wanted = REQUIREMENTS.read_text() + f"flask-caching=={version}\n"
    about = f"{wanted}{sys.version}{sys.prefix}{folder}"
    digest = hashlib.sha256(about.encode()).hexdigest()[:12]
    place = Path(folder) / f"flask-caching-{version}-{digest}"
    if not place.exists():
        _make(place, wanted)
    return place / sysconfig.get_path("scripts", vars={"base": ""}).lstrip("/\\") / "python"


def _make(place, wanted):
    place.parent.mkdir(parents=True, exist_ok=True)
    own = Path(tempfile.mkdtemp(prefix=".making-", dir=place.parent))
    try:
        requirements = own / "requirements.txt"
        requirements.write_text(wanted)
        environment = own / "environment"
        # Relocatable, since it is moved when it is whole.
        _uv("venv", "--relocatable", "--python", sys.executable, environment)
        _uv("pip", "install", "--no-deps", "--python", environment, "-r", requirements)
        try:
            environment.rename(place)
        except OSError:
            if not place.exists():  # somebody else's is as good
                raise
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _uv(*arguments):
    from uv import find_uv_bin

    # What may lead uv to another environment than the one that is named.
    kept = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    # Away from this repository, whose settings are not meant for these environments.
    _run([find_uv_bin(), "--quiet", *arguments], env=kept, cwd=tempfile.gettempdir())


def _run(command, **options):
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        **options,
    )
    assert done.returncode == 0, f"{command} failed:\n{done.stderr[-4000:]}"
    return done
