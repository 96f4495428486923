"""What is a case? A test that carries its id and the sentence of the contract that it judges."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import pytest

from flask_caching.backends.base import Capability

Test = TypeVar("Test", bound=Callable[..., None])

#: The newest revision of the catalogue. Its cases are frozen: one that comes later is of the next.
REVISION = 2
#: The attribute of a test function that holds its `Case`.
CASE = "conformance_case"


@dataclass(frozen=True, slots=True)
class Case:
    """One judgement on a backend.

    The id never changes: ``C-ADD-03`` is the third case about ``add``, and its first letter
    says who must pass it: C every backend, O every backend with the capability, H those that
    claim to be hardened. I is measured, and nobody must pass it.

    :param needs: the capability without which it does not apply.
    :param since: the revision of the catalogue that it came with.
    """

    id: str
    promise: str
    needs: Capability | None = None
    since: int = 1

    @property
    def modality(self) -> str:
        """C, O, H or I."""
        return self.id[0]

    def __str__(self) -> str:
        return f"{self.id}: {self.promise}"


def case(
    case_id: str, promise: str, *, needs: Capability | None = None, since: int = 1
) -> Callable[[Test], Test]:
    """Make a test function a case; where it fails, the message ends with id and promise."""

    def decorate(test: Test) -> Test:
        made = Case(case_id, promise, needs, since)
        judging = _judging(test, made)
        setattr(judging, CASE, made)
        return judging

    return decorate


def case_of(test: Any) -> Case | None:
    """Return the case that a test function is, if it is one."""
    found: Case | None = getattr(test, CASE, None)
    return found


def cases_of(suite: type) -> Iterator[tuple[str, Case]]:
    """List the cases of a class, each with the name of its method."""
    for name, test in inspect.getmembers(suite, inspect.isfunction):
        found = case_of(test)
        if found is not None:
            yield name, found


def refuse_overrides(suite: type, catalogue: type) -> None:
    """Let no subclass lose a case quietly.

    :raises TypeError: where it overrides one.
    """
    for name, judged in cases_of(catalogue):
        if name in vars(suite):
            raise TypeError(
                f"{suite.__name__}.{name} overrides the case {judged.id}. One that is known to "
                f"fail is named, with the reason: known_failures = {{{judged.id!r}: '…'}}."
            )


def _judging(test: Test, judged: Case) -> Test:
    @functools.wraps(test)
    def judge(bench: Any, *args: Any, **kwargs: Any) -> None:
        __tracebackhide__ = True
        try:
            test(bench, *args, **kwargs)
        except (Exception, pytest.fail.Exception) as error:
            bench.check_host_was_quick_enough(error)
            error.add_note(str(judged))
            raise

    return cast("Test", judge)
