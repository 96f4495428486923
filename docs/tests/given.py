"""What each page takes for given: functions of an application, servers, addresses."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from flask import Flask, make_response, request, session

from flask_caching import Cache
from flask_caching_conformance import BackendConformance

from .conftest import QUICK, SLOW
from .servers import memcached_server, redis_server, storage_emulator


class Given:
    """Gives pages what they leave out.

    :param folder: a page may write here.
    :param environment: sets a variable for as long as the page is run.
    """

    def __init__(self, folder, environment):
        self.folder = folder
        self.environment = environment
        self.app = Flask("application")

    @contextmanager
    def names(self, page):
        """Give the names of a page, and what to write in it instead of something else."""
        app = self.app
        app.config.update(CACHE_TYPE="simple", SECRET_KEY="secret of the application")
        names = {
            "__name__": "page",
            "app": app,
            "cache": Cache(app),
            "Flask": Flask,
            "Cache": Cache,
            "make_response": make_response,
            "request": request,
            "session": session,
        }
        method = page.removesuffix(".md").replace("/", "_").replace("-", "_").lower()
        with getattr(self, method, self._nothing)() as (more, exchanged):
            yield {**names, **more}, exchanged
        for backend in app.extensions["cache"].values():
            backend.close()

    @contextmanager
    def _nothing(self):
        yield {}, {}

    @contextmanager
    def _functions(self, **functions):
        yield functions, {}

    def readme(self):
        return self._functions(find_articles=lambda: ["first"], save_article=lambda: None)

    @contextmanager
    def docs_quickstart(self):
        answers = [1.08]  # for one question
        functions = {
            "load_article": lambda number: {"number": number},
            "save_article": lambda number: None,
            "ask_the_bank": lambda currency: answers.pop(),
        }
        yield functions, {SLOW: QUICK}

    def docs_functions(self):
        return self._functions(
            sum_of_orders=lambda customer, year: 5,
            find_books=lambda name, author: ["Orlando"],
            ask_the_index=lambda query: {"complete": True},
        )

    def docs_views(self):
        return self._functions(
            render_news=lambda topic: topic,
            find=lambda query: query,
            greeting=lambda language: language or "hello",
            show_basket=lambda user: user,
            is_day=lambda: True,
            forecast=lambda: "rain",
            prices=lambda: "5",
        )

    def docs_templates(self):
        return self._functions(language="de", menu=lambda language: f"Menü ({language})")

    def docs_async_and_gevent(self):
        async def fetch_quote():
            return "quote"

        async def fetch_rate(currency):
            return 1.08

        return self._functions(fetch_quote=fetch_quote, fetch_rate=fetch_rate)

    @contextmanager
    def docs_invalidation(self):
        self.app.config["SERVER_NAME"] = "localhost"
        with self.app.app_context():
            yield {"menu": ["one"], "fetch_prices": lambda: [5]}, {}

    def docs_observing(self):
        counted = SimpleNamespace(incr=lambda name: None)
        return self._functions(statsd=counted)

    def conformance_readme(self):
        return self._functions(pytest=pytest, BackendConformance=BackendConformance)

    @contextmanager
    def plugins_filesystem_readme(self):
        yield {}, {"/var/cache/myapp": str(self.folder / "cache")}

    @contextmanager
    def plugins_redis_readme(self):
        with redis_server(self.folder) as address:
            yield {}, {"localhost:6379": address}

    @contextmanager
    def plugins_memcached_readme(self):
        with memcached_server(self.folder) as address:
            yield {}, {"10.0.0.1:11211": address, '"10.0.0.2:11211"': ""}

    @contextmanager
    def plugins_gcs_readme(self):
        with storage_emulator(self.folder, "my-cache-bucket") as url:
            self.environment("STORAGE_EMULATOR_HOST", url)
            yield {}, {}
