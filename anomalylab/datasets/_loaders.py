"""The loaders by name: what each calls its options, and by what it knows its own folders."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from anomalylab.errors import DatasetError, ParameterError
from anomalylab.registry import F, Registry

FALLBACK = "folder"
"""Loader of a folder that no other knows."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """A parameter of a loader that is an option of the command line.

    Parameters
    ----------
    help : str
        What it says, in a line.
    metavar : str, optional
        What stands for the value in the help.
    choices : tuple of str
        Values that can be given; any, if empty.
    read : callable
        From what was typed to the value.
    many : bool
        Whether it may be given several times; the loader then gets a list.
    """

    help: str
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    read: Callable[[str], Any] = str
    many: bool = False

    def or_else(self, other: "Option") -> "Option":
        """Return one option for two loaders that have a parameter of one name."""
        told = dict.fromkeys([*self.help.split("; "), *other.help.split("; ")])
        is_free = not (self.choices and other.choices)
        choices = () if is_free else tuple(dict.fromkeys(self.choices + other.choices))
        return replace(self, help="; ".join(told), choices=choices)


@dataclass(frozen=True)
class Layout:
    """By what a loader knows its own folders."""

    fits: Callable[[Path], bool]
    rather_than: frozenset[str]


class LoaderRegistry(Registry[pd.DataFrame]):
    """Loaders by name, the layouts they know, and their options on the command line."""

    def __init__(self) -> None:
        super().__init__("anomalylab.datasets", "dataset")
        self._options: dict[str, dict[str, Option]] = {}
        self._layouts: dict[str, Layout] = {}

    def register(
        self,
        name: str,
        *,
        options: Mapping[str, Option] | None = None,
        fits: Callable[[Path], bool] | None = None,
        rather_than: Iterable[str] = (),
    ) -> Callable[[F], F]:
        """Return a decorator that files a loader under ``name``.

        Parameters
        ----------
        name : str
        options : mapping, optional
            Options of the command line, by the parameter of the loader that takes the value.
        fits : callable, optional
            ``fits(path)`` tells whether a folder or file is in this layout, by names alone; without
            it the loader is used where it is named.
        rather_than : iterable of str
            Layouts that fit such a folder too, and are not meant.

        Raises
        ------
        ParameterError
            If the name is taken, or the loader has no parameter of an option's name.
        """
        options = dict(options or {})

        def file_loader(load: F) -> F:
            _check_options(name, load, options)
            super(LoaderRegistry, self).register(name)(load)
            self._options[name] = options
            if fits is not None:
                self._layouts[name] = Layout(fits, frozenset(rather_than))
            return load

        return file_loader

    def options(self) -> dict[str, Option]:
        """Return the options of all loaders, by the name of the parameter."""
        found: dict[str, Option] = {}
        for name in self:
            for parameter, option in self._options[name].items():
                known = found.get(parameter)
                found[parameter] = option if known is None else known.or_else(option)
        return found

    def brings_images(self, name: str) -> bool:
        """Tell whether a loader needs no folder, because its images are drawn or installed."""
        root = inspect.signature(self.get(name)).parameters.get("root") if name in self else None
        return root is not None and root.default is None

    def detect(self, root: Path) -> str:
        """Find out which loader fits a folder or file, by names alone.

        Parameters
        ----------
        root : Path

        Returns
        -------
        name : str
            The loader whose layout it is, for example ``mvtec_ad`` for a category of that data set
            or a folder of them; ``folder`` for a folder that no other loader knows.

        Raises
        ------
        DatasetError
            If ``root`` is neither a folder nor a file that a loader knows, or several loaders know
            it as their own.
        """
        root = Path(root)
        fitting = [
            name for name in self if name in self._layouts and self._layouts[name].fits(root)
        ]
        outdone = {other for name in fitting for other in self._layouts[name].rather_than}
        return _the_one(root, [name for name in fitting if name not in outdone])


def _check_options(name: str, load: Callable, options: Mapping[str, Option]) -> None:
    known = inspect.signature(load).parameters
    for parameter in options:
        if parameter not in known:
            raise ParameterError(
                f"the loader of {name!r} has no parameter {parameter!r} to take the value of the "
                f"option --{parameter}; it has {', '.join(known)}"
            )


def _the_one(root: Path, names: Sequence[str]) -> str:
    if len(names) > 1:
        raise DatasetError(
            f"{str(root)!r} fits several layouts: {', '.join(names)}; say which with --dataset"
        )
    if not names and not root.is_dir():
        raise DatasetError(f"{str(root)!r} is neither a folder nor a CSV or parquet table")
    return names[0] if names else FALLBACK
