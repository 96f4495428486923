"""Do the answers of concurrent operations fit some order in which they came one by one?

A history is linearizable where each operation seems to happen at one moment between its start and
its end (Herlihy and Wing, "Linearizability: a correctness condition for concurrent objects",
1990). The search for such an order is Wing and Gong's ("Testing and verifying concurrent objects",
1993): take any operation that none of the others had ended before, see whether a dict would have
answered so, and go on with the rest. What is known to lead nowhere, as the operations done and the
state that they left, is not tried again (Lowe, "Testing for linearizability", 2017).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

#: The state of a key under which nothing lies, and the answer of `get` then.
ABSENT = "nothing"
#: The answer of an operation that nobody heard the answer of. It may have happened, or not.
UNHEARD = "…"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation on the one key of a history.

    :param who: the thread or the process.
    :param argument: the value, or the step of a counter; ``None`` where there is none.
    :param start: the time of the call, in seconds; all that take part have the same clock.
    :param end: the time of the answer.
    """

    who: str
    name: str
    argument: Any
    answer: Any
    start: float
    end: float

    def __str__(self) -> str:
        argument = "" if self.argument is None else repr(self.argument)
        return f"{self.who}: {self.name}({argument}) -> {self.answer!r}"


def performed(backend: Any, key: str, who: str, name: str, argument: Any = None) -> Operation:
    """Call an operation on a key, and return it with its answer and its times."""
    arguments = (key,) if argument is None else (key, argument)
    if name == "get":
        name, arguments = "get_value", (key, ABSENT)
    # The same for all processes of a machine (CLOCK_MONOTONIC).
    start = time.monotonic()
    answer = getattr(backend, name)(*arguments)
    return Operation(who, name.removesuffix("_value"), argument, answer, start, time.monotonic())


def is_linearizable(history: Iterable[Operation], state: Any = ABSENT) -> bool:
    """Tell whether a dict would have given these answers, in an order that the times allow.

    :param state: what lies under the key at first; hashable, as all values are.
    """
    ordered = sorted(history, key=lambda each: each.start)
    heard = sum(1 << number for number, each in enumerate(ordered) if each.answer is not UNHEARD)
    reached = [(0, state)]
    known = set(reached)
    while reached:
        done, state = reached.pop()
        if done & heard == heard:
            return True
        for number in _next(ordered, done):
            answer, after = _of_a_dict(state, ordered[number])
            then = (done | 1 << number, after)
            if ordered[number].answer in (answer, UNHEARD) and then not in known:
                known.add(then)
                reached.append(then)
    return False


def smallest_part(history: Sequence[Operation], state: Any = ABSENT) -> list[Operation]:
    """Return as little of a history that is not linearizable as is not linearizable either.

    It ends as soon as it has gone wrong, without the answers that came later, and what changed
    nothing is left out where that makes no difference.
    """
    ends = sorted(each.end for each in history)
    parts = ([_until(now, each) for each in history if each.start <= now] for now in ends)
    part = next(part for part in parts if not is_linearizable(part, state))
    for each in list(part):
        rest = [other for other in part if other is not each]
        if _changes_nothing(each) and not is_linearizable(rest, state):
            part = rest
    return part


def written_out(history: Iterable[Operation]) -> str:
    """Write a history down, a line for each operation, with the milliseconds of start and end."""
    ordered = sorted(history, key=lambda each: each.start)
    return "\n".join(
        f"{_milliseconds(each.start, ordered[0].start)} .. "
        f"{_milliseconds(each.end, ordered[0].start)}  {each}"
        for each in ordered
    )


def check_linearizable(history: Sequence[Operation], state: Any = ABSENT) -> None:
    """Fail with the smallest part of a history where it is not linearizable."""
    __tracebackhide__ = True
    if not is_linearizable(history, state):
        part = smallest_part(history, state)
        raise AssertionError(
            f"No order of these operations explains their answers; at first there is {state!r}:\n"
            f"{written_out(part)}"
        )


def _next(ordered: Sequence[Operation], done: int) -> Iterator[int]:
    """Give the operations that may come next: nothing that is left ended before they started."""
    first_end = math.inf
    for number, each in enumerate(ordered):
        if each.start > first_end:
            return
        if not done >> number & 1:
            first_end = min(first_end, each.end)
            yield number


def _of_a_dict(state: Any, operation: Operation) -> tuple[Any, Any]:
    """Return what a dict would answer, and what lies there then."""
    argument = operation.argument
    match operation.name:
        case "get":
            return state, state
        case "set":
            return True, argument
        case "delete":
            return state != ABSENT, ABSENT
        case "add":
            return (True, argument) if state == ABSENT else (False, state)
        case "inc":
            total = argument if state == ABSENT else state + argument
            return total, total
        case other:
            raise ValueError(f"no dict can {other}")


def _until(now: float, operation: Operation) -> Operation:
    if operation.end <= now:
        return operation
    return replace(operation, answer=UNHEARD, end=math.inf)


def _changes_nothing(operation: Operation) -> bool:
    return operation.name == "get" or operation.answer is False


def _milliseconds(moment: float, start: float) -> str:
    return f"{(moment - start) * 1000:9.3f}" if moment < math.inf else " " * 9
