"""Do the pages follow what they show, and does each application keep to its own cache?"""

from __future__ import annotations

import pytest

from factory.app import create_app
from factory.extensions import cache


@pytest.fixture
def app():
    return create_app()


@pytest.fixture
def client(app):
    return app.test_client()


def counted(app):
    with app.app_context():
        told = cache.stats()
    return told.hits, told.misses


def test_it_runs_as_it_says(routes):
    assert "/books/<title>" in routes("factory")


def test_pages_are_cached(app, client):
    assert [client.get("/books/").json for _ in range(2)] == [["Emma", "Ulysses"]] * 2
    assert [client.get("/books/Emma").json["price"] for _ in range(2)] == [12, 12]
    assert counted(app) == (2, 3)


def test_a_new_book_is_on_the_list(client):
    client.get("/books/")
    assert client.get("/books/Dune").status_code == 404

    client.post("/books/", data={"title": "Dune", "price": 9})

    assert client.get("/books/").json == ["Dune", "Emma", "Ulysses"]
    assert client.get("/books/Dune").json == {"title": "Dune", "price": 9}


def test_a_new_price_changes_only_its_own_page(app, client):
    for page in ("/books/", "/books/Emma", "/books/Ulysses"):
        client.get(page)
    hits, misses = counted(app)

    client.post("/books/Emma/price", data={"price": 8})

    assert client.get("/books/Emma").json["price"] == 8
    assert counted(app) == (hits, misses + 2)
    client.get("/books/")
    client.get("/books/Ulysses")
    assert counted(app) == (hits + 2, misses + 2)


def test_applications_keep_to_their_own_caches(client):
    client.get("/books/")
    other = create_app({"CACHE_TYPE": "null", "CACHE_NO_NULL_WARNING": True})
    other.extensions["stock"] = {"Solaris": 15}

    assert other.test_client().get("/books/").json == ["Solaris"]
    assert client.get("/books/").json == ["Emma", "Ulysses"]
