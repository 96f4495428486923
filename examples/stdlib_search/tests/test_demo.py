"""The demo as `make demo` starts it, driven over HTTP."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from stdlib_search.corpus import modules
from stdlib_search.search import search
from stdlib_search.tests import naive
from stdlib_search.tests.demo_server import Site, demo


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with demo() as running:
        yield running


@pytest.fixture
def same_python(site: Site) -> None:
    """Counting again makes sense only in the library that was searched."""
    ours = f"{platform.python_implementation()} {platform.python_version()}"
    if f"the library of {ours}" not in site.get("/search").text:
        pytest.skip("needs the demo and the tests to run on one Python")


def test_the_default_query_is_computed_once_and_then_fifty_times_faster(site: Site) -> None:
    site.post("/invalidate")

    first = site.get("/search", q="thread lock")
    second = site.get("/search", q="thread lock")

    assert (first.figure("cache"), second.figure("cache")) == ("miss", "hit")
    assert float(first.figure("now")) >= float(first.figure("uncached")) >= 0.2
    assert second.figure("uncached") == first.figure("uncached")
    assert float(second.figure("now")) <= float(second.figure("uncached")) / 50


def test_the_index_links_the_default_query_and_has_it_in_the_box(site: Site) -> None:
    page = site.get("/")

    assert 'href="/search?q=thread+lock"' in page.body
    assert 'value="thread lock"' in page.body


def test_one_question_is_one_entry_however_it_is_written(site: Site) -> None:
    site.get("/search", q="queue priority")

    again = site.get("/search", q="  PRIORITY   queue priority ")

    assert again.figure("cache") == "hit"


def test_the_answer_is_that_of_an_independent_count(site: Site, same_python: None) -> None:
    expected = naive.counts("thread", "lock")

    page = site.get("/search", q="thread lock")
    answer = json.loads(site.get("/search.json", q="lock thread").body)

    assert int(page.figure("matching")) == answer["matching"] == len(expected)
    assert answer["modules_read"] == len(naive.texts())
    assert len(answer["best"]) == 20
    for best in answer["best"]:
        assert best["counts"] == expected[best["module"]]
        assert f'<a href="/module/{best["module"]}">' in page.body
        lines = naive.texts()[best["module"]].split("\n")
        assert all(shown["text"].strip("…") in lines[shown["line"] - 1] for shown in best["lines"])


def test_the_order_is_that_of_an_uncached_search(site: Site, same_python: None) -> None:
    words = ("lock", "thread")
    expected = search(words, modules().values())

    answer = json.loads(site.get("/search.json", q="lock thread").body)

    assert [best["module"] for best in answer["best"]] == [m.name for m in expected.matches]
    assert answer["best"][0]["module"] == "threading"


def test_the_button_forgets_this_answer_and_no_other(site: Site) -> None:
    for query in ("heap invariant", "thread lock"):
        site.get("/search", q=query)
    assert site.get("/search", q="heap invariant").figure("cache") == "hit"

    after = site.post("/invalidate", what="search", q="heap invariant")

    assert "This answer was forgotten" in after.text
    assert after.figure("cache") == "miss"
    assert site.get("/search", q="heap invariant").figure("cache") == "hit"
    assert site.get("/search", q="thread lock").figure("cache") == "hit"


def test_emptying_the_cache_forgets_every_answer(site: Site) -> None:
    site.get("/search", q="thread lock")
    site.get("/module/zipfile")

    after = site.post("/invalidate", what="everything")

    assert "The cache is empty now" in after.text
    assert site.get("/search", q="thread lock").figure("cache") == "miss"
    assert site.get("/module/zipfile").figure("cache") == "miss"


def test_the_json_view_is_cached_by_its_query_string(site: Site) -> None:
    first = site.get("/search.json", q="json")
    second = site.get("/search.json", q="json")
    site.post("/invalidate", what="search", q="json")
    third = site.get("/search.json", q="json")

    hits = [page.headers.get("hit_cache") for page in (first, second, third)]
    assert hits == [None, "True", None]
    assert first.body == second.body
    assert json.loads(third.body)["best"] == json.loads(first.body)["best"]


def test_the_list_of_modules_is_a_fragment_that_is_kept(site: Site) -> None:
    first, second = site.get("/"), site.get("/")
    after = site.post("/invalidate", what="overview")

    assert first.figure("counting") == second.figure("counting") != after.figure("counting")
    assert "all modules were counted again" in after.text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("<script>alert(1)</script>", 200),
        (".*", 200),
        ('%s{{7*7}} "onfocus="', 200),
        ("é İ 🙈 \u202e", 200),
        ("\0\r\n\x1b", 200),
        ("", 200),
        ("a" * 5000, 400),
        ("a b c d e f g h", 400),
    ],
    ids=["script", "regex", "format", "unicode", "control", "empty", "long", "words"],
)
def test_hostile_queries_are_plain_text(site: Site, query: str, status: int) -> None:
    page = site.get("/search", q=query)

    assert page.status == status
    assert "<script" not in page.body
    assert '"onfocus' not in page.body
    assert "{{7*7}}" in page.text or "7*7" not in query
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_bytes_that_are_no_text_are_answered(site: Site) -> None:
    assert site.visit("/search?q=%ff%fe%00").status == 200


def test_a_regular_expression_finds_only_itself(site: Site, same_python: None) -> None:
    page = site.get("/search", q=".*")

    assert int(page.figure("matching")) == len(naive.counts(".*"))


@pytest.mark.parametrize("query", ["", "a" * 101])
def test_json_refuses_what_is_no_query(site: Site, query: str) -> None:
    assert site.get("/search.json", q=query).status == 400


@pytest.mark.parametrize("name", ["queue", "concurrent.futures.thread"])
def test_a_module_is_measured_as_an_independent_count_does(
    site: Site, same_python: None, name: str
) -> None:
    text = naive.texts()[name]

    page = site.get(f"/module/{name}")

    kinds = naive.kinds_of_lines(text)
    assert {kind: int(page.figure(kind)) for kind in kinds} == kinds
    assert int(page.figure("total")) == len(text.splitlines())
    assert int(page.figure("functions")) == naive.definitions(text, "def")
    assert int(page.figure("classes")) == naive.definitions(text, "class")


def test_a_module_is_measured_once_until_it_is_forgotten(site: Site) -> None:
    site.post("/invalidate", what="module", name="heapq")
    again = site.get("/module/heapq")
    after = site.post("/invalidate", what="module", name="heapq")

    assert again.figure("cache") == "hit"
    assert after.figure("cache") == "miss"
    assert "These statistics were forgotten" in after.text


@pytest.mark.parametrize(
    "path",
    [
        "nothing_like_this",
        "../../etc/passwd",
        "..%2f..%2fetc%2fpasswd",
        "/etc/passwd",
        "concurrent/futures",
        "os.py",
        "os%00",
        quote("<script>alert(1)</script>"),
    ],
)
def test_only_names_of_modules_have_a_page(site: Site, path: str) -> None:
    page = site.get(f"/module/{path}")

    assert page.status == 404
    assert "<script" not in page.body
    assert "root:" not in page.body


@pytest.mark.parametrize("form", [{"what": "nonsense"}, {"what": "module", "name": "nonsense"}])
def test_only_what_is_there_can_be_forgotten(site: Site, form: dict[str, str]) -> None:
    assert site.post("/invalidate", **form).status == 400


def test_looking_at_the_button_forgets_nothing(site: Site) -> None:
    assert site.get("/invalidate").status == 405


def test_the_footer_names_the_cache(site: Site) -> None:
    assert "Cache SimpleCache Kept for 300 s" in site.get("/search").text


def test_any_setting_comes_from_the_environment() -> None:
    with demo(FLASK_CACHE_TYPE="null", FLASK_CACHE_DEFAULT_TIMEOUT="60") as site:
        pages = [site.get("/module/heapq") for _ in range(3)]
        counted = {site.get("/").figure("counting") for _ in range(2)}

    assert "Cache NullCache Kept for 60 s" in pages[0].text
    assert [page.figure("cache") for page in pages] == ["miss"] * 3
    assert len(counted) == 2
