"""What is done to the store, one fault after the other, and what do the visitors see?"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple, Self

from flask_caching_conformance.harness.proxy import FaultProxy
from flask_caching_conformance.harness.servers import Server, free_port
from flask_caching_conformance.harness.waiting import wait_until
from stdlib_search.tests.demo_server import serving

from .report import Phase, Report
from .visitors import NUMBERS, Visit, Visitors

FOLDER = Path(__file__).resolve().parent.parent
#: Bytes of a reply that come through before a connection is reset or falls silent.
PART = 3
#: The cache works again where so many answers in a row, of whichever process, are one entry.
IN_A_ROW = 12


class Plan(NamedTuple):
    """How long things last; seconds."""

    #: Each fault.
    fault: float
    #: What the driver waits for a connection, and for a reply.
    time_out: float
    #: `CACHE_BREAKER_PAUSE`.
    pause: float

    @classmethod
    def of_this_run(cls) -> Self:
        """Short, or as long as ``FAULT_SECONDS`` says; then with the defaults of all settings."""
        seconds = os.environ.get("FAULT_SECONDS")
        return cls(1.5, 0.5, 0.5) if seconds is None else cls(float(seconds), 1.0, 5.0)


class Fault(NamedTuple):
    """How a store is hurt, and made well again."""

    name: str
    begin: Callable[[Server, FaultProxy, float], None]
    end: Callable[[Server, FaultProxy], None]


def _kill(server: Server, proxy: FaultProxy, _time_out: float) -> None:
    server.kill()
    proxy.refuse()


def _start(server: Server, proxy: FaultProxy) -> None:
    server.start()
    proxy.pass_on()


def _pass_on(_server: Server, proxy: FaultProxy) -> None:
    proxy.pass_on()


FAULTS = [
    Fault("killed", _kill, _start),
    Fault("frozen", lambda server, *_: server.freeze(), lambda server, _: server.thaw()),
    Fault("slow", lambda _, proxy, time_out: proxy.delay(1.5 * time_out), _pass_on),
    Fault("resetting", lambda _, proxy, __: proxy.reset_in_reply(PART), _pass_on),
    Fault("half replies", lambda _, proxy, __: proxy.half_reply(PART), _pass_on),
]


def fault_run(
    name: str,
    server: Server,
    proxy: FaultProxy,
    config: Mapping[str, Any],
    plan: Plan,
) -> Report:
    """Hurt a server in each way for a while; return what visitors of an application saw.

    :param proxy: stands between the application and the server.
    :param config: the application's, with its store at the proxy.
    :param plan: its time-out is the one that `config` has.
    """
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-w2", "--threads=4", "--chdir", str(FOLDER)]
    environment = {"FAULTS_CONFIG": json.dumps({**config, "CACHE_BREAKER_PAUSE": plan.pause})}
    with (
        serving([*command, "--bind", f"127.0.0.1:{port}", "faults.app:app"], port, environment),
        Visitors(port) as visitors,
    ):
        wait_until(lambda: _works(port))
        wait_until(lambda: any(visit.was_stored for visit in visitors.visits))
        began = time.monotonic()
        phases = [Phase("well", began, began)]
        time.sleep(plan.fault / 2)  # the run's own measure, not a wait for anything
        for fault in FAULTS:
            phases[-1] = phases[-1]._replace(end=time.monotonic())
            at = time.monotonic()
            fault.begin(server, proxy, plan.time_out)
            time.sleep(plan.fault)
            # On a slow machine a fault lasts until somebody has met it.
            wait_until(lambda at=at: is_noticed(visitors.visits, at))
            fault.end(server, proxy)
            over = time.monotonic()
            wait_until(lambda: _works(port))
            back = time.monotonic()
            phases += [Phase(fault.name, at, over, back), Phase("well", back, back)]
            time.sleep(plan.fault / 4)
        phases[-1] = phases[-1]._replace(end=time.monotonic())
    return Report.of(name, plan.time_out, phases, visitors.visits)


def is_noticed(visits: Iterable[Visit], since: float) -> bool:
    """Tell whether the store refused something since then, and whether it is left alone."""
    seen = [visit for visit in visits if visit.at >= since]
    was_lost = any(visit.was_stored is False for visit in seen)
    return was_lost and any(visit.is_left_alone for visit in seen)


def _works(port: int) -> bool:
    """Tell whether all processes answer from one entry of the store."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        seen = set()
        for _ in range(IN_A_ROW):
            # A connection for each, so that it may be another process that answers.
            connection.close()
            connection.request("GET", f"/cached/{NUMBERS + 1}")
            seen.add(connection.getresponse().read())
        return len(seen) == 1
    finally:
        connection.close()
