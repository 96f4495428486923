"""Many visitors at once, who know the right answer to what they ask."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

from . import naive
from .demo_server import Page, Site

NAMES = [
    "bisect",
    "code",
    "codeop",
    "colorsys",
    "contextlib",
    "copy",
    "csv",
    "fnmatch",
    "functools",
    "getpass",
    "gettext",
    "glob",
    "heapq",
    "hmac",
    "keyword",
    "linecache",
    "mimetypes",
    "netrc",
    "numbers",
    "opcode",
    "operator",
    "pkgutil",
    "pprint",
    "queue",
    "quopri",
    "reprlib",
    "runpy",
    "sched",
    "shelve",
    "shlex",
    "shutil",
    "socketserver",
    "stat",
    "string",
    "struct",
    "textwrap",
    "timeit",
    "token",
    "trace",
    "types",
    "uuid",
    "warnings",
    "weakref",
]
VISITORS = 8
#: How often each of them comes by each page.
ROUNDS = 3


def assert_shared_and_right(site: Site) -> None:
    """Visit the pages of many modules, from many threads, and check each figure of each page.

    The first visitor has a page computed, by whichever process; from there on all processes
    have it from the cache that they share, and each shows what was asked for.
    """
    # One of each length, so that no page passes for another.
    names = list({length(name): name for name in NAMES}.values())
    assert len(names) > 30

    first = [visit(site, name) for name in names]
    with ThreadPoolExecutor(VISITORS) as visitors:
        later = list(visitors.map(lambda number: come_by(site, names, number), range(VISITORS)))

    assert {page.figure("cache") for page in first} == {"miss"}
    assert {page.figure("cache") for pages in later for page in pages} == {"hit"}


def assert_forgetting_reaches_all(site: Site) -> None:
    """Forget a page through one process: none of them shows it from the cache any more."""
    visit(site, "bisect")
    site.post("/invalidate", what="module", name="bisect")  # and sees it computed anew
    forgotten = visit(site, "bisect").figure("uncached")
    site.post("/invalidate", what="everything")

    again = [visit(site, "bisect") for _ in range(4 * VISITORS)]

    assert [page.figure("cache") for page in again] == ["miss"] + ["hit"] * (len(again) - 1)
    assert forgotten not in {page.figure("uncached") for page in again}


def come_by(site: Site, names: list[str], number: int) -> list[Page]:
    order = random.Random(number).sample(names * ROUNDS, len(names) * ROUNDS)  # noqa: S311 - no secret
    return [visit(site, name) for name in order]


def visit(site: Site, name: str) -> Page:
    """Look at a module's page, which must be that module's."""
    page = site.get(f"/module/{name}")

    assert page.status == 200
    assert f'<h1 class="code">{name}</h1>' in page.body
    assert int(page.figure("total")) == length(name)
    return page


def length(name: str) -> int:
    return len(naive.texts()[name].splitlines())
