"""The source files of the running Python's standard library: their names and their texts."""

from __future__ import annotations

import functools
import os
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

NOT_STANDARD = {"site-packages", "dist-packages", "__pycache__"}
TEST_PARTS = {"test", "tests", "idle_test"}


@dataclass(frozen=True)
class Module:
    """A source file that can be imported."""

    name: str
    """Dotted, as in an `import` statement."""
    path: Path

    @property
    def is_test(self) -> bool:
        return not TEST_PARTS.isdisjoint(self.name.split("."))

    def read(self) -> str:
        r"""Read the source text from disk, line ends as `\n`.

        A few test files are deliberately not UTF-8; what can't be decoded becomes U+FFFD.
        """
        return self.path.read_text(encoding="utf-8", errors="replace")


@functools.cache
def modules() -> Mapping[str, Module]:
    """List the modules by name. The list is made once per process, the texts are not kept."""
    found = sorted(find_modules(Path(sysconfig.get_path("stdlib"))), key=lambda m: m.name)
    return MappingProxyType({module.name: module for module in found})


def find_modules(root: Path) -> Iterator[Module]:
    """Walk over `root`, which may lack parts: Debian's python3, for one, leaves out the tests."""
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name.isidentifier() and name not in NOT_STANDARD]
        for file in files:
            path = Path(folder, file)
            name = module_name(path.relative_to(root))
            if name and path.is_file() and os.access(path, os.R_OK):
                yield Module(name, path)


def module_name(path: Path) -> str:
    """Turn `concurrent/futures/__init__.py` into `concurrent.futures`; "" if it is no module."""
    if path.suffix != ".py" or not path.stem.isidentifier():
        return ""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def submodules(package: str) -> list[Module]:
    """List the modules directly below a package, by name."""
    depth = package.count(".") + 1
    return [
        module
        for name, module in modules().items()
        if name.startswith(package + ".") and name.count(".") == depth
    ]
