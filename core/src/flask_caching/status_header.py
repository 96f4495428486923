"""How is the header ``Cache-Status`` written? Its syntax: RFC 9211, in the terms of RFC 9651."""

from __future__ import annotations

import re
from typing import TypeAlias

HEADER = "Cache-Status"

#: What a parameter may be: a flag, seconds, a word or a text.
Parameter: TypeAlias = bool | int | str

_TOKEN = re.compile(r"[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]*")
_PRINTABLE = re.compile(r"[\x20-\x7e]*")


def member(name: str, parameters: dict[str, Parameter]) -> str:
    """Return what one cache says of itself; parameters that are ``False`` are left out.

    :raises ValueError: where a text has other characters than printable ones of ASCII.
    """
    said = [_item(name)]
    for parameter, value in parameters.items():
        if value is True:
            said.append(parameter)
        elif value is not False:
            said.append(f"{parameter}={value if isinstance(value, int) else _item(value)}")
    return "; ".join(said)


def appended(lines: list[str], said: str) -> str:
    """Return the header with one cache's words after those of caches nearer to the origin."""
    return ", ".join([*(line for line in lines if line.strip()), said])


def _item(text: str) -> str:
    """Return a text as a token where it is one, and as a string otherwise."""
    if _TOKEN.fullmatch(text):
        return text
    if not _PRINTABLE.fullmatch(text):
        raise ValueError(f"has characters that no header may have: {text!r}")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
