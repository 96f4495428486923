"""What does a backend of one's own begin with? A package that passes already, on a dict.

The files lie in ``templates``, written for a store named ``my-store``; another name is put in its
place. `flask-caching-conformance new foo` calls `write_package`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from flask_caching.errors import CacheError
from flask_caching.registry import DISTRIBUTIONS

TEMPLATES = Path(__file__).with_name("templates")
ENDING = ".template"
DISTRIBUTION = "flask-caching-"

#: Names of backends, and of distributions, that are not free. Without hyphens: so many hyphens
#: as one likes lead to the same name of a class.
TAKEN = {*DISTRIBUTIONS, "simple", "null", "core", "conformance"}
#: So that no line of code grows too long.
LONGEST = 32
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class ScaffoldError(CacheError, ValueError):
    """A package that can't be written: says which name or folder, and what would do."""


@dataclass(frozen=True, slots=True)
class Names:
    """What a store is called, in each place: ``my-store``."""

    name: str

    @classmethod
    def of(cls, name: str) -> Names:
        """Read a name in any spelling: ``My_Store``, ``flask-caching-my-store``.

        :raises ScaffoldError: where it can be no name, or is one of ours.
        """
        plain = re.sub(r"[-_.]+", "-", name.lower()).removeprefix(DISTRIBUTION)
        if not _NAME.fullmatch(plain) or len(plain) > LONGEST:
            raise ScaffoldError(
                f"{name!r} can't be the name of a backend: take ASCII letters, digits and hyphens, "
                f"a letter first, {LONGEST} at most, as in 'foo' or 'my-store'."
            )
        if plain.replace("-", "").removesuffix("cache") in TAKEN:
            raise ScaffoldError(
                f"{name!r} is taken: this project has a backend or a distribution of that name. "
                "Choose another, such as the name of the store with your own before it."
            )
        return cls(plain)

    def put_into(self, text: str) -> str:
        """Put this name in the place of ``my-store``, in each of its spellings."""
        for theirs, ours in zip(Names("my-store").spellings(), self.spellings(), strict=True):
            text = text.replace(theirs, ours)
        return text

    def spellings(self) -> tuple[str, ...]:
        """Give the name as a word, in modules, in settings and in the name of a class."""
        module = self.name.replace("-", "_")
        words = self.name.split("-")
        return self.name, module, module.upper(), "".join(word.capitalize() for word in words)


def write_package(name: str, into: Path) -> Path:
    """Write a package for a store called `name` into a folder of its own; return that.

    :param into: where the folder ``flask-caching-<name>`` is made.
    :raises ScaffoldError: where the name won't do, or the folder is there and not empty.
    """
    names = Names.of(name)
    package = into / f"{DISTRIBUTION}{names.name}"
    if package.exists() and not (package.is_dir() and next(package.iterdir(), None) is None):
        raise ScaffoldError(
            f"{package} is there already, and nothing is written over it. Remove it, or choose "
            "another folder or name."
        )
    for template in sorted(TEMPLATES.rglob(f"*{ENDING}")):
        path = names.put_into(str(template.relative_to(TEMPLATES)).removesuffix(ENDING))
        target = package / path
        target.parent.mkdir(parents=True, exist_ok=True)
        text = template.read_text(encoding="utf-8")
        target.write_text(names.put_into(text), encoding="utf-8", newline="\n")
    return package
