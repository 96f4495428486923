"""A real browser, Chromium, as the tests look through it.

It is told what to do by the DevTools protocol, over two pipes: messages of JSON, each with a NUL
at its end. https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

PATIENCE = 60.0  # seconds
PAUSE = 0.05  # seconds between two looks at the page
STOP_DEADLINE = 10.0  # seconds
PROGRAMS = ["chromium", "chromium-browser", "google-chrome"]
OPTIONS = [
    *("--headless=new", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check"),
    # It asks nobody for updates, lists or translations, and the server is on this machine.
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-default-apps", "--disable-extensions", "--no-proxy-server"),
    # A container's /dev/shm is small, and has no graphics.
    *("--disable-dev-shm-usage", "--disable-gpu", "--window-size=1100,1000"),
]


class Pipe:
    """Messages to the browser, and from it."""

    def __init__(self, writing: int, reading: int) -> None:
        self._writing, self._reading = writing, reading
        self._number = 0
        self._unread = b""
        #: What it told without being asked, by method.
        self.events: list[dict[str, Any]] = []

    def ask(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send a command; return its result."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + PATIENCE
        while True:
            answer = self._next(until - time.monotonic())
            if answer.get("id") != self._number:
                self.events.append(answer)
                continue
            assert "error" not in answer, (method, answer["error"])
            result: dict[str, Any] = answer["result"]
            return result

    def _next(self, patience: float) -> dict[str, Any]:
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._reading], [], [], max(0.0, patience))
            assert ready, "the browser does not answer"
            received = os.read(self._reading, 1 << 20)
            assert received, "the browser ended"
            self._unread += received
        message, _, self._unread = self._unread.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer


class Tab:
    """A page in the browser."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        target = pipe.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = pipe.ask("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._pipe.ask(method, self._session, **parameters)

    def open(self, address: str) -> None:
        answer = self.ask("Page.navigate", url=address)
        assert "errorText" not in answer, answer
        self.wait_for("document.readyState === 'complete'")

    def value(self, expression: str) -> Any:
        """Return what an expression of JavaScript gives in the page."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """Return what an expression gives as soon as that is true."""
        until = time.monotonic() + PATIENCE
        while not (found := self.value(expression)):
            assert time.monotonic() < until, f"{expression} did not come to pass"
            select.select([], [], [], PAUSE)
        return found

    def prefer(self, scheme: str) -> None:
        """Look at the page as somebody does who prefers light, or dark."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.ask("Emulation.setEmulatedMedia", features=features)

    def accessible(self) -> list[tuple[str, str]]:
        """Return what a screen reader is told: roles and names."""
        nodes = self.ask("Accessibility.getFullAXTree")["nodes"]
        return [
            (node["role"]["value"], node.get("name", {}).get("value", ""))
            for node in nodes
            if not node["ignored"]
        ]

    def picture(self) -> bytes:
        data: str = self.ask("Page.captureScreenshot", format="png")["data"]
        return base64.b64decode(data)

    def forget(self) -> None:
        """Forget what was told of the pages before."""
        self._pipe.events.clear()

    def complaints(self) -> list[str]:
        """Return what stands in the console: errors, and what the page was not allowed."""
        self.value("0")  # what was told before is received before the answer
        told = []
        for event in self._pipe.events:
            if event.get("method") == "Log.entryAdded":
                told.append(event["params"]["entry"]["text"])
            if event.get("method") == "Runtime.exceptionThrown":
                told.append(event["params"]["exceptionDetails"]["text"])
        return told

    def addresses(self) -> set[str]:
        """Return whatever the page asked for."""
        return {
            event["params"]["request"]["url"]
            for event in self._pipe.events
            if event.get("method") == "Network.requestWillBeSent"
        }


@contextmanager
def browser() -> Generator[Tab, None, None]:
    """Run a browser with nothing remembered, and give a page of it."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert program, "The tests need Chromium: .ci/install-system-packages chromium"
    options = [*OPTIONS, "--no-sandbox"] if os.geteuid() == 0 else OPTIONS
    from_us, to_browser = os.pipe()
    from_browser, to_us = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        # It reads from descriptor 3 and writes to 4.
        script = f'exec "$0" "$@" 3<&{from_us} 4>&{to_us}'
        process = subprocess.Popen(  # noqa: S603 - every word of it is ours
            ["/bin/bash", "-c", script, program, *options, f"--user-data-dir={profile}"],
            pass_fds=(from_us, to_us),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(from_us)
        os.close(to_us)
        try:
            yield Tab(Pipe(to_browser, from_browser))
        finally:
            # It ends when nobody is at the other end.
            os.close(to_browser)
            os.close(from_browser)
            try:
                process.wait(STOP_DEADLINE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_DEADLINE)
