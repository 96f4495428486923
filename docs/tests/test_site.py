"""Is the site built without a warning, and does every link lead somewhere, there and on a forge?"""

from __future__ import annotations

import os
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest

from .markdown import DOCS, PAGES, ROOT, anchors, links

SPHINX = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--nitpicky"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [*SPHINX, "--quiet", "--doctree-dir", folder / "doctrees", DOCS, folder / "html"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder / "html"


class Page(HTMLParser):
    """What a page of the site links to, and what can be linked to in it."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links = {""}, set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.ids.add(attributes.get("id"))
        self.links.update(filter(None, (attributes.get("href"), attributes.get("src"))))


def test_every_link_of_the_site_leads_somewhere(site):
    pages = {
        path.relative_to(site).as_posix(): Page(path.read_text(encoding="utf-8"))
        for path in site.rglob("*.html")
    }
    assert "index.html" in pages
    lost = []
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            path = (site / name).parent / unquote(parts.path) if parts.path else site / name
            target = os.path.relpath(path, site)
            known = pages.get(target)
            if not path.exists() or (known and unquote(parts.fragment) not in known.ids):
                lost.append(f"{name}: {link}")

    assert lost == []


def test_the_site_asks_no_other_server_for_anything(site):
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert 'src="http' not in text
        assert 'rel="stylesheet" href="http' not in text


def test_every_page_is_reached_from_the_front_page(site):
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    front = Page((site / "index.html").read_text(encoding="utf-8"))

    reached = {link.partition("#")[0] for link in front.links}

    made_by_sphinx = {"index.html", "genindex.html", "search.html", "py-modindex.html"}
    assert pages - made_by_sphinx <= reached


@pytest.mark.parametrize("page", PAGES)
def test_every_link_on_a_forge_leads_somewhere(page):
    lost = []
    for link in links(page):
        if urlsplit(link).scheme:
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        found = target.exists()
        if not found or (anchor and anchor not in anchors(os.path.relpath(target, ROOT))):
            lost.append(link)

    assert lost == []
