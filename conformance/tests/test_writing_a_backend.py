"""Do the two pages for writers of backends say what there is?"""

from __future__ import annotations

import re
import shlex
from collections import Counter

import pytest

from flask_caching.backends.base import BaseCache, Capability
from flask_caching_conformance.command import MEANINGS, main
from flask_caching_conformance.judge import CATALOGUE
from flask_caching_conformance.reporting.levels import Level
from flask_caching_conformance.scaffold import write_package

from .environments import ROOT

GUIDE = (ROOT / "docs" / "writing-a-backend.md").read_text(encoding="utf-8")
CONTRACT = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "examples" / "third_party"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
TAKEN_OVER = [text for language, text in BLOCKS if language != "console"]
COMMANDS = [
    shlex.split(line, comments=True)
    for language, text in BLOCKS
    if language == "console"
    for line in text.splitlines()
]


def rows(page, first_cell):
    """Return the rows of the table whose head begins with a cell, without their mark-up."""
    _, _, table = page.partition(f"| {first_cell} |")
    lines = table.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("block", TAKEN_OVER, ids=lambda block: block.split("\n")[0].strip())
def test_every_block_of_the_guide_stands_in_a_file_that_is_tested(tmp_path, block):
    package = write_package("sqlite-of-mine", tmp_path)

    files = [*EXAMPLE.rglob("*"), *package.rglob("*")]
    sources = [each.read_text() for each in files if each.suffix in {".py", ".toml", ".yml"}]

    assert any(f"\n{block}" in source for source in sources), block


def test_the_guide_has_blocks_of_each_kind():
    assert Counter(language for language, _ in BLOCKS).keys() == {
        *("python", "toml", "console", "yaml")
    }


def test_the_commands_of_the_guide_are_commands_of_the_kit():
    ours = [words[1:] for words in COMMANDS if words[0] == "flask-caching-conformance"]

    assert [words[0] for words in ours] == ["new", "sqlite"]
    for words in ours:
        with main.make_context("flask-caching-conformance", list(words)) as context:
            name, command, rest = main.resolve_command(context, list(words))
            command.make_context(name, rest, parent=context)


def test_the_options_of_the_guide_are_options_of_pytest(pytestconfig):
    for words in COMMANDS:
        if words[0] == "pytest":
            pytestconfig._parser.parse(words[1:])


def test_the_guide_has_all_exit_codes_and_levels():
    assert [code for code, _ in rows(GUIDE, "exit code")] == [str(each.value) for each in MEANINGS]
    assert [level for level, _ in rows(GUIDE, "level")] == [level.in_words for level in Level]
    assert all(f'"{level}"' in GUIDE for level in Level)


def test_every_group_of_cases_stands_under_one_heading_of_the_contract():
    listed = re.findall(r"^Cases: (.*)$", CONTRACT, re.MULTILINE)
    groups = Counter(group for line in listed for group in re.findall(r"`(\w+)`", line))

    assert {case.split("-")[1] for case in CATALOGUE} <= groups.keys()
    assert [group for group, count in groups.items() if count > 1] == []


def test_the_contract_has_every_capability_and_every_operation():
    said = {name: what for name, what, _ in rows(CONTRACT, "capability")}
    operations = " ".join(call for call, _ in rows(CONTRACT, "call"))

    assert said == {capability.name: capability.value for capability in Capability}
    for name in vars(BaseCache):
        if not name.startswith("_") and callable(getattr(BaseCache, name)):
            assert re.search(rf"\b{name}\b", operations) or name in NOT_CALLED, name


#: What the flow and subclasses call, and nobody else.
NOT_CALLED = {"factory", "life", "life_left", "note_miss", "set_computed"}


@pytest.mark.parametrize("page", ["contract.md", "writing-a-backend.md"])
def test_links_lead_somewhere(page):
    folder = ROOT / "docs"
    links = re.findall(r"\]\(([^)#]*)(#[^)]*)?\)", (folder / page).read_text(encoding="utf-8"))

    assert links
    for path, anchor in links:
        target = (folder / path).resolve() if path else folder / page
        assert target.exists(), path
        if anchor:
            headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor[1:] in [heading.lower().replace(" ", "-") for heading in headings]
