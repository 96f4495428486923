"""What does a client do when the network fails? A proxy in front of a server does it to them."""

from __future__ import annotations

import asyncio
import math
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from .servers import HOST, free_port
from .waiting import PATIENCE

CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens on the way, from the moment on that it is set.

    :param is_listening: whether connections are accepted; the open ones are reset where not.
    :param delay: seconds for which each part of a reply is held up.
    :param requests: bytes of requests that each connection still passes; ``None``: all.
    :param replies: the same of replies.
    :param is_reset: whether a connection is reset where these end, or falls silent.
    :param times: how many connections it happens to; ``None``: all.
    """

    is_listening: bool = True
    delay: float = 0.0
    requests: int | None = None
    replies: int | None = None
    is_reset: bool = False
    times: int | None = None


NO_FAULT = Fault()


class FaultProxy:
    """Passes on what a client and a server of this machine say, and fails as it is told.

    It runs on a thread of its own while the ``with`` statement lasts. What it holds back, a fault
    that is over lets through, late.

    :param target_port: where the server listens.
    """

    def __init__(self, target_port: int) -> None:
        self.port = free_port()
        #: How often a client asked something and waited for the reply, on all connections.
        self.trips = 0
        #: How many connections hold back a part of a reply.
        self.held_back = 0
        self._passed = [0, 0]
        self._target_port = target_port
        self._fault = NO_FAULT
        self._happened = 0
        self._links: set[_Link] = set()
        self._listener: socket.socket | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=f"proxy of {target_port}")

    # -- what happens on the way -----------------------------------------------------

    def pass_on(self) -> None:
        """Let no fault happen any more."""
        self._let(NO_FAULT)

    def delay(self, seconds: float) -> None:
        """Hold up every reply."""
        self._let(Fault(delay=seconds))

    def freeze(self) -> None:
        """Accept connections, and pass nothing on, either way."""
        self._let(Fault(requests=0, replies=0))

    def refuse(self) -> None:
        """Reset what is open, and refuse new connections."""
        self._let(Fault(is_listening=False))

    def reset_in_request(self, after_bytes: int, times: int | None = None) -> None:
        """Reset connections after so many bytes of requests more."""
        self._let(Fault(requests=after_bytes, is_reset=True, times=times))

    def reset_in_reply(self, after_bytes: int, times: int | None = None) -> None:
        """Reset connections after so many bytes of replies more."""
        self._let(Fault(replies=after_bytes, is_reset=True, times=times))

    def half_reply(self, after_bytes: int, times: int | None = None) -> None:
        """Let connections fall silent after so many bytes of replies more."""
        self._let(Fault(replies=after_bytes, times=times))

    def drop(self) -> None:
        """Reset what is open, as a server does that was restarted, and go on."""
        self._call(self._drop())

    def lengths(self, call: Callable[[], object]) -> tuple[int, int]:
        """Return how many bytes a call asks, and how many the server answers."""
        requests, replies = self._passed
        call()
        return self._passed[0] - requests, self._passed[1] - replies

    # -- its life --------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._call(self._begin(NO_FAULT))
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._call(self._end())
        self._stop()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _let(self, fault: Fault) -> None:
        self._call(self._begin(fault))

    def _call(self, coroutine: Coroutine[Any, Any, None]) -> None:
        done: Future[None] = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        done.result(PATIENCE)

    # -- on its own thread -----------------------------------------------------------

    async def _begin(self, fault: Fault) -> None:
        self._fault, self._happened = fault, 0
        if fault.is_listening:
            self._listen()
        else:
            self._stop_listening()
            await self._drop()
        for link in self._links:
            link.fault_changed()

    async def _end(self) -> None:
        self._stop_listening()
        await self._drop()

    async def _drop(self) -> None:
        links = list(self._links)
        for link in links:
            link.reset()
        await asyncio.gather(*(link.task for link in links), return_exceptions=True)

    def _listen(self) -> None:
        if self._listener is None:
            self._listener = socket.create_server((HOST, self.port), backlog=128)
            self._listener.setblocking(False)
            # Not sock_accept: cancelled at the wrong moment, it loses what it accepted.
            self._loop.add_reader(self._listener, self._accept, self._listener)

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._loop.remove_reader(self._listener)
            self._listener.close()
        self._listener = None

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            link = _Link(listener.accept()[0])
            self._links.add(link)
            link.task = self._loop.create_task(self._serve(link))
            # Not at the end of the task: one that is cancelled early never begins.
            link.task.add_done_callback(lambda _: self._forget(link))

    def _forget(self, link: _Link) -> None:
        link.close()
        self._links.discard(link)

    async def _serve(self, link: _Link) -> None:
        """Pass on both ways until one side closes or the link is reset."""
        with suppress(OSError):
            await self._loop.sock_connect(link.server, (HOST, self._target_port))
            pumps = [
                self._loop.create_task(self._pump(link, link.client, link.server)),
                self._loop.create_task(self._pump(link, link.server, link.client)),
            ]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(self, link: _Link, source: socket.socket, sink: socket.socket) -> None:
        is_reply = source is link.server
        with suppress(OSError):
            while data := await self._loop.sock_recv(source, CHUNK):
                if link.was_reply != is_reply:
                    self.trips += not is_reply
                    link.was_reply = is_reply
                if is_reply and self._fault.delay:
                    await asyncio.sleep(self._fault.delay)
                await self._pass(link, sink, data, is_reply)

    async def _pass(self, link: _Link, sink: socket.socket, data: bytes, is_reply: bool) -> None:
        """Send what the fault lets through, and hold the rest back until it is over."""
        while data:
            left = int(min(self._left(link, is_reply), len(data)))
            part, data = data[:left], data[left:]
            if part:
                # Counted before they go: who has the answer finds it counted.
                link.passed[is_reply] += len(part)
                self._passed[is_reply] += len(part)
                await self._loop.sock_sendall(sink, part)
            if data:
                if self._fault.is_reset:
                    link.reset()
                self.held_back += is_reply
                try:
                    await link.changed.wait()
                finally:
                    self.held_back -= is_reply

    def _left(self, link: _Link, is_reply: bool) -> float:
        """Return how many bytes more the fault lets through on a link."""
        limit = self._fault.replies if is_reply else self._fault.requests
        if limit is None:
            return math.inf
        if not link.is_hit:
            if self._fault.times is not None and self._happened >= self._fault.times:
                return math.inf
            self._happened += 1
            link.is_hit = True
        return max(limit - link.passed[is_reply], 0)


@dataclass(eq=False)
class _Link:
    """A client's connection, and the one to the server that belongs to it."""

    client: socket.socket
    server: socket.socket = field(default_factory=socket.socket)
    #: Whether what passed last was a reply; a request after one is a new trip.
    was_reply: bool = True
    #: Bytes of requests and of replies that passed since the fault was set.
    passed: list[int] = field(default_factory=lambda: [0, 0])
    is_hit: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] = field(init=False)

    def __post_init__(self) -> None:
        for end in (self.client, self.server):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def fault_changed(self) -> None:
        self.passed = [0, 0]
        self.is_hit = False
        self.changed.set()
        self.changed = asyncio.Event()

    def reset(self) -> None:
        """Let both sides see a reset."""
        for end in (self.client, self.server):
            with suppress(OSError):
                # Closed at once, without a goodbye: what TCP calls a reset.
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.task.cancel()

    def close(self) -> None:
        for end in (self.client, self.server):
            end.close()
