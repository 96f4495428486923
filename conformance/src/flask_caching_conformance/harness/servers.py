"""How is a real server started for a test, hurt, and stopped again?"""

from __future__ import annotations

import functools
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from .waiting import PATIENCE, wait_until

HOST = "127.0.0.1"
#: Ports are handed out from here on: below the range from which the system takes ports for outgoing
#: connections (32768 on Linux), and with the port + 10000 of a Redis Cluster's bus below it too.
FIRST_PORT, LAST_PORT = 12_000, 22_000
#: In how many parts that range is cut; a process has one to itself, as long as there are some.
PARTS = 20


def free_port(*offsets: int) -> int:
    """Return a port that nobody listens on.

    None is returned again soon, and none that another process is about to use: until a server
    listens on it, everybody finds it free.

    :param offsets: of further ports that the server listens on, from the returned one on.
    """
    for port in itertools.islice(_ports(), 200):
        if all(_is_free(port + offset) for offset in (0, *offsets)):
            return port
    raise AssertionError(f"of 200 ports between {FIRST_PORT} and {LAST_PORT} none is free")


@functools.cache
def _ports() -> Iterator[int]:
    """Give this process's ports, in an order of its own, again and again."""
    ports = range(FIRST_PORT, LAST_PORT)
    own = next(filter(_take, range(PARTS)), None)
    part = ports if own is None else ports[own::PARTS]
    return itertools.cycle(random.sample(part, len(part)))


def _take(part: int) -> bool:
    """Take a part of the ports for as long as this process lives; ``False`` if another one has."""
    if sys.platform != "linux":
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as holder:
        try:
            holder.bind(f"\0flask-caching-ports-{part}")  # a name that is no file, and goes with us
        except OSError:
            return False
        holder.detach()
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: a port whose last connection has just been closed is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind((HOST, port))
            return True
    return False


def find_program(name: str, package: str) -> str:
    """Return the path of a program.

    :raises AssertionError: where it is not installed; names what to install.
    """
    found = shutil.which(
        name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"
    )
    assert found, f"{name} is not installed. Install it with: apt-get install {package}"
    return found


class Server:
    """A program that serves, as a child process.

    :param command: the program with its arguments.
    :param folder: where it runs, and where its output is kept, in ``output``.
    :param is_up: whether it answers.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        is_up: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.command = list(command)
        self.folder = folder
        self._is_up = is_up
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def output(self) -> str:
        """What it has written since its first start."""
        return (self.folder / "output").read_text(errors="replace")

    def start(self) -> Self:
        """Start it, and return when it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C reaches the tests only, which then stop it
            )
        try:
            wait_until(self._has_started)
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self) -> None:
        """End it as a service manager does; what it forked ends with it. May be called twice."""
        self.thaw()
        self._signal(signal.SIGTERM)
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(PATIENCE)
        self.kill()

    def kill(self) -> None:
        """Kill it, as ``kill -9`` does."""
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
        self._process = None

    def freeze(self) -> None:
        """Let it answer nothing; connections stay open, and new ones are accepted by the system.

        Returns when all of its threads stand still, which takes a moment after they were told to.
        """
        self._signal(signal.SIGSTOP)
        if self._process is not None:
            # The system reports it then, and goes on doing so until it is thawed.
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _has_started(self) -> bool:
        assert self._process is not None
        ended = self._process.poll()
        assert ended is None, f"{self.command[0]} ended with {ended}:\n{self.output}"
        return self._is_up()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


def accepts(port: int) -> bool:
    """Tell whether somebody listens on a port of this machine."""
    with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False


def accepts_at(path: Path) -> bool:
    """Tell whether somebody listens on a socket of the file system."""
    with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
        probe.connect(str(path))
        return True
    return False
