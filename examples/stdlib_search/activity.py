"""What does the cache do right now? A page that draws it, and the figures that it is drawn from.

Both tell of the process that answers: under a server with several, of one of them.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, render_template

from .cached import cache, find, measure
from .timing import Served

REMEMBERED = 60
"""How many answers are drawn."""
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "script-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""This page has a script, which asks for figures; both come from here."""

activity = Blueprint("activity", __name__)


@dataclass(frozen=True)
class Answer:
    """An answer that was given, without what was asked: that is nobody else's business."""

    number: int
    what: str
    hit: bool
    seconds: float
    computed_seconds: float


class History:
    """The last answers."""

    def __init__(self) -> None:
        self._answers: deque[Answer] = deque(maxlen=REMEMBERED)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def note(self, what: str, answer: Served[Any]) -> None:
        with self._lock:
            number = next(self._numbers)
            self._answers.append(
                Answer(number, what, answer.hit, answer.seconds, answer.computed_seconds)
            )

    def answers(self) -> list[Answer]:
        with self._lock:
            return list(self._answers)


history = History()


@activity.get("/activity")
def page() -> Response:
    response = make_response(render_template("activity.html", statistics=cache.stats()))
    response.headers["Content-Security-Policy"] = POLICY
    return response


@activity.get("/activity.json")
def figures() -> Response:
    response = jsonify(
        cache=cache.stats().as_dict(),
        functions={each.__name__: each.stats().as_dict() for each in (find, measure)},
        answers=[asdict(answer) for answer in history.answers()],
    )
    response.headers["Cache-Control"] = "no-store"
    return response
