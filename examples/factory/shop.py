"""A blueprint whose pages are cached, and invalidated with what they show."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, request

from .extensions import cache

shop = Blueprint("shop", __name__)


@shop.get("/")
@cache.cached(tags="books")
def titles() -> Response:
    return jsonify(sorted(stock()))


@shop.get("/<title>")
@cache.cached(tags=lambda title: ["books", f"book:{title}"])
def book(title: str) -> dict[str, Any]:
    if title not in stock():
        abort(404)
    return {"title": title, "price": price(title)}


@shop.post("/")
def add() -> tuple[str, int]:
    stock()[request.form["title"]] = int(request.form["price"])
    cache.invalidate_tags("books")
    return "", 204


@shop.post("/<title>/price")
def change(title: str) -> tuple[str, int]:
    stock()[title] = int(request.form["price"])
    cache.delete_memoized(price, title)
    cache.invalidate_tags(f"book:{title}")
    return "", 204


@cache.memoize(timeout=60)
def price(title: str) -> int:
    return stock()[title]


def stock() -> dict[str, int]:
    """Return the prices by title, which a real shop has in its database."""
    prices: dict[str, int] = current_app.extensions.setdefault("stock", {"Emma": 12, "Ulysses": 20})
    return prices
