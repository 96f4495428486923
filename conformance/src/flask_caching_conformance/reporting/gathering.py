"""What came of the suites of a run? Gathered from the reports of their tests, and summed up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ..catalogue import Case
from .levels import Level, level_reached
from .records import CaseRecord, Outcome, Report, Verdict, counted


@dataclass
class SuiteRun:
    """The verdicts on one backend.

    :param name: the class of the tests.
    :param node: how pytest names it.
    :param facts: what the report says of the backend and of the kit.
    """

    name: str
    node: str
    facts: dict[str, Any] = field(default_factory=dict)
    verdicts: dict[str, list[Verdict]] = field(default_factory=dict)
    measured: dict[str, str] = field(default_factory=dict)

    def add(
        self,
        case_id: str,
        verdict: Verdict,
        facts: Mapping[str, Any],
        measured: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Take what came of one test."""
        self.measured.update(measured)
        self.verdicts.setdefault(case_id, []).append(verdict)
        # Where it could not be made, no test knows the backend.
        self.facts.update({name: fact for name, fact in facts.items() if fact is not None})

    def report(self, catalogue: Mapping[str, Case], repeat: str) -> Report:
        """Sum up.

        :param repeat: the command that repeats a case, with places for node, case and seed.
        """
        seed = self.facts["seed"]
        cases = [
            CaseRecord.of(
                case,
                self.verdicts.get(case.id, ()),
                self.facts["revision"],
                repeat.format(node=self.node, case=case.id, seed=seed),
            )
            for case in catalogue.values()
        ]
        reached = level_reached(cases)
        return Report(
            backend=self.facts.get("backend") or self.name,
            distribution=self.facts.get("distribution"),
            version=self.facts.get("version"),
            kit_version=self.facts["kit_version"],
            revision=self.facts["revision"],
            seed=seed,
            capabilities=self.facts.get("capabilities") or [],
            level_claimed=self.facts["level"],
            level_reached=reached and reached.value,
            cases=cases,
            measured=self.measured,
        )


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a report means for its claim."""

    report: Report

    @property
    def claim(self) -> Level:
        """The level that is claimed."""
        return Level(self.report.level_claimed)

    def _scored(self) -> Iterator[CaseRecord]:
        for case in self.report.cases:
            if case.counts and self.claim.takes_in(case.modality):
                yield case

    @property
    def broken(self) -> list[CaseRecord]:
        """The cases of the claimed level that failed."""
        return [case for case in self._scored() if case.is_broken]

    @property
    def open(self) -> list[CaseRecord]:
        """The cases of the claimed level of which nothing was shown."""
        return [case for case in self._scored() if case.is_open]

    @property
    def undecided(self) -> list[CaseRecord]:
        """Those among them that the machine was too slow for."""
        return [case for case in self.open if case.outcome is Outcome.INCONCLUSIVE]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all to judge by."""
        return not any(
            case.is_broken or case.outcome is Outcome.PASSED for case in self.report.cases
        )

    @property
    def is_shown(self) -> bool:
        """Whether the claimed level is reached."""
        return not self.broken and not self.open

    def lines(self) -> Iterator[str]:
        """Say it in a few lines."""
        report = self.report
        installed = f" ({report.distribution} {report.version})" if report.distribution else ""
        run = [case for case in report.cases if case.was_run]
        counts = ", ".join(f"{count} {what}" for what, count in counted(run).items())
        yield f"{report.backend}{installed}: {len(run)} of {len(report.cases)} cases run, {counts}"
        yield f"  {self._verdict()}; revision {report.revision}, seed {report.seed}"
        for case in self.broken:
            yield f"  {case.outcome.upper()} {case.id}: {case.contract}"
        for why, ids in _by_message(case for case in self.open if case.was_run).items():
            yield f"  {why}: {', '.join(ids)}"
        above = [case for case in report.cases if case.is_broken and case not in self.broken]
        if above:
            yield f"  failed, but not claimed: {', '.join(case.id for case in above)}"

    def _verdict(self) -> str:
        if not all(case.was_run for case in self.report.cases):
            return "a part of the cases shows no level"
        reached = self.report.level_reached
        level = f"reached: {Level(reached).in_words}" if reached else "no level is reached"
        return f"{level}, claimed: {self.claim.in_words}"


def _by_message(cases: Iterable[CaseRecord]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for case in cases:
        grouped.setdefault(case.message.splitlines()[0], []).append(case.id)
    return grouped
