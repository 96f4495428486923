"""The tables of the documentation, in Markdown: the catalogue, and backends by groups of cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..catalogue import Case
from .levels import Level
from .page import GROUPS
from .records import CaseRecord, Report

#: What a cell says where no case of the group applies to a backend.
NONE = "\N{EN DASH}"


def catalogue_table(cases: Iterable[Case]) -> Iterator[str]:
    """List the cases by groups, in the order of the page of a report."""
    grouped: dict[str, list[Case]] = {group: [] for group in GROUPS}
    for case in cases:
        grouped.setdefault(case.id.split("-")[1], []).append(case)
    for group, members in grouped.items():
        yield f"\n## {GROUPS.get(group, group).capitalize()}\n"
        yield "| id | what is promised | who must pass it |"
        yield "| --- | --- | --- |"
        for case in sorted(members, key=lambda case: case.id[2:]):
            yield f"| {case.id} | {case.promise.replace('|', chr(92) + '|')} | {_who(case)} |"


def matrix(reports: Mapping[str, Report]) -> Iterator[str]:
    """Show how many of the cases that apply each backend passes, by groups.

    :param reports: by the names of their columns.
    """
    groups = {case.group: None for report in reports.values() for case in report.cases}
    in_order = [group for group in GROUPS if group in groups]
    yield _row("", reports)
    yield _row("---", ["---:" for _ in reports])
    for group in [*in_order, *(each for each in groups if each not in GROUPS)]:
        cells = [_cell(report.cases, group) for report in reports.values()]
        yield _row(GROUPS.get(group, group), cells)
    yield _row("**level**", [f"**{_level(report)}**" for report in reports.values()])


def _who(case: Case) -> str:
    if case.needs is not None:
        return f"`{case.needs.name}`"
    return {"C": "all", "H": "hardened"}.get(case.modality, "nobody: it is measured")


def _cell(cases: Sequence[CaseRecord], group: str) -> str:
    applying = [case for case in cases if case.group == group and not case.does_not_apply]
    if not applying:
        return NONE
    kept = sum(case.is_kept for case in applying)
    return f"{kept}" if kept == len(applying) else f"{kept} of {len(applying)}"


def _level(report: Report) -> str:
    return Level(report.level_reached).in_words if report.level_reached else "none"


def _row(head: str, cells: Iterable[str]) -> str:
    return f"| {' | '.join([head, *cells])} |"
