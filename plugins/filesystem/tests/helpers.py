"""How does a test look at the files?"""

from __future__ import annotations


def files_below(folder, suffix=""):
    """Return the files below a folder, but for the ledgers."""
    found = sorted(path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    return [path for path in found if path.name != "ledger" and path.name.endswith(suffix)]


def only_file(folder):
    """Return the one entry's file."""
    (file,) = files_below(folder, ".entry")
    return file
