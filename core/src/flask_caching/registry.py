"""How does a name become a backend?

`Registry.build` takes whatever `CACHE_TYPE` is and makes the backend of an application.
Names come from entry points, so a backend is found by being installed, and only the one that
is asked for is imported.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import inspect
import logging
import re
from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, entry_points
from types import FunctionType, MethodType, SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pluggy

from . import hookspecs
from .backends.base import without_unknown_default
from .errors import (
    BackendConflictError,
    BackendContractError,
    BackendNotFoundError,
    ConfigError,
)
from .notices import is_ours
from .settings import Settings

if TYPE_CHECKING:
    from flask import Flask

logger = logging.getLogger(__package__)

BACKENDS = "flask_caching.backends"
PLUGINS = "flask_caching.plugins"
Factory = Callable[..., Any]

#: What to install for a name, in lower case and without "cache" at its end.
DISTRIBUTIONS = {
    **dict.fromkeys(("redis", "rediscluster", "redissentinel"), "redis"),
    **dict.fromkeys(("memcached", "saslmemcached", "spreadsaslmemcached"), "memcached"),
    "filesystem": "filesystem",
    **dict.fromkeys(("gcs", "googlecloudstorage"), "gcs"),
    "uwsgi": "uwsgi",
}


class _Manager(pluggy.PluginManager):
    """Recognizes hooks by their names, so that a backend class needs no marker."""

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        if name not in vars(self.hook):  # those of `hookspecs`
            return None
        if name == "factory" and not isinstance(plugin.factory, FunctionType | MethodType):
            return None  # a partial, say: pluggy takes functions only, and we call it ourselves
        return super().parse_hookimpl_opts(plugin, name) or {}

    def register(self, plugin: Any, name: str | None = None) -> str | None:
        try:
            return super().register(plugin, name)
        except pluggy.PluginValidationError:
            # Older versions of pluggy keep what they refuse, and would take it the next time.
            if self.has_plugin(name or ""):
                self.unregister(plugin, name)
            raise


class Registry:
    """What is installed, found in one scan of the entry points.

    :param found: the entry points of both groups; those of the environment by default.
    """

    def __init__(self, found: Iterable[EntryPoint] | None = None) -> None:
        if found is None:
            everything = entry_points()
            found = [*everything.select(group=BACKENDS), *everything.select(group=PLUGINS)]
        self._manager = _Manager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._backends: dict[str, list[EntryPoint]] = {}
        #: The hook plugins that could not be loaded, by name and distribution.
        self.left_out: dict[str, Exception] = {}
        for point in found:
            if point.group == PLUGINS:
                self._load_plugin(point)
            elif not any(_same(point, other) for other in self._backends.get(point.name, ())):
                self._backends.setdefault(point.name, []).append(point)

    def build(self, app: Flask, settings: Settings) -> Any:
        """Make the backend that the settings ask for.

        :raises BackendNotFoundError: where it isn't installed or can't be imported.
        :raises ConfigError: where an option or a setting of it can't work.
        """
        if not _is_ready(settings.backend):
            factory = self._factory(settings.backend)
            options = {"default_timeout": settings.default_timeout, **settings.options}
            try:
                backend = factory(app, dict(settings.config), list(settings.args), options)
            except TypeError as error:
                told = _refused_option(error, settings, factory) or _missing_option(error, settings)
                if told is None:
                    raise
                raise told from error
        else:
            backend = settings.backend
        if not _is_ready(backend):
            raise BackendContractError(
                f"The factory of CACHE_TYPE {settings.backend!r} gave {type(backend).__name__}, "
                "which is no backend: it lacks get, set or delete."
            )
        return backend

    def installed(self) -> dict[str, list[EntryPoint]]:
        """Return the entry points of backends by name; two under one name are a conflict."""
        return dict(sorted(self._backends.items()))

    def load(self, name: str) -> Any:
        """Return what the entry point of a name leads to: the class, in general.

        :raises BackendNotFoundError: where it isn't installed or can't be imported.
        """
        return _loaded(self._point(name))

    def observers(self, hook: str) -> list[Callable[..., None]]:
        """Return a hook's implementations, each taking the hook's arguments by name."""
        # In pluggy's order: the last one comes first, unless it is marked otherwise.
        found = reversed(getattr(self._manager.hook, hook).get_hookimpls())
        return [_fenced(each) for each in found]

    # -- from CACHE_TYPE to a factory ------------------------------------------------

    def _factory(self, wanted: Any) -> Factory:
        if not isinstance(wanted, str):
            return _factory_of(wanted, f"CACHE_TYPE {wanted!r}")
        module, _, attribute = wanted.replace(":", ".").rpartition(".")
        if not module:
            return self._by_name(wanted)
        if module.split(".")[0] == __package__ and (
            attribute in self._backends or _distribution(attribute)
        ):
            return self._by_name(attribute)
        return _factory_of(_imported(wanted, module, attribute), f"CACHE_TYPE {wanted!r}")

    def _by_name(self, name: str) -> Factory:
        return self._registered(self._point(name))

    def _point(self, name: str) -> EntryPoint:
        points = self._backends.get(name) or self._backends.get(name.lower(), [])
        if not points:
            raise BackendNotFoundError(self._not_installed(name))
        if len(points) > 1:
            claims = " and ".join(f"{_owner(point)} ({point.value})" for point in points)
            raise BackendConflictError(
                f"CACHE_TYPE {name!r} is claimed by {claims}. Uninstall one of them, or give "
                "the dotted path of the class that you want."
            )
        return points[0]

    def _registered(self, point: EntryPoint) -> Factory:
        """Load an entry point's backend and register it, once, under its entry point's value."""
        plugin = self._manager.get_plugin(point.value)
        if plugin is None:
            plugin = _loaded(point)
            what = f"{point.value} of {_owner(point)}"
            if not callable(getattr(plugin, "factory", None)):  # a function, or another's class
                plugin = SimpleNamespace(factory=_factory_of(plugin, what))
            _check_four_arguments(plugin.factory, what)
            try:
                if not self._manager.is_registered(plugin):  # the same object by another road
                    self._manager.register(plugin, point.value)
            except pluggy.PluginValidationError as error:
                raise BackendContractError(
                    f"The factory of {what} must name its arguments as "
                    f"factory(app, config, args, kwargs): {error}"
                ) from error
        factory: Factory = plugin.factory
        return factory

    def _not_installed(self, name: str) -> str:
        here = ", ".join(self._short_names())
        plugin = _distribution(name)
        if plugin:
            return (
                f"CACHE_TYPE {name!r} is not installed. Install it with: "
                f"pip install flask-caching-{plugin} "
                f"(from a checkout: pip install ./core ./plugins/{plugin}). "
                f"Installed here: {here}."
            )
        near = self._near(name.lower())
        hint = f"Did you mean {near!r}? " if near else ""
        return (
            f"CACHE_TYPE {name!r} is the name of no backend. {hint}Installed here: {here}. "
            "A backend of your own is given as a dotted path, a class or an instance."
        )

    def _near(self, name: str) -> str | None:
        """Return the name that was meant, perhaps: one that begins so, or looks alike."""
        known = sorted({*self._backends, *DISTRIBUTIONS})
        begun = [each for each in known if name and each.startswith(name)]
        return next(iter(begun or difflib.get_close_matches(name, known, 1)), None)

    def _short_names(self) -> list[str]:
        """Return one name for each backend, the shortest."""
        names: dict[str, str] = {}
        for name, points in self._backends.items():
            for point in points:
                names[point.value] = min(names.get(point.value, name), name, key=len)
        return sorted(set(names.values()))

    def _load_plugin(self, point: EntryPoint) -> None:
        try:
            self._manager.register(point.load(), f"{PLUGINS}:{point.name}")
        except Exception as error:
            self.left_out[f"{point.name!r} of {_owner(point)}"] = error
            logger.exception(
                "The plugin %r of %s could not be loaded and is left out.",
                point.name,
                _owner(point),
            )


@functools.cache
def installed_registry() -> Registry:
    """Return the registry of this environment; the entry points are scanned once a process."""
    return Registry()


def _factory_of(wanted: Any, what: str) -> Factory:
    """Return what makes a backend of a class, a function, or an object with ``factory``."""
    factory = getattr(wanted, "factory", None)
    if callable(factory):
        _check_four_arguments(factory, what)
        return cast("Factory", factory)
    if isinstance(wanted, type):
        return _constructing(wanted)
    if callable(wanted):
        _check_four_arguments(wanted, what)
        return cast("Factory", wanted)
    raise ConfigError(
        "CACHE_TYPE",
        f"must be a backend's name, a dotted path, a class, a factory or an instance, "
        f"not {wanted!r}",
    )


def _constructing(cls: type) -> Factory:
    """Return a factory for a class of another package, which is called with its options."""

    # An entry point's factory is checked for these names.
    def factory(app: Flask, config: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:  # noqa: ARG001
        return cls(*args, **without_unknown_default(cls, kwargs))

    return factory


def _check_four_arguments(factory: Factory, what: str) -> None:
    try:
        signature = inspect.signature(factory)
    except ValueError:  # implemented in C without a signature: the call will tell
        return
    try:
        signature.bind("app", "config", "args", "kwargs")
    except TypeError as error:
        raise BackendContractError(
            f"The factory of {what} has the signature {signature}. It is called with four "
            "positional arguments: factory(app, config, args, kwargs)."
        ) from error


def _imported(path: str, module: str, attribute: str) -> Any:
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        raise BackendNotFoundError(
            f"CACHE_TYPE {path!r}: the module {module!r} can't be imported ({error}). "
            "Correct the path, or install what it lacks."
        ) from error
    try:
        return getattr(found, attribute)
    except AttributeError as error:
        raise BackendNotFoundError(
            f"CACHE_TYPE {path!r}: the module {module!r} has no attribute {attribute!r}. "
            "Correct the path: it ends with the name of a class or a factory."
        ) from error


def _loaded(point: EntryPoint) -> Any:
    try:
        return point.load()
    except Exception as error:
        raise BackendNotFoundError(
            f"The backend {point.name!r} of {_owner(point)} can't be imported: "
            f"{type(error).__name__}: {error}. Install what it lacks (pip check may name it), or "
            "another version of it."
        ) from error


def _is_ready(backend: Any) -> bool:
    """Tell a ready backend from a class, a factory or a name."""
    return not isinstance(backend, str | type) and all(
        callable(getattr(backend, operation, None)) for operation in ("get", "set", "delete")
    )


def _refused_option(error: TypeError, settings: Settings, factory: Factory) -> ConfigError | None:
    """Return the error that names an option which the backend refused, if that is what it is."""
    twice = re.search(r"multiple values for argument '(\w+)'", str(error))
    if twice is not None and settings.args:
        return ConfigError(
            "CACHE_ARGS",
            f"gives {twice[1]!r} of CACHE_TYPE {settings.backend!r} by position, and a setting or "
            f"CACHE_OPTIONS gives it by name. Leave out one of them: CACHE_OPTIONS has names "
            "for all that CACHE_ARGS can give",
        )
    refused = re.search(r"unexpected keyword argument '(\w+)'", str(error))
    if refused is None or refused[1] not in settings.options:
        return None
    return ConfigError(
        "CACHE_OPTIONS",
        f"{refused[1]!r} is not an option of CACHE_TYPE {settings.backend!r}"
        f"{_known_options(factory)} ({error})",
    )


def _missing_option(error: TypeError, settings: Settings) -> ConfigError | None:
    """Return the error that names what a class can't be made without, if that is what it is."""
    missing = re.search(r"__init__\(\) missing \d+ required .*?: (.+)$", str(error))
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    # Whatever the class makes in turn, or an application's own factory, is no matter of options.
    if missing is None or frame is None or frame.tb_frame.f_code.co_name != "factory":
        return None
    if not is_ours(frame.tb_frame):
        return None
    return ConfigError(
        "CACHE_OPTIONS",
        f"must give {missing[1]}, without which CACHE_TYPE {settings.backend!r} can't be made "
        f"({error})",
    )


def _known_options(factory: Factory) -> str:
    """Say which options the class of a factory has."""
    cls = getattr(factory, "__self__", None)
    if not isinstance(cls, type):
        return ""
    parameters = inspect.signature(cls).parameters.values()
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    return f"; it has {', '.join(names)}"


def _distribution(name: str) -> str | None:
    return DISTRIBUTIONS.get(name.lower().removesuffix("cache"))


def _owner(point: EntryPoint) -> str:
    return f"the distribution {point.dist.name}" if point.dist else "an unnamed distribution"


def _same(one: EntryPoint, other: EntryPoint) -> bool:
    return one.value == other.value and _owner(one) == _owner(other)


def _fenced(implementation: Any) -> Callable[..., None]:
    """Return a hook's implementation as a function that logs what it raises."""

    def call(**arguments: Any) -> None:
        try:
            implementation.function(*[arguments[name] for name in implementation.argnames])
        except Exception:
            logger.exception("The plugin %r failed and was ignored.", implementation.plugin_name)

    return call
