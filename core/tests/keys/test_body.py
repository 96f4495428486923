"""The keys of requests with a body."""

import io

import pytest
from flask import Flask, request

from flask_caching import body_key

app = Flask("application")


def key(path="/search", method="POST", **options):
    with app.test_request_context(path, method=method, **options):
        return body_key()


def upload(name="a.txt", content=b"text"):
    return {"file": (io.BytesIO(content), name), "field": "value"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"json": {"a": 1, "b": [2]}}, {"json": {"b": [2], "a": 1}}),
        (
            {"data": b'{"a": 1}', "content_type": "application/json"},
            {"data": b'{ "a":1 }', "content_type": "application/json"},
        ),
        ({"data": {"a": "1", "b": "2"}}, {"data": {"b": "2", "a": "1"}}),
        ({"data": b"bytes"}, {"data": b"bytes"}),
        ({"path": "/search?a=1&b=2"}, {"path": "/search?b=2&a=1"}),
    ],
    ids=["JSON by content", "JSON by white space", "form", "bytes", "query"],
)
def test_requests_that_ask_the_same_share_a_key(one, other):
    assert key(**one) == key(**other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"json": {"a": 1}}, {"json": {"a": "1"}}),
        ({"json": [1, 2]}, {"json": [2, 1]}),
        ({"data": {"a": "1"}}, {"data": {"a": "2"}}),
        ({"data": {"a": ["1", "2"]}}, {"data": {"a": ["2", "1"]}}),
        ({"data": b"bytes"}, {"data": b"other"}),
        ({"path": "/search"}, {"path": "/other"}),
        ({"path": "/search?a=1"}, {"path": "/search?a=2"}),
        ({"method": "POST"}, {"method": "PUT"}),
        ({"data": b"1", "content_type": "text/plain"}, {"data": b"1", "content_type": "text/html"}),
        (
            {"data": b"{broken", "content_type": "application/json"},
            {"data": b"{brokem", "content_type": "application/json"},
        ),
    ],
)
def test_requests_that_ask_something_else_have_different_keys(one, other):
    assert key(**one) != key(**other)


def test_files_count_by_field_name_and_content():
    same = [key(data=upload()) for _ in range(2)]
    others = [key(data=upload(name="b.txt")), key(data=upload(content=b"other"))]

    assert same[0] == same[1]
    assert len({same[0], *others}) == 3


def test_the_view_can_still_read_the_body():
    with app.test_request_context("/search", method="POST", data=upload()):
        body_key()

        assert request.files["file"].read() == b"text"
        assert request.form["field"] == "value"


def test_the_path_stands_in_the_key():
    assert key("/search").startswith("body//search/")


def test_the_arguments_of_the_view_dont_count():
    with app.test_request_context("/search", method="POST", data=b"bytes"):
        assert body_key(1, a=2) == body_key()


def test_outside_of_a_request_there_is_no_key():
    with pytest.raises(RuntimeError, match="makes the key of a request, and there is none"):
        body_key()
