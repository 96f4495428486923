"""What is known of a run: a record of each case, and the whole, as it is written down."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ..catalogue import Case
from ..verdicts import Skip


class Outcome(StrEnum):
    """What came of a test, or of a case, which may be many tests."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one test of a case.

    :param message: why it did not pass.
    :param seconds: how long it took, with its fixtures.
    """

    outcome: Outcome
    seconds: float
    message: str = ""

    @property
    def does_not_apply(self) -> bool:
        """Whether it is about something that the backend does not declare."""
        return _does_not_apply(self.outcome, self.message)

    @property
    def gravity(self) -> int:
        """How much it says of the case: the gravest of its tests decides."""
        if self.does_not_apply:
            return 0
        by_gravity = (
            Outcome.PASSED,
            Outcome.INCONCLUSIVE,
            Outcome.SKIPPED,
            Outcome.ERROR,  # after a failure it is often that one's consequence
            Outcome.FAILED,
        )
        return 1 + by_gravity.index(self.outcome)


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """What came of a case.

    :param contract: the sentence of the contract that it judges.
    :param message: why it did not pass.
    :param reproduce: the command that repeats it.
    :param counts: whether the revision that the tests name has it.
    """

    id: str
    group: str
    modality: str
    outcome: Outcome
    seconds: float
    contract: str
    message: str
    reproduce: str
    counts: bool = True

    @classmethod
    def of(
        cls, case: Case, verdicts: Sequence[Verdict], revision: int, reproduce: str
    ) -> CaseRecord:
        """Sum up what came of the tests of a case; without any, it was not judged."""
        modality, group, _ = case.id.split("-")
        gravest = max(verdicts, key=lambda each: each.gravity, default=NOT_RUN)
        return cls(
            id=case.id,
            group=group,
            modality=modality,
            outcome=gravest.outcome,
            seconds=round(sum(each.seconds for each in verdicts), 3),
            contract=case.promise,
            message=gravest.message,
            reproduce=reproduce,
            counts=case.since <= revision,
        )

    @property
    def does_not_apply(self) -> bool:
        """Whether it is about something that the backend does not declare."""
        return _does_not_apply(self.outcome, self.message)

    @property
    def is_kept(self) -> bool:
        """Whether it stands in the way of no level."""
        return self.outcome is Outcome.PASSED or self.does_not_apply

    @property
    def is_broken(self) -> bool:
        """Whether the backend, or its tests, did something wrong."""
        return self.outcome in {Outcome.FAILED, Outcome.ERROR}

    @property
    def was_run(self) -> bool:
        """Whether there was any test of it."""
        return self.message != NOT_RUN.message

    @property
    def is_open(self) -> bool:
        """Whether nothing was shown, neither way."""
        return not self.is_kept and not self.is_broken


NOT_RUN = Verdict(Outcome.SKIPPED, 0.0, f"{Skip.NOT_JUDGED}: it was not run")


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a run.

    :param backend: the class, with its module.
    :param distribution: what it was installed with, where it was.
    :param measured: figures, by their names.
    :param seed: what examples and random moments were drawn with.
    """

    backend: str
    distribution: str | None
    version: str | None
    kit_version: str
    revision: int
    seed: int
    capabilities: list[str]
    level_claimed: str
    level_reached: str | None
    cases: list[CaseRecord]
    measured: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> str:
        """Return it as JSON text."""
        return json.dumps(dataclasses.asdict(self), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Report:
        """Return what `as_json` wrote."""
        fields: dict[str, Any] = json.loads(text)
        for case in fields["cases"]:
            case["outcome"] = Outcome(case["outcome"])
        cases = [CaseRecord(**case) for case in fields.pop("cases")]
        return cls(**fields, cases=cases)


def counted(cases: Iterable[CaseRecord]) -> dict[str, int]:
    """Count the cases by what came of them, in words for people."""
    counts: dict[str, int] = {"passed": 0, "failed": 0, "not judged": 0, "do not apply": 0}
    for case in cases:
        if case.is_broken:
            counts["failed"] += 1
        elif case.does_not_apply:
            counts["do not apply"] += 1
        elif case.is_open:
            counts["not judged"] += 1
        else:
            counts["passed"] += 1
    return counts


def _does_not_apply(outcome: Outcome, message: str) -> bool:
    return outcome is Outcome.SKIPPED and Skip.DOES_NOT_APPLY.begins(message)
