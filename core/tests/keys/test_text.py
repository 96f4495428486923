"""Keys that are no text."""

import pytest

from flask_caching import notices
from flask_caching.keys.text import key_text


@pytest.fixture(autouse=True)
def nothing_was_told_yet(monkeypatch):
    monkeypatch.setattr(notices, "_told", set())


def test_a_text_is_the_key_itself(caplog):
    assert key_text("key") == "key"
    assert caplog.records == []


@pytest.mark.parametrize(("key", "text"), [(7, "7"), (None, "None"), (b"key", "b'key'")])
def test_anything_else_is_written_down_with_one_warning(caplog, key, text):
    texts = [key_text(key), key_text(key)]

    (record,) = caplog.records
    assert texts == [text, text]
    assert record.getMessage() == (
        f"A cache key is a str; a key of type {type(key).__name__} is used as str(key), "
        f"such as {text!r}."
    )
