"""The helpers that applications import from Flask-Caching 2.x; nothing here uses them."""

from __future__ import annotations

import inspect
import math
import string
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from .decorated import join_generator as join_generator
from .keys.fragment import PREFIX
from .keys.fragment import make_template_fragment_key as make_template_fragment_key
from .keys.function import identity
from .keys.source import signature_of, takes_arguments
from .keys.view import query_args_as_pairs as query_args_as_pairs

TEMPLATE_FRAGMENT_KEY_TEMPLATE = PREFIX + "%s%s"

_KEPT = frozenset(string.ascii_letters + string.digits + "_.")
#: Removes what is no letter, digit, underscore or dot, of the first 256 characters.
null_control = str.maketrans(dict.fromkeys(c for c in map(chr, range(256)) if c not in _KEPT))


def normalize_timeout(timeout: int | timedelta | str | None) -> int | None:
    """Return a timeout in whole seconds, rounded up."""
    if isinstance(timeout, timedelta):
        return math.ceil(timeout.total_seconds())
    return int(timeout) if isinstance(timeout, str) else timeout


def get_function_parameters(f: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the parameters of a function."""
    return list(signature_of(f).parameters.values())


def get_arg_names(f: Callable[..., Any]) -> list[str]:
    """Return the names of the parameters that may be given by position and by name."""
    return [p.name for p in get_function_parameters(f) if p.kind is p.POSITIONAL_OR_KEYWORD]


def get_arg_default(f: Callable[..., Any], position: int) -> Any:
    """Return the default of the parameter at a position, or ``None``."""
    default = get_function_parameters(f)[position].default
    return None if default is inspect.Parameter.empty else default


def wants_args(f: Callable[..., Any]) -> bool:
    """Return whether a function takes any argument by position."""
    return takes_arguments(f)


def wants_extra_args(f: Callable[..., Any]) -> bool:
    """Return whether a function takes more than one argument by position."""
    return takes_arguments(f, more_than=1)


def get_id(obj: Any) -> str:
    """Return what stands for an object in keys."""
    return identity(obj)


def function_namespace(
    f: Callable[..., Any], args: tuple[Any, ...] | None = None
) -> tuple[str, str | None]:
    """Return the name of a function, and that of its object's method where there is one."""
    names = get_arg_names(f)
    owner = getattr(f, "__self__", None)
    token: str | None = None
    if owner is not None and not inspect.isclass(owner):
        token = identity(owner)
    elif names[:1] == ["self"] and args:
        token = identity(args[0])
    if names[:1] == ["cls"] and not (args and inspect.isclass(args[0])):
        raise ValueError(
            "The namespace of a classmethod depends on the class: give it as the first argument."
        )
    name = f"{f.__module__}.{f.__qualname__}"
    instance = None if token is None else f"{name}.{token}".translate(null_control)
    return name.translate(null_control), instance
