"""The rules for views hold on every Flask that is supported, from 2.1 to the newest.

Each list of pins in `flask_versions` becomes an environment beside the running one, made once
and kept until the list changes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from .strictness import FILTERS

TESTS = Path(__file__).parent
CORE = TESTS.parent
#: The tests step their threads with its harness.
KIT = CORE.parent / "conformance"
PINS = sorted((TESTS / "flask_versions").glob("*.txt"))
SUITES = [
    "test_view_policy.py",
    "test_safe_views.py",
    "test_views.py",
    "test_versioned_views.py",
    "test_stale.py",
]
#: What one of them needs of Python, which has since dropped it.
NEEDS = {"flask-2.1": (pkgutil, "get_loader")}
#: What this run tells its own children is not meant for those.
OURS = ("PYTEST_", "COV", "PYTHONPATH", "PYTHONWARNINGS", "VIRTUAL_ENV")


def run(*command, cwd):
    """Run a command, and return how it failed and what it said."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def install(folder, pins, elsewhere):
    """Make an environment with the pinned versions, and core and kit as they are here."""
    python = folder / "bin" / "python"
    steps = [
        # Out of the workspace: its own pins are others.
        (elsewhere, "venv", "--clear", "--python", sys.executable, folder),
        (elsewhere, "pip", "install", "--python", python, "--requirements", pins),
        (CORE, "pip", "install", "--python", python, "--no-deps", "--editable", CORE),
        (KIT, "pip", "install", "--python", python, "--no-deps", "--editable", KIT),
    ]
    for cwd, *arguments in steps:
        failed, said = run(find_uv_bin(), "--quiet", *arguments, cwd=cwd)
        assert not failed, said


def interpreter(pins, elsewhere):
    """Return the interpreter of a list's environment, which is made where it isn't there yet."""
    projects = [(folder / "pyproject.toml").read_text() for folder in (CORE, KIT)]
    parts = [sys.version, str(CORE), pins.read_text(), *projects]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    home = Path(sys.prefix) / "flask-versions"
    home.mkdir(exist_ok=True)
    folder = home / f"{pins.stem}-{digest[:16]}"
    ready = folder / "ready"
    with (home / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until the file is closed
        if not ready.exists():
            install(folder, pins, elsewhere)
            ready.touch()
    return folder / "bin" / "python"


@pytest.mark.parametrize("pins", PINS, ids=[pins.stem for pins in PINS])
def test_the_rules_for_views_hold_on(pins, tmp_path):
    module, name = NEEDS.get(pins.stem, (os, "name"))
    if not hasattr(module, name):
        pytest.skip(f"this Python has no {module.__name__}.{name}")
    python = interpreter(pins, tmp_path)

    failed, said = run(
        *(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib"),
        *("-c", os.devnull, "--rootdir", CORE, "--confcutdir", CORE),
        *("--strict-markers", "--tb=short"),
        # Warnings are errors, except for those about what Flask itself does.
        *("-o", "filterwarnings=" + "\n".join(FILTERS)),
        # What leaks without the rules, and where they are switched on, is no matter of Flask's.
        *("-k", "not under_legacy and not [option-"),
        *(TESTS / suite for suite in SUITES if (TESTS / suite).exists()),
        cwd=CORE,
    )

    assert not failed, said


def test_every_pin_is_exact():
    lines = [line for pins in PINS for line in pins.read_text().splitlines()]

    assert PINS
    assert [line for line in lines if "==" not in line] == []
