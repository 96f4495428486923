"""What does importing a backend do? A program of its own, which says what it saw as JSON.

It is run as a script, so that nothing of the kit is imported: `packaging` asks it, with the path
of modules, the backend's name where it has one, and the module and the attribute otherwise.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Collection
from pathlib import Path
from typing import Any

#: What a process has, of each kind: whatever is there after an import and was not before it.
State = dict[str, set[str]]


def state() -> State:
    """Return what this process has."""
    return {
        "threads": threads(),
        "descriptors": descriptors(),
        "files": {str(path) for path in Path.cwd().rglob("*")},
        "signal handlers": {
            f"{number}: {signal.getsignal(number)!r}" for number in signal.valid_signals()
        },
        "environment": {f"{name}={value}" for name, value in os.environ.items()},
        "logging handlers": {
            f"{name}: {handler!r}"
            for name, logger in {"root": logging.root, **logging.root.manager.loggerDict}.items()
            for handler in getattr(logger, "handlers", [])
            if not isinstance(handler, logging.NullHandler)  # what libraries are told to add
        },
    }


def threads() -> set[str]:
    """Return the threads, those that C code made as well where the system lists them."""
    listed = Path("/proc/self/task")
    if listed.exists():
        return {path.name for path in listed.iterdir()}
    return {f"{thread.ident}" for thread in threading.enumerate()}


def descriptors() -> set[str]:
    """Return what this process has open."""
    found = set()
    for name in os.listdir("/dev/fd"):  # noqa: PTH208 (it gives names of links, not files)
        try:
            found.add(f"{name}: {os.readlink(f'/dev/fd/{name}')}")  # noqa: PTH115 (the same)
        except OSError:
            continue  # of the listing itself
    return found


def changes(before: State, after: State) -> dict[str, list[str]]:
    """Return what came, and of what can be replaced what went; values may be secrets."""
    closed = {"descriptors": before["descriptors"] - after["descriptors"]}
    differences = {
        kind: sorted(
            {each.partition("=")[0] for each in (after[kind] ^ found)} - closed.get(kind, set())
        )
        for kind, found in before.items()
    }
    return {kind: different for kind, different in differences.items() if different}


def load(name: str | None, module: str, attribute: str) -> object:
    """Import the backend as an application's configuration makes the core do it."""
    if name is None:
        return getattr(importlib.import_module(module), attribute, None)
    from flask_caching.registry import installed_registry

    return installed_registry().load(name)


def report(path: Collection[str], **backend: Any) -> dict[str, Any]:
    """Import the core, then the backend; return what was imported, and what else happened."""
    sys.path[:] = path
    import flask_caching.registry

    flask_caching.registry.installed_registry()
    with_core = set(sys.modules)
    before = state()
    try:
        found = load(**backend)
    except Exception:  # noqa: BLE001 (told to the case)
        return {"error": traceback.format_exc(), "with core": sorted(with_core)}
    return {
        "found": getattr(found, "__qualname__", repr(found)),
        "changes": changes(before, state()),
        "with core": sorted(with_core),
        "imported": sorted(set(sys.modules) - with_core),
    }


if __name__ == "__main__":
    json.dump(report(**json.loads(sys.argv[1])), sys.stdout)
