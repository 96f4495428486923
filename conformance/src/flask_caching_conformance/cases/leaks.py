"""Does a backend give back what it took from the system: sockets, files, threads?"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from flask_caching.backends.base import BaseCache, Capability
from flask_caching.errors import CacheError, CacheUnavailableError

from ..bench import Bench, ConfigAt
from ..catalogue import case
from ..harness.proxy import FaultProxy
from ..harness.threads import in_thread, in_threads, results
from ..harness.waiting import wait_until
from ..verdicts import Skip
from ..workshop import Workshop
from .importing import descriptors, threads


class Leaks(Bench):
    """Leaks."""

    @case("H-LEAK-01", "Backends that were made, used and closed leave no socket, file or thread.")
    def test_closed_backends_leave_nothing(self, make: Workshop) -> None:
        def use() -> None:
            backend = make()
            backend.set_many({"key": [1], "other": 2})
            in_threads(3, lambda number: backend.inc(f"count {number}"))
            assert backend.get_many("key", "other") == [[1], 2]
            backend.close()

        for _ in range(2):  # what is opened once for all of them
            use()
        before = held()

        for _ in range(8):
            use()

        # What a server or a thread still has to end is not there for long.
        def is_given_back() -> bool:
            return all(now <= then for now, then in zip(held(), before, strict=True))

        wait_until(is_given_back, self.patience)

    @case("H-LEAK-02", "A backend that is used after `close()` works, or answers a typed error.")
    def test_a_closed_backend_works_or_says_so(self, make: Workshop) -> None:
        backend = make()
        backend.set("key", [1])
        backend.close()

        def use() -> list[Any]:
            answers: list[Any] = []
            with suppress(CacheError):
                answers.append(backend.get_value("key", "missing"))
                answers.append(backend.set("new", 1))
                answers.append(backend.get_many("new", "missing"))
                answers.append(backend.inc("count"))
                answers.append(backend.delete("key"))
                answers.append(backend.clear())
            return answers

        (answers,) = results([in_thread(use)], self.patience)

        # Nothing says that a store outlives `close`, so the first look may find nothing.
        found = answers[:1]
        assert found in ([], [[1]], ["missing"])
        was_there = found == [[1]]
        assert answers[1:] == [True, [1, None], 1, was_there, True][: len(answers[1:])]

    @pytest.mark.parametrize("fault", ["refused", "cut off"])
    @case(
        "O-LEAK-03",
        "However many calls failed, their connections are given back: many threads get one again.",
        needs=Capability.NETWORK,
    )
    def test_failing_calls_use_up_no_connection(
        self, make: Workshop, endpoint: int, config_at: ConfigAt, fault: str
    ) -> None:
        crowd = 12

        def fail(_: int) -> None:
            for _ in range(3):
                with suppress(CacheUnavailableError):
                    backend.get("key")

        with FaultProxy(endpoint) as proxy:
            backend = make(**config_at(proxy.port))
            backend.set("key", [1], 0)
            in_threads(crowd, lambda _: backend.get("key"))
            before = len(descriptors())
            if fault == "refused":
                proxy.refuse()
            else:
                proxy.reset_in_reply(1)
            in_threads(crowd, fail)
            proxy.pass_on()
            wait_until(lambda: self._is_back(backend), self.recovery)

            read = in_threads(crowd, lambda _: [backend.get("key") for _ in range(5)])

            assert read == [[[1]] * 5] * crowd
            # On both sides of the proxy, which is of this process.
            wait_until(lambda: len(descriptors()) <= before + 4 * crowd)

    @staticmethod
    def _is_back(backend: BaseCache) -> bool:
        with suppress(CacheUnavailableError):
            return bool(backend.get("key") == [1])
        return False


def held() -> tuple[int, int]:
    """Return how many descriptors and threads this process has."""
    if not Path("/dev/fd").exists():
        Skip.NOT_JUDGED(f"{os.uname().sysname} does not list the files that a process has open")
    return len(descriptors()), len(threads())
