"""The addresses that the application answers."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, NotFound
from werkzeug.wrappers import Response

from . import cached
from .activity import history
from .cached import OVERVIEW, cache, find, measure
from .corpus import modules, submodules
from .overview import overview
from .query import LONGEST, QueryError, parse_query
from .timing import served

DEFAULT_QUERY = "thread lock"
FORGOTTEN = {
    "search": "This answer was forgotten, so the search was done again.",
    "module": "These statistics were forgotten, so the module was measured again.",
    "overview": "The list was forgotten, so all modules were counted again.",
    "everything": "The cache is empty now. The next visit of each page computes it again.",
}

pages = Blueprint("pages", __name__)


@pages.app_context_processor
def search_box() -> dict[str, object]:
    return {
        "default_query": DEFAULT_QUERY,
        "longest_query": LONGEST,
        "message": FORGOTTEN.get(request.args.get("forgotten", "")),
    }


@pages.get("/")
def index() -> str:
    # The template calls `overview` within {% cache %}, so only where the fragment isn't stored.
    return render_template("index.html", overview=overview, fragment=OVERVIEW)


@pages.get("/search")
def results() -> str:
    text = request.args.get("q", "")
    words = parse_query(text)
    answer = served(partial(find, words)) if words else None
    if answer:
        history.note("search", answer)
    return render_template("results.html", text=text, words=words, answer=answer)


@pages.get("/search.json")
@cache.cached(query_string=True, response_hit_indication=True)
def results_as_json() -> Response:
    """Answer with what is true at any time, since the whole answer is cached: no live figures."""
    words = parse_query(request.args.get("q", ""))
    if not words:
        raise QueryError("A query needs at least one word.")
    if request.args.to_dict(flat=False) != {"q": [" ".join(words)]}:
        # One question has one address, so one entry to forget.
        return redirect(url_for(".results_as_json", q=" ".join(words)))
    answer = served(partial(find, words))
    return jsonify(
        words=words,
        computed_seconds=answer.computed_seconds,
        modules_read=answer.value.modules_read,
        matching=answer.value.matching,
        best=[
            {
                "module": match.name,
                "score": round(match.score, 3),
                "counts": dict(zip(words, match.counts, strict=True)),
                "lines": [{"line": each.line, "text": each.text} for each in match.snippets],
            }
            for match in answer.value.matches
        ],
    )


@pages.get("/module/<path:name>")
def module(name: str) -> str:
    if name not in modules():
        raise NotFound("The standard library of this Python has no such module.")
    answer = served(partial(measure, name))
    history.note("module", answer)
    return render_template(
        "module.html",
        module=modules()[name],
        known=modules(),
        submodules=submodules(name),
        answer=answer,
    )


@pages.post("/invalidate")
def invalidate() -> Response:
    """Forget what the button was for and show the page again, which then has to be computed."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise Forbidden("Only this application's own buttons can empty its cache.")
    what = request.form.get("what", "everything")
    if what == "search":
        words = parse_query(request.form.get("q", ""))
        cached.forget_search(words)
        cache.delete_cached(
            results_as_json, url_for(".results_as_json"), query_args={"q": " ".join(words)}
        )
        return redirect(url_for(".results", q=" ".join(words), forgotten=what), 303)
    if what == "module" and (name := request.form.get("name", "")) in modules():
        cached.forget_module(name)
        return redirect(url_for(".module", name=name, forgotten=what), 303)
    if what == "overview":
        cached.forget_overview()
        return redirect(url_for(".index", forgotten=what), 303)
    if what == "everything":
        cached.forget_everything()
        return redirect(url_for(".index", forgotten=what), 303)
    raise BadRequest("There is nothing of this kind to forget.")


@pages.app_errorhandler(QueryError)
def refuse_query(error: QueryError) -> Response:
    return explain_error(BadRequest(str(error)))


@pages.app_errorhandler(HTTPException)
def explain_error(error: HTTPException) -> Response:
    """Keep the status and the headers of the error, and put a page of ours in it."""
    response = Response.force_type(error.get_response(), request.environ)
    if response.status_code >= 400:
        response.data = render_template("error.html", error=error)
    return response
