"""How do the old imports of backends that are plugins now go on working?

``from flask_caching.backends import RedisCache`` gives the class that the installed plugin
registers under that name, the same object by every road, or says what to install.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def names_of_plugins(module: str, *names: str) -> Callable[[str], Any]:
    """Return a module's ``__getattr__`` that resolves the names of backends.

    It answers once for each name: the class is then an attribute of the module.
    """

    def find(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        from .registry import installed_registry

        found = installed_registry().load(name)
        setattr(sys.modules[module], name, found)
        return found

    return find
