"""How is the application told of something once, and not at every request?"""

import logging

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
