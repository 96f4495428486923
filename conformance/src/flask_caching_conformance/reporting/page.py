"""How is a report written: as JSON for programs, and as one page for people?"""

from __future__ import annotations

import itertools
from operator import attrgetter
from pathlib import Path

import jinja2

from .gathering import Judgement
from .levels import Level
from .records import counted

#: What the groups of cases are about, in the order of the page.
GROUPS = {
    "PKG": "packaging",
    "CON": "construction",
    "CPB": "capabilities",
    "GET": "get",
    "SET": "set",
    "HAS": "has",
    "ADD": "add",
    "DEL": "delete",
    "CLR": "clear",
    "BULK": "many keys at a time",
    "TIM": "lives",
    "TOUCH": "touch",
    "PRUNE": "prune",
    "INC": "counters",
    "KEY": "keys",
    "VAL": "values",
    "PAY": "payloads",
    "SIG": "signatures",
    "PFX": "prefixes",
    "THR": "threads",
    "PRC": "processes",
    "KIL": "processes that are killed",
    "SHR": "what processes share",
    "PER": "restarts",
    "CAP": "capacity",
    "MOD": "any sequence, against a model",
    "FLK": "through Flask",
    "NET": "trips to the server",
    "FLT": "faults",
    "REF": "what is refused",
    "CROWD": "very much at once",
    "CLK": "clocks that are set",
    "DIR": "files and folders",
    "LEAK": "what is given back",
    "CST": "costs",
}


def write_report(judgement: Judgement, path: Path) -> None:
    """Write a report's JSON to `path`, and its page beside it, named ``.html``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(judgement.report.as_json(), encoding="utf-8")
    path.with_suffix(".html").write_text(as_page(judgement), encoding="utf-8")


def as_page(judgement: Judgement) -> str:
    """Return the page: it needs no other file, and runs nothing."""
    report = judgement.report
    grouped = itertools.groupby(
        sorted(report.cases, key=lambda case: (_place(case.group), case.id[2:])),
        key=attrgetter("group"),
    )
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = Path(__file__).with_name("report.html").read_text(encoding="utf-8")
    return environment.from_string(template).render(
        report=report,
        claim=judgement.claim.in_words,
        reached=report.level_reached and Level(report.level_reached).in_words,
        is_shown=judgement.is_shown,
        counts=counted(report.cases),
        seconds=sum(case.seconds for case in report.cases),
        groups=[(name, GROUPS.get(name, name), list(cases)) for name, cases in grouped],
    )


def _place(group: str) -> int:
    return list(GROUPS).index(group) if group in GROUPS else len(GROUPS)
