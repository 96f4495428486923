"""How is an application told of what is wrong with it? At the line that is, or once in the log."""

import logging
import warnings

import pytest

from flask_caching import Cache
from flask_caching.notices import warn_once


def test_the_first_notice_is_logged_as_a_warning(caplog):
    warn_once(object(), "%s was not stored: %d bytes", "key", 12)

    assert caplog.record_tuples == [
        ("flask_caching", logging.WARNING, "key was not stored: 12 bytes")
    ]


def test_the_same_subject_is_told_once(caplog):
    subject = object()

    warn_once(subject, "first")
    warn_once(subject, "second")

    assert caplog.messages == ["first"]


def test_another_subject_is_told_as_well(caplog):
    warn_once(object(), "first")
    warn_once(object(), "second")

    assert caplog.messages == ["first", "second"]


def test_a_caller_is_warned_of_its_own_line_however_deep_it_was_noticed():
    # Namespaces stand before the decorators, and the options of both are checked further in.
    with pytest.warns(UserWarning, match=r"^Flask-Caching: unless=…") as warned:
        Cache().namespace("shop").memoize(unless=True)

    assert [each.filename for each in warned] == [__file__]


@pytest.mark.parametrize("name", [None, 5])
def test_a_caller_whose_module_has_no_name_is_no_mistake(name):
    code = compile("Cache().memoize(unless=True)", "without a name", "exec")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(code, {"__name__": name, "Cache": Cache})  # as templates and shells do
