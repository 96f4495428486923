"""A backend whose distribution has a ``.pth`` file that imports it in every program."""

from __future__ import annotations

from ..network import NetworkCache


class StartsWithPython(NetworkCache):
    pass
