"""What is a user told who makes a mistake? The rows of that table, and the page that shows it.

A row is a `Mistake`. The page is ``docs/errors.md``: in the first column of its tables stand
the symptoms, as the user meets them, with ``…`` for what differs from one to the next.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


class Logged:
    """The application goes on, and the log has a line."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake, and what comes of it."""

    #: What the user did.
    did: str
    #: Does it, with whatever the test gives: an application, the address of a server.
    do: Callable[[Any], Any]
    #: The exception's class; a warning's, where the application goes on; or `Logged`.
    told: type
    #: What is said, as the page has it.
    symptom: str
    #: What else the message must have: above all the value as it was given.
    says: tuple[str, ...] = ()
    #: What it must not have.
    hides: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.did

    def check(self, given: Any, caplog: pytest.LogCaptureFixture) -> None:
        """Make the mistake, and judge what is said."""
        message = self._message(given, caplog)
        assert re.search(_pattern(self.symptom), message), f"{self.symptom!r} is not in: {message}"
        for text in self.says:
            assert text in message, f"{text!r} is not in: {message}"
        for text in self.hides:
            assert text not in message, f"{text!r} is in: {message}"

    def _message(self, given: Any, caplog: pytest.LogCaptureFixture) -> str:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            raised = _raised(self.do, given)
        if raised is not None:
            assert type(raised) is self.told, f"{type(raised)}: {raised}"
            return str(raised)
        warned = [str(each.message) for each in caught if each.category is self.told]
        said = warned if issubclass(self.told, Warning) else caplog.messages
        assert not issubclass(self.told, Exception) or warned, "nothing was raised"
        (message,) = said
        return message


def _raised(do: Callable[[Any], Any], given: Any) -> Exception | None:
    try:
        do(given)
    except Exception as error:  # noqa: BLE001 (which one it is, the row says)
        return error
    return None


def symptoms(page: Path, *sections: str) -> set[str]:
    """Return the symptoms in the tables of a page's sections; without any, of all."""
    found: set[str] = set()
    heading = ""
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        row = re.match(r"\| (`+)(.+?)\1 \|", line)
        if row and (not sections or heading in sections):
            found.add(row[2].strip())
    return found


def _pattern(symptom: str) -> str:
    return ".*".join(re.escape(part) for part in symptom.split("…"))
