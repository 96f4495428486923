"""The demo, started as a user starts it, visited as a browser does, and stopped."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from html import unescape
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import OpenerDirector, ProxyHandler, build_opener
from urllib.response import addinfourl

from flask_caching_conformance.harness.servers import free_port

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = str(ROOT / "examples")
START_DEADLINE = 100.0  # seconds
ANSWER_DEADLINE = 60.0  # seconds
STOP_DEADLINE = 10.0  # seconds
PAUSE = 0.1  # seconds between two attempts to connect


@dataclass(frozen=True)
class Page:
    """An answer of the demo."""

    status: int
    headers: Message
    body: str

    @property
    def text(self) -> str:
        """What a reader sees: without tags, white space joined."""
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", self.body)).split())

    def figure(self, name: str) -> str:
        """Give the machine-readable value of `<data id="name" value="…">`."""
        found = re.search(rf'<data id="{name}"[^>]* value="([^"]*)"', self.body)
        assert found, f"no figure {name!r} in {self.text}"
        return found[1]


class Site:
    """The running demo as its visitors see it."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        # Without proxies, whatever the environment says: the server is on this machine.
        self.opener: OpenerDirector = build_opener(ProxyHandler({}))

    def get(self, path: str, **query: str) -> Page:
        return self.visit(path + ("?" + urlencode(query) if query else ""))

    def post(self, path: str, **form: str) -> Page:
        """Send a form, and follow the redirect as a browser does."""
        return self.visit(path, urlencode(form).encode())

    def visit(self, path: str, body: bytes | None = None) -> Page:
        try:
            response: addinfourl = self.opener.open(
                self.address + path, body, timeout=ANSWER_DEADLINE
            )
        except HTTPError as error:
            response = error
        with response:
            return Page(response.status or 0, response.headers, response.read().decode())


@contextmanager
def demo(**settings: str) -> Generator[Site, None, None]:
    """Run `make demo` on a free port, with what is installed here, and these settings."""
    port = free_port()
    command = ["make", "demo", f"PORT={port}", f"BIN={Path(sys.executable).parent}"]
    with serving(command, port, settings) as site:
        yield site


@contextmanager
def gunicorn(*options: str, **settings: str) -> Generator[Site, None, None]:
    """Run the demo under gunicorn, by processes that fork after the cache has been used."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--preload", *options, "--chdir", EXAMPLES]
    address = ["--bind", f"127.0.0.1:{port}", "stdlib_search.tests.used_before_fork:app"]
    with serving([*command, *address], port, settings) as site:
        yield site


@contextmanager
def serving(
    command: list[str], port: int, settings: Mapping[str, str]
) -> Generator[Site, None, None]:
    """Run a server of the demo, and stop it with all that it started."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(  # noqa: S603 - every word of it is ours
            command,
            cwd=ROOT,
            env=clean_environment() | settings,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            if not answers(process, port):
                output.seek(0)
                raise AssertionError(f"{command} does not answer:\n{output.read()}")
            yield Site(port)
        finally:
            stop(process)


def clean_environment() -> dict[str, str]:
    """Leave out what would change the demo's settings, and what an outer `make` hands down."""
    ours = ("FLASK_", "MAKE", "MFLAGS", "PORT")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def answers(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + START_DEADLINE
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        with suppress(subprocess.TimeoutExpired):
            process.wait(PAUSE)
            return False
    return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the whole group: `make`, its shell and the server."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_DEADLINE)
            return
