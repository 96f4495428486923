"""The page that draws what the cache does: its figures, and itself in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from stdlib_search.activity import REMEMBERED, History
from stdlib_search.tests.browser import Tab, browser
from stdlib_search.tests.demo_server import Site, demo
from stdlib_search.timing import Served

POINTS = "[...document.querySelectorAll('#chart .point')]"


@pytest.fixture
def site() -> Iterator[Site]:
    with demo() as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Tab]:
    with browser() as tab:
        yield tab


@pytest.fixture
def tab(chromium: Tab, site: Site) -> Iterator[Tab]:
    """The page, when it has drawn what there is."""
    chromium.forget()
    chromium.prefer("light")
    chromium.open(f"{site.address}/activity")
    chromium.wait_for("document.getElementById('state').textContent === 'No answers yet.'")
    yield chromium
    chromium.open("about:blank")  # before its server ends


def figures(site: Site) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(site.get("/activity.json").body)
    return answer


def points(tab: Tab, count: int) -> list[dict[str, Any]]:
    """Return the points of the chart when there are so many, from left to right."""
    tab.wait_for(f"{POINTS}.length === {count}")
    drawn: list[dict[str, Any]] = tab.value(
        POINTS + ".map(p => ({hit: p.classList.contains('of-hit'), fill: getComputedStyle(p).fill,"
        " x: p.getBoundingClientRect().x, y: p.getBoundingClientRect().y}))"
    )
    return sorted(drawn, key=lambda each: each["x"])


def text(tab: Tab, name: str) -> str:
    found: str = tab.value(f"document.getElementById({name!r}).textContent.trim()")
    return found


# -- the figures -------------------------------------------------------------------------


def test_only_the_last_answers_are_remembered() -> None:
    history = History()
    for number in range(REMEMBERED + 5):
        history.note("search", Served(None, 1.0, 0.5, 0.0, hit=number % 2 == 0))

    answers = history.answers()

    assert [answer.number for answer in answers] == list(range(6, REMEMBERED + 6))
    assert (answers[-1].hit, answers[-1].seconds, answers[-1].what) == (True, 0.5, "search")


def test_the_figures_are_of_what_was_asked_and_do_not_say_what(site: Site) -> None:
    for _ in range(3):
        site.get("/search", q="heap invariant")
    site.get("/module/heapq")

    told = figures(site)

    assert [(each["what"], each["hit"]) for each in told["answers"]] == [
        ("search", False),
        ("search", True),
        ("search", True),
        ("module", False),
    ]
    assert (told["functions"]["find"]["hits"], told["functions"]["find"]["misses"]) == (2, 1)
    assert told["functions"]["measure"]["misses"] == 1
    assert told["cache"]["hits"] == 2
    assert told["cache"]["compute_seconds"] >= told["answers"][0]["computed_seconds"]
    assert "heap" not in json.dumps(told)


def test_the_page_has_its_figures_without_scripts_and_allows_only_its_own(site: Site) -> None:
    site.get("/module/heapq")

    page = site.get("/activity")

    assert re.search(r'<dd id="misses">1</dd>', page.body)
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in site.get("/").headers["Content-Security-Policy"]


# -- in a browser ------------------------------------------------------------------------


def test_the_chart_follows_what_is_asked(tab: Tab, site: Site) -> None:
    assert (text(tab, "hits"), text(tab, "misses")) == ("0", "0")

    site.get("/search", q="thread lock")
    [miss] = points(tab, 1)
    for _ in range(2):
        site.get("/search", q="thread lock")
    drawn = points(tab, 3)

    assert not miss["hit"]
    assert [each["hit"] for each in drawn] == [False, True, True]
    # A miss took longer, so it stands higher; the newest one stands on the right.
    assert drawn[0]["y"] < min(each["y"] for each in drawn[1:]) - 20
    assert drawn[0]["x"] < miss["x"]
    told = figures(site)
    assert text(tab, "hits") == str(told["cache"]["hits"]) == "2"
    assert text(tab, "misses") == str(told["cache"]["misses"]) == "1"
    assert text(tab, "ratio") == "67 %"
    assert re.fullmatch(r"[\d.]+ (ms|s)", text(tab, "typical-miss"))
    rows = tab.value("[...document.querySelectorAll('#rows tr')].map(r => r.innerText)")
    assert [row.split("\t")[:3] for row in rows] == [
        ["3", "search", "the cache"],
        ["2", "search", "the cache"],
        ["1", "search", "computing"],
    ]


def test_a_cache_that_was_emptied_is_seen(tab: Tab, site: Site) -> None:
    site.get("/module/heapq")
    site.get("/module/heapq")
    site.post("/invalidate", what="everything")
    site.get("/module/heapq")

    assert [each["hit"] for each in points(tab, 3)] == [False, True, False]


def test_it_is_told_to_who_can_not_see_it(tab: Tab, site: Site) -> None:
    site.get("/module/heapq")
    points(tab, 1)

    told = tab.accessible()

    (name,) = [name for role, name in told if role == "image" and "answers" in name]
    assert name.startswith("Time that the last answers took 0 from the cache; 1 computed")
    assert ("status", "") in told
    assert text(tab, "state").startswith("Of the last 1 answers: 0 from the cache; 1 computed")
    assert ("columnheader", "Took") in told


def test_it_can_be_read_in_light_and_in_the_dark(tab: Tab, site: Site) -> None:
    for _ in range(2):
        site.get("/module/heapq")
    seen = {}
    for scheme in ("light", "dark"):
        tab.prefer(scheme)
        drawn = points(tab, 2)
        ground = tab.value("getComputedStyle(document.querySelector('.chart')).backgroundColor")
        label = tab.value("getComputedStyle(document.querySelector('#grid text')).fill")
        seen[scheme] = ground
        assert contrast(ground, label) >= 4.5
        assert drawn[0]["fill"] != drawn[1]["fill"]
        assert all(contrast(ground, each["fill"]) >= 3 for each in drawn)

    assert seen["light"] != seen["dark"]


def test_it_asks_nobody_else_and_has_nothing_to_complain_of(tab: Tab, site: Site) -> None:
    site.get("/module/heapq")
    points(tab, 1)

    asked = {address for address in tab.addresses() if address.startswith("http")}

    assert f"{site.address}/static/activity.js" in asked
    assert all(address.startswith("http://127.0.0.1:") for address in asked)
    assert tab.complaints() == []


def test_an_application_that_ends_is_told_and_the_figures_stay(chromium: Tab) -> None:
    with demo() as site:
        chromium.open(f"{site.address}/activity")
        site.get("/module/heapq")
        points(chromium, 1)

    chromium.wait_for(
        "document.getElementById('state').textContent.startsWith('The application does not')"
    )
    assert len(points(chromium, 1)) == 1
    chromium.open("about:blank")


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, as the W3C's WCAG 2 defines it."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
