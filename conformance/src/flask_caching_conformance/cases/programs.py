"""Do programs that know nothing of one another share what they should?"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from flask_caching.backends.base import BaseCache, Capability

from ..bench import Bench
from ..catalogue import case
from ..harness.programs import CannotReadError, Program
from ..verdicts import Skip
from ..workshop import Workshop
from .processes import only_with


class Programs(Bench):
    """Processes that are no children of one another."""

    @pytest.fixture
    def program(
        self, request: pytest.FixtureRequest, make: Workshop, backend: BaseCache
    ) -> Iterator[Program]:
        """A new interpreter with a backend of the same configuration, and of the real time."""
        only_with(Capability.SHARED, backend)
        if "spawn" not in self.process_models:
            Skip.DOES_NOT_APPLY("'spawn' is not in process_models")
        try:
            config = pickle.dumps(make.config)
        except Exception as error:  # noqa: BLE001 (whatever an object raises that can't be pickled)
            Skip.NOT_JUDGED(f"the configuration can't be pickled: {error!r}")
        try:
            program = Program(config, [*sys.path, str(request.config.rootpath)])
        except CannotReadError as error:
            Skip.NOT_JUDGED(f"a new interpreter can't read the configuration: {error}")
        with program:
            yield program

    @case(
        "O-SHR-05",
        "What a program writes, deletes and counts, another one sees.",
        needs=Capability.SHARED,
    )
    def test_what_a_program_writes_another_one_reads(
        self, backend: BaseCache, program: Program
    ) -> None:
        assert program.call("set", "key", ["of the program"]) is True

        assert backend.get("key") == ["of the program"]
        assert backend.set("other", {"a": (1,)}) is True
        assert program.call("get_many", "key", "other") == [["of the program"], {"a": (1,)}]
        assert backend.inc("count") == 1
        assert program.call("inc", "count") == 2
        assert backend.get("count") == 2
        assert backend.delete("key") is True
        assert program.call("get", "key") is None
        assert program.call("clear") is True
        assert backend.get_many("other", "count") == [None, None]

    @case(
        "O-ADD-09",
        "Of racing programs' `add` one wins, and increments of both count.",
        needs=Capability.ATOMIC_ADD,
    )
    def test_of_adds_in_several_programs_one_wins(
        self, backend: BaseCache, program: Program
    ) -> None:
        keys = [f"key {number}" for number in range(self.rounds(backend, 200))]
        counts = Capability.ATOMIC_INC in backend.capabilities
        for key in keys:
            program.ask("add", key, "the program's")
            if counts:
                program.ask("inc", "count")

        own: list[Any] = []
        for key in keys:
            own.append(backend.add(key, "ours"))
            if counts:
                own.append(backend.inc("count"))
        others = program.answers(len(own))

        step = 2 if counts else 1
        for key, ours, the_programs in zip(keys, own[::step], others[::step], strict=True):
            assert {ours, the_programs} == {True, False}
            assert backend.get(key) == ("ours" if ours else "the program's")
        if counts:
            totals = sorted([*own[1::2], *others[1::2]])
            assert totals == list(range(1, len(own) + 1))
