"""Which versions does an entry depend on, besides its function's? Those of tags and namespaces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from .source import parameters_of

#: Written before any tag's version at each invalidation of tags, for entries whose tags are known
#: only once they are computed: nothing else could tell that one of them was invalidated meanwhile.
EPOCH = "tagepoch"
#: Stands among the names of an entry's versions, and its stamp is no version but the time at which
#: the entry gets stale: the wall clock's, in seconds, ``0`` for never.
FRESH = "fresh"
#: How the names of versions begin: of a tag, of one that a soft invalidation leaves alone, and of
#: a namespace.
TAG, HARD_TAG, NAMESPACE = "tagver/", "taghard/", "nsver/"
#: The parameter of a callable by which it asks for the result.
RESULT = "result"

_EMPTY: Mapping[str, Any] = MappingProxyType({})


def tag_versions(tags: Any) -> tuple[str, ...]:
    """Return the names of the versions of tags: a text, texts, or ``None`` for no tags.

    :raises TypeError: for anything else, before it becomes the name of nothing.
    """
    if tags is None:
        return ()
    if isinstance(tags, str):
        return (f"{TAG}{tags}",)
    if not isinstance(tags, Iterable):
        raise TypeError(
            f"Tags are a str or a list of them, such as ['a', 'b'], not {tags!r} "
            f"({type(tags).__name__})."
        )
    named = list(tags)
    for tag in named:
        if not isinstance(tag, str):
            raise TypeError(
                f"A tag is a str, not {tag!r} ({type(tag).__name__}): in {named!r}. "
                "Tags are given as tags=['a', 'b'], and as invalidate_tags('a', 'b')."
            )
    return tuple(dict.fromkeys(f"{TAG}{tag}" for tag in named))


class _Question(NamedTuple):
    """A question to the application, which is given the call's arguments where it takes any."""

    ask: Callable[..., Any]
    wants_call: bool

    def __call__(
        self, args: tuple[Any, ...], kwargs: Mapping[str, Any], own: Mapping[str, Any] = _EMPTY
    ) -> Any:
        return self.ask(*args, **kwargs, **own) if self.wants_call else self.ask(**own)


def hard_version(name: str) -> str:
    """Return the name of the version that a soft invalidation of a tag leaves alone."""
    return HARD_TAG + name.removeprefix(TAG) if name.startswith(TAG) else name


def soft_version(name: str) -> str:
    """Return the name of the version that `hard_version` stands beside; others as they are."""
    return TAG + name.removeprefix(HARD_TAG) if name.startswith(HARD_TAG) else name


def with_hard_versions(names: Iterable[str]) -> tuple[str, ...]:
    """Add the names of the hard versions of those that are tags'."""
    names = tuple(names)
    return (*names, *(hard_version(name) for name in names if name.startswith(TAG)))


@dataclass(frozen=True, slots=True)
class Space:
    """Where keys lie: in a namespace, within others; or, without any, where they always do."""

    #: The names of the namespaces, the outermost first.
    path: tuple[str, ...] = ()

    def within(self, name: str) -> Space:
        """Return a namespace in this one.

        :raises TypeError: where the name is not a ``str``.
        """
        if not isinstance(name, str):
            raise TypeError(f"A namespace's name is a str, not {name!r} ({type(name).__name__}).")
        return Space((*self.path, name))

    @property
    def prefix(self) -> str:
        """What every key in it begins with, and no key of another one's."""
        return f"ns/{_joined(self.path)}|" if self.path else ""

    @property
    def versions(self) -> tuple[str, ...]:
        """The names of the versions that entries in it depend on."""
        return tuple(f"{NAMESPACE}{_joined(self.path[: n + 1])}" for n in range(len(self.path)))


#: Where keys lie that lie in no namespace.
EVERYWHERE = Space()


def _joined(path: tuple[str, ...]) -> str:
    """Join names so that no two paths look alike, and none contains the end of a prefix."""
    escaped = (name.replace("%", "%25").replace("/", "%2F").replace("|", "%7C") for name in path)
    return "/".join(escaped)


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What the entries of one function, or of one call, depend on besides the function."""

    #: What their keys begin with.
    prefix: str = ""
    #: The names of versions that are always the same.
    names: tuple[str, ...] = ()
    #: Gives tags, from the call's arguments.
    of_call: _Question | None = None
    #: Gives tags, from the result and the call's arguments.
    of_result: _Question | None = None
    #: Whether values are kept after they got stale, also by a soft invalidation of their tags.
    stale: bool = False

    def __bool__(self) -> bool:
        return self != _NONE

    def keys(
        self, keys: tuple[str, ...], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] = _EMPTY
    ) -> tuple[str, ...]:
        """Add the names to the keys of a call, whose last one is the value's."""
        *own, key = keys
        if self.of_result is not None:
            own.insert(0, EPOCH)
        own += self.names
        if self.of_call is not None:
            own += tag_versions(self.of_call(args, kwargs))
        if self.stale:
            own = [*with_hard_versions(own)]
        return (*dict.fromkeys(own), self.prefix + key)

    def result_names(
        self, value: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] = _EMPTY
    ) -> tuple[str, ...]:
        """Return the names of the versions of the tags that a result has."""
        if self.of_result is None:
            return ()
        names = tag_versions(self.of_result(args, kwargs, {RESULT: value}))
        return with_hard_versions(names) if self.stale else names


_NONE = Dependencies()


def dependencies(
    space: Space, tags: Any, function: Callable[..., Any] | None = None, *, stale: bool = False
) -> Dependencies:
    """Return what entries in a namespace, and with tags, depend on.

    :param tags: texts, or a callable that gives them: of the call's arguments; or, where it has
        a parameter ``result`` that the function itself has not, of the result.
    """
    if not callable(tags):
        return Dependencies(space.prefix, (*space.versions, *tag_versions(tags)), stale=stale)
    wanted = parameters_of(tags).keys()
    if RESULT in wanted and not (function is not None and RESULT in parameters_of(function)):
        question = _Question(tags, wants_call=len(wanted) > 1)
        return Dependencies(space.prefix, space.versions, of_result=question, stale=stale)
    question = _Question(tags, wants_call=bool(wanted))
    return Dependencies(space.prefix, space.versions, of_call=question, stale=stale)
