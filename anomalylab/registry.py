"""Names for interchangeable parts: one file adds one part, nothing else changes."""

import difflib
import importlib
import importlib.metadata
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, NoReturn, TypeVar

from anomalylab.errors import ParameterError, UnknownNameError

T = TypeVar("T")
F = TypeVar("F", bound=Callable)

PLUGIN_GROUP = "anomalylab.plugins"
"""Entry points of this group name modules that register parts when imported."""


class Registry(Generic[T]):
    """A mapping from name to factory that fills itself.

    The modules of ``package`` and those named by installed plugins are imported the
    first time a name is looked up; each registers its part with a decorator.

    Parameters
    ----------
    package : str
        Package whose modules hold the parts, e.g. ``"anomalylab.detectors"``.
    kind : str
        What a part is called in messages, e.g. ``"detector"``.
    """

    def __init__(self, package: str, kind: str):
        self.package = package
        self.kind = kind
        self._factories: dict[str, Callable[..., T]] = {}
        self._is_loaded = False

    def register(self, name: str) -> Callable[[F], F]:
        """Return a decorator that files a class or function under ``name``."""

        def file_under_name(factory: F) -> F:
            other = self._factories.get(name, factory)
            if other.__module__ != factory.__module__:  # running a cell again replaces its part
                raise ParameterError(
                    f"the {self.kind} name {name!r} is taken by {other.__module__}; choose another"
                )
            self._factories[name] = factory
            return factory

        return file_under_name

    def get(self, name: str) -> Callable[..., T]:
        """Return the class or function filed under ``name``.

        Raises
        ------
        UnknownNameError
            If there is none; the message lists the nearest names.
        """
        self._load()
        if name not in self._factories:
            unknown_name(self.kind, name, self._factories)
        return self._factories[name]

    def create(self, name: str, **params) -> T:
        """Build the part called ``name``.

        Raises
        ------
        UnknownNameError
            If no part has that name, or the part has no option of a given name.
        """
        factory = self.get(name)
        known = inspect.signature(factory).parameters
        for option in params:
            if option not in known:
                unknown_name(f"option of {self.kind} {name!r}", option, known)
        return factory(**params)

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(sorted(self._factories))

    def __contains__(self, name: object) -> bool:
        self._load()
        return name in self._factories

    def _load(self) -> None:
        if self._is_loaded:
            return
        package = importlib.import_module(self.package)
        for module in pkgutil.iter_modules(package.__path__):
            if not module.name.startswith("_"):  # parts are public; helpers may be heavy
                importlib.import_module(f"{self.package}.{module.name}")
        for entry_point in importlib.metadata.entry_points(group=PLUGIN_GROUP):
            entry_point.load()
        self._is_loaded = True


def unknown_name(kind: str, name: str, known: Iterable[str]) -> NoReturn:
    """Raise :class:`UnknownNameError` with the names nearest to ``name``."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"known: {', '.join(known)}"
    raise UnknownNameError(f"unknown {kind} {name!r}; {hint}")
