"""What are files called while they are written?"""

from __future__ import annotations

from collections import deque
from itertools import count
from secrets import token_hex

#: The suffix of files that are being written, or whose writer died.
NEW = ".new"


class NewNames:
    """Names of one process, that nobody else's files have.

    They are used again: a name that a folder has held before takes the system a tenth less than
    one that it never saw, of all that a write takes.
    """

    def __init__(self) -> None:
        self._fresh = map(f"{token_hex(8)}-{{}}{NEW}".format, count())
        self._used: deque[str] = deque()

    def take(self) -> str:
        """Return a name under which nothing should lie."""
        try:
            return self._used.pop()
        except IndexError:
            return next(self._fresh)

    def give_back(self, name: str) -> None:
        """Take a name back under which nothing should lie any more."""
        self._used.append(name)
