"""What a `Program` runs. It reads pickles from its input, and writes them to its output.

First come the path of modules and the configuration, of which it makes a backend, then operations
with their arguments. It imports nothing of the kit, so that it is there soon.
"""

from __future__ import annotations

import os
import pickle
import sys
from typing import Any


def main() -> None:
    """Do as told until the other side goes away."""
    # What is printed goes where errors go.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)

        def answer(message: object) -> None:
            answers.write(_pickled(message))
            answers.flush()

        asked = sys.stdin.buffer
        sys.path[:] = pickle.load(asked)
        try:
            config = pickle.loads(pickle.load(asked))
        except Exception as error:  # noqa: BLE001 (told to the other side)
            return answer(("unreadable", repr(error)))
        try:
            backend = _backend_of(config)
        except Exception as error:  # noqa: BLE001
            return answer(("refused", repr(error)))
        answer(("made", None))
        while True:
            try:
                operation, arguments = pickle.load(asked)
            except EOFError:
                return None
            answer(_outcome(backend, operation, arguments))


def _backend_of(config: dict[str, Any]) -> Any:
    from flask import Flask

    from flask_caching import Cache

    return Cache(Flask("program"), config=config).cache


def _outcome(backend: Any, operation: str, arguments: tuple[object, ...]) -> object:
    try:
        return getattr(backend, operation)(*arguments)
    except Exception as error:  # noqa: BLE001
        return repr(error)


def _pickled(message: object) -> bytes:
    try:
        return pickle.dumps(message)
    except Exception as error:  # noqa: BLE001
        return pickle.dumps(repr(error))


if __name__ == "__main__":
    main()
