"""What is cached, and how it is forgotten."""

from __future__ import annotations

from flask_caching import Cache, make_template_fragment_key

from .corpus import modules
from .module_statistics import Statistics, statistics
from .search import Results, search
from .timing import Computed, computed

OVERVIEW = "overview"
"""The name of the template fragment on the index."""

cache = Cache()


@cache.memoize(args_to_ignore=["ticket"])
def find(words: tuple[str, ...], ticket: str) -> Computed[Results]:
    return computed(lambda: search(words, modules().values()), ticket=ticket)


@cache.memoize(args_to_ignore=["ticket"])
def measure(name: str, ticket: str) -> Computed[Statistics | None]:
    """Raises `KeyError` if there is no module of this name."""
    module = modules()[name]
    return computed(lambda: statistics(module.read()), ticket=ticket)


def forget_search(words: tuple[str, ...]) -> None:
    cache.delete_memoized(find, words, ticket="")


def forget_module(name: str) -> None:
    cache.delete_memoized(measure, name, ticket="")


def forget_overview() -> None:
    cache.delete(make_template_fragment_key(OVERVIEW))


def forget_everything() -> None:
    """Clear the store, and with it what other processes put there if they share it."""
    cache.clear()
