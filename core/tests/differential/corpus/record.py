"""How does a scenario note what it sees, so that two implementations can be compared?"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask

SCENARIOS: dict[str, Scenario] = {}

#: Packages whose own exception classes an application of 2.x does not name.
_INTERNAL = ("flask_caching", "cachelib", "werkzeug.utils", "werkzeug.routing", "_pickle")


@dataclass(frozen=True)
class Scenario:
    """A function that is given a `Record`.

    `since` is the first minor version of Flask-Caching that offers what it uses.
    """

    name: str
    play: Callable[[Record], None]
    since: tuple[int, int] = (2, 4)


def scenario(function=None, *, since=(2, 4)):
    """Register a scenario under its module's and its own name."""

    def register(function):
        subject = function.__module__.rpartition(".")[2]
        name = f"{subject}.{function.__name__}"
        assert name not in SCENARIOS, name
        SCENARIOS[name] = Scenario(name, function, since)
        return function

    return register if function is None else register(function)


class Record:
    """The observations of one scenario: JSON by label, in the order seen."""

    def __init__(self):
        self.seen: dict[str, Any] = {}

    def __call__(self, label, value):
        """Note a value, and its type where that is not plain from JSON."""
        assert label not in self.seen, f"{label!r} is noted twice"
        self.seen[label] = plain(value)

    def outcome(self, label, function, *args, **kwargs):
        """Note what a call gives or raises."""
        try:
            value = function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 (that is what is noted)
            self(label, error)
        else:
            self(label, value)

    def page(self, label, response, *headers):
        """Note an answer's status and body, and the headers named."""
        body = response.get_data(as_text=True)
        if body.startswith("<!doctype html>"):  # Flask's own page for an error
            body = "(error page)"
        text = f"{response.status_code} {body}".rstrip()
        named = {name: response.headers.get(name) for name in headers}
        self(label, [text, named] if headers else text)

    def warned(self, label, function, *args, **kwargs):
        """Note the categories of what a call warns about, and return its result."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = function(*args, **kwargs)
        self(label, sorted({each.category.__name__ for each in caught}))
        return result


def plain(value):
    """Return a value as JSON that shows types too."""
    if value is None or isinstance(value, bool) or type(value) in (int, str):
        return value
    if type(value) is list:
        return [plain(each) for each in value]
    if type(value) is dict and all(type(key) is str for key in value):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, Exception):
        return raised(value)
    return repr(value)


def raised(error):
    """Return an exception as what an ``except`` clause sees of it.

    ``raises`` is the first of its classes that an application may know; ``is`` are all.
    """
    names = [
        cls.__name__ for cls in type(error).__mro__ if not cls.__module__.startswith(_INTERNAL)
    ]
    return {
        "raises": names[0],
        "is": [n for n in names if n not in ("Exception", "BaseException", "object")],
    }


def make_app(name="corpus", **config):
    """Return an application that caches in its process's memory, unless `config` says otherwise."""
    app = Flask(name)
    app.config.update(CACHE_TYPE="SimpleCache", SECRET_KEY="not secret")
    app.config.update(config)
    return app


def counter():
    """Return a function that gives 1, 2, 3, … and so tells how often it was called."""
    return itertools.count(1).__next__
