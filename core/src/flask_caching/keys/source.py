"""What distinguishes one function from another in a key: its name, its signature, its source."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any

if sys.version_info >= (3, 14):
    import annotationlib

    def signature_of(function: Callable[..., Any]) -> inspect.Signature:
        """Return the signature, without evaluating annotations that may not resolve."""
        return inspect.signature(function, annotation_format=annotationlib.Format.FORWARDREF)
else:

    def signature_of(function: Callable[..., Any]) -> inspect.Signature:
        """Return the signature of a function, a bound method or a class."""
        return inspect.signature(function)


def namespace_of(function: Callable[..., Any]) -> str:
    """Return ``module.qualified_name``, the same in every process.

    What has no name goes by what it is made of: a partial by its function and arguments,
    another callable by its repr.
    """
    name = getattr(function, "__qualname__", None)
    module = getattr(function, "__module__", None)
    if name is not None and module is not None:  # a builtin's bound method has no module
        return f"{module}.{name}"
    if isinstance(function, functools.partial):
        return f"{namespace_of(function.func)}{(function.args, function.keywords)!r}"
    return f"{type(function).__module__}.{type(function).__qualname__}({function!r})"


@functools.lru_cache(maxsize=1024)
def source_of(function: Callable[..., Any]) -> bytes:
    """Return the source text of a function.

    It is read once: what the process runs is the text as it was imported.
    """
    return inspect.getsource(function).encode()


def takes_arguments(function: Callable[..., Any], more_than: int = 0) -> bool:
    """Return whether a callable has more positional or variadic parameters than that."""
    try:
        parameters = signature_of(function).parameters.values()
    except ValueError:  # a callable implemented in C may show no signature
        return False
    return sum(p.kind is not p.KEYWORD_ONLY for p in parameters) > more_than


def parameters_of(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """Return the parameters by name; none for a callable in C that shows no signature."""
    try:
        return signature_of(function).parameters
    except ValueError:
        return {}
