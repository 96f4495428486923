"""Where in a configuration is the server's port, so that a proxy's can take its place?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

#: This machine, with a port: alone ("localhost:11211") or in a URL.
_ADDRESS = re.compile(r"(?P<host>127\.0\.0\.1|localhost)(?::(?P<port>\d{1,5}))")


def port_in(config: Mapping[str, Any]) -> int | None:
    """Return the port of this machine that a configuration names, if it names just one."""
    ports = set()
    for name, value in config.items():
        if name.endswith("_PORT") and str(value).isdecimal():
            ports.add(int(value))
        elif isinstance(value, str):
            ports.update(int(found["port"]) for found in _ADDRESS.finditer(value))
        elif isinstance(value, list):
            ports.update(port_in({"": each}) or 0 for each in value)
    return ports.pop() if len(ports) == 1 and 0 not in ports else None


def at_port(config: Mapping[str, Any], port: int, other: int) -> dict[str, Any]:
    """Return the settings that name a port, with another one in its place."""
    moved: dict[str, Any] = {}
    for name, value in config.items():
        if name.endswith("_PORT") and str(value) == str(port):
            moved[name] = other
        else:
            moved[name] = _moved(value, port, other)
    return {name: value for name, value in moved.items() if value != config[name]}


def _moved(value: Any, port: int, other: int) -> Any:
    if isinstance(value, list):
        return [_moved(each, port, other) for each in value]
    if not isinstance(value, str):
        return value
    return _ADDRESS.sub(
        lambda found: f"{found['host']}:{other}" if int(found["port"]) == port else found[0],
        value,
    )
