"""Is this package what was installed? What ``flask cache doctor`` looks at first.

It needs nothing else of the package, so that it works where the original Flask-Caching has
been installed over it.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.metadata
from pathlib import Path
from typing import NamedTuple

CORE = "flask-caching-core"
PACKAGE = "flask_caching"
#: The umbrella distribution has the original's name, and this in its version.
OUR_MARK = "+plugins."


class Finding(NamedTuple):
    """One thing that was looked at."""

    is_well: bool
    text: str


def installation_findings() -> list[Finding]:
    """Look for the original beside this package, and for files that are not ours any more."""
    return [_original(), _files()]


def _original() -> Finding:
    """Look for the original, whose files lie in the same package as ours."""
    try:
        version = importlib.metadata.version("Flask-Caching")
    except importlib.metadata.PackageNotFoundError:
        version = OUR_MARK
    if OUR_MARK in version:
        return Finding(True, "The original Flask-Caching is not installed beside this one.")
    return Finding(
        False,
        f"The original Flask-Caching {version} is installed in the same package folder. Repair: "
        f"pip uninstall Flask-Caching, then pip install --force-reinstall {CORE}.",
    )


def _files() -> Finding:
    """Compare the package's files with what their distribution says of them."""
    distribution = importlib.metadata.distribution(CORE)
    # Read here: since Python 3.12, `importlib.metadata.files` leaves out what is gone.
    record = (distribution.read_text("RECORD") or "").splitlines()
    changed = [
        path
        for path, seal, *_ in csv.reader(record)
        if path.startswith(f"{PACKAGE}/") and not _is_unchanged(distribution, path, seal)
    ]
    if not changed:
        return Finding(True, f"The files of {CORE} are as they were installed.")
    return Finding(
        False,
        f"Files of {CORE} were overwritten or are gone: {', '.join(changed)}. Repair: "
        f"pip install --force-reinstall {CORE}.",
    )


def _is_unchanged(distribution: importlib.metadata.Distribution, path: str, seal: str) -> bool:
    if not seal:  # compiled here
        return True
    method, _, expected = seal.partition("=")
    try:
        content = Path(str(distribution.locate_file(path))).read_bytes()
    except OSError:
        return False
    digest = hashlib.new(method, content, usedforsecurity=False).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == expected
