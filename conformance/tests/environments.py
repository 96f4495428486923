"""Where is what somebody installs tried out? In an environment that has nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from uv import find_uv_bin

ROOT = Path(__file__).parents[2]


class Environment:
    """An empty environment in a folder.

    :param wheels: where the distributions lie that are built here; the index knows others by
        their names, or none.
    """

    def __init__(self, folder, wheels):
        uv("venv", "--python", sys.executable, folder)
        self._bin = folder / "bin"
        self._wheels = wheels

    def install(self, *requirements):
        uv(
            *("pip", "install", "--python", self._bin / "python"),
            *("--find-links", self._wheels, *requirements),
        )

    def run(self, script, *arguments, **options):
        """Run what is installed here, ``python`` too; return what it prints."""
        return run([self._bin / script, *arguments], **options)


def build(project, wheels, *options):
    """Build the wheel and the sdist of a project."""
    uv("build", "--python", sys.executable, "--out-dir", wheels, *options, cwd=project)


def uv(*arguments, cwd=None):
    # Away from this repository by default, whose pins and sources are not meant for others.
    run([find_uv_bin(), "--quiet", *arguments], cwd=cwd or tempfile.gettempdir())


def run(command, **options):
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name != "VIRTUAL_ENV" and not name.startswith(("PYTEST_", "COV_", "COVERAGE_"))
    }
    done = subprocess.run(
        [str(part) for part in command],
        env=inherited,
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def level_told(output):
    """Return the level that the kit says is reached, in its words."""
    (level,) = re.findall(r"^  reached: (.*), claimed: ", output, re.MULTILINE)
    return level
