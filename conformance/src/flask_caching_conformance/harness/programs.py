"""How does a test use another program: a new interpreter that makes the same backend?"""

from __future__ import annotations

import pickle
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .threads import in_thread, results
from .waiting import PATIENCE

#: What the new interpreter runs: as a file, since importing its package would import the kit.
SOURCE = Path(__file__).with_name("program.py")


class CannotReadError(Exception):
    """A new interpreter can't read the configuration: it does not find what that names."""


class Program:
    """A new interpreter with a backend, which calls its operations as it is told.

    :param config: the configuration of the backend, pickled.
    :param path: where it looks for modules.
    :raises CannotReadError: where it can't read the configuration.
    :raises AssertionError: where it can't make the backend.
    """

    def __init__(self, config: bytes, path: Sequence[str]) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `close`)
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(SOURCE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        try:
            self._begin(config, list(path))
        except BaseException:
            self.close()
            raise

    def call(self, operation: str, *arguments: object) -> Any:
        """Return what an operation gives; an exception comes as its repr."""
        self.ask(operation, *arguments)
        return self.answer()

    def ask(self, operation: str, *arguments: object) -> None:
        """Let it call an operation, and wait for nothing."""
        self._send((operation, arguments))

    def answer(self) -> Any:
        """Return what the next of the operations gave that it was asked for."""
        return self.answers(1)[0]

    def answers(self, count: int, patience: float = PATIENCE) -> list[Any]:
        """Return what the next ones gave.

        :raises AssertionError: where it does not answer.
        """

        def read() -> list[Any]:
            return [pickle.load(self._process.stdout) for _ in range(count)]  # type: ignore[arg-type]

        try:
            return results([in_thread(read)], patience)[0]
        except EOFError:
            raise AssertionError(self._last_words()) from None

    def kill(self) -> None:
        """Kill it at once, as ``kill -9`` does."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End it."""
        self.kill()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                with suppress(BrokenPipeError):  # it was asked after it had ended
                    stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _begin(self, config: bytes, path: list[str]) -> None:
        self._send(path)
        self._send(config)
        outcome, text = self.answer()
        if outcome == "unreadable":
            raise CannotReadError(text)
        assert outcome == "made", f"a new interpreter can't make the backend: {text}"

    def _send(self, message: object) -> None:
        assert self._process.stdin is not None
        try:
            pickle.dump(message, self._process.stdin)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise AssertionError(self._last_words()) from None

    def _last_words(self) -> str:
        self._errors.seek(0)
        return f"the program has ended:\n{self._errors.read().decode(errors='replace')}"
