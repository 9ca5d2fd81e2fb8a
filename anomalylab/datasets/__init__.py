"""Data sets, one loader a file: a folder or table in, one row an image out."""

from pathlib import Path

import pandas as pd

from anomalylab.datasets._loaders import FALLBACK, LoaderRegistry, Option
from anomalylab.errors import SchemaError
from anomalylab.schema import SAMPLES, SPLITS

__all__ = ["FALLBACK", "LoaderRegistry", "Option", "detect_layout", "load", "register", "registry"]

registry = LoaderRegistry()
register = registry.register
detect_layout = registry.detect


def load(name: str, root: Path | None, **params) -> pd.DataFrame:
    """List the images of a data set.

    Parameters
    ----------
    name : str
        Name of a loader, see ``list(datasets.registry)``; :func:`detect_layout` finds out which.
    root : Path or None
        Folder of images, or table of their paths; None for built-in images.
    **params
        Options of the loader.

    Returns
    -------
    samples : DataFrame
        Rows of :data:`anomalylab.schema.SAMPLES`, sorted by path. ``samples.attrs`` holds what has
        been noticed on the way, fit for JSON: ``broken``, a list of ``path`` and ``reason`` of
        images set aside; ``ignored``, numbers of other files by suffix; ``findings``, a list of
        ``what``, ``n`` and the first ``paths``; and ``root`` where paths are relative to another
        folder than ``root``.

    Raises
    ------
    UnknownNameError
        If there is no such loader, option or category.
    DatasetError
        If there are no images.
    SchemaError
        If the loader, of a plugin say, returns no SAMPLES.
    """
    samples = registry.create(name, root=None if root is None else Path(root), **params)
    samples = SAMPLES.completed(samples)
    SAMPLES.check(samples)
    for column, allowed in (("label", {0, 1}), ("split", set(SPLITS))):
        strange = sorted(set(samples[column].dropna()) - allowed, key=str)
        if strange:
            raise SchemaError(
                f"samples.{column} must be one of {sorted(allowed)}; {name!r} gives {strange[:3]}"
            )
    return samples
