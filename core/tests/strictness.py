"""Which warnings are errors? All, but for what an old Flask, or its Werkzeug, says of itself."""

from __future__ import annotations

from importlib.metadata import version

#: How the messages begin. Newer Pythons put the blame for what old versions call on themselves, or
#: on who made the application.
OF_OLD_FLASK = (
    "'pkgutil.",
    "'maxsplit' is passed",
    "ast.",
    "Attribute s is deprecated",
    "Constant.__init__ got",
    "Constant.__init__ missing",
)
#: For pytest, where an old Flask is installed.
FILTERS = (
    "error",
    r"ignore:::(flask|werkzeug)\b",
    *(f"ignore:{beginning}:DeprecationWarning" for beginning in OF_OLD_FLASK),
)


def strictly():
    """Return the options of another interpreter, with whatever Flask is installed here."""
    old = OF_OLD_FLASK if version("flask") < "3" else ()
    ignored = [f"-Wignore:{beginning}:DeprecationWarning" for beginning in old]
    return ["-Werror", *ignored]
