"""Fewer channels: some drawn at random, or a random projection of all."""

from collections.abc import Mapping, Sequence

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.features import Features, enlargement

SELECTIONS = ("random", "orthogonal")

PROJECTION = "projection"
"""Name of the one level that a projection leaves."""


def refuse_fewer(widths: Mapping[str, int], n_dims: int | None) -> None:
    """Refuse levels of fewer channels than are to be chosen."""
    n_channels = sum(widths.values())
    if widths and n_dims is not None and n_dims > n_channels:
        raise ParameterError(
            f"n_dims={n_dims} is more than the {n_channels} channels of {', '.join(widths)}; "
            f"ask for fewer, or for all with n_dims=None"
        )


def choose(
    widths: Mapping[str, int], n_dims: int | None, select: str, seed: int
) -> dict[str, np.ndarray]:
    """Decide what is kept of levels put side by side.

    Parameters
    ----------
    widths : mapping
        Level name -> number of channels.
    n_dims : int, optional
        Channels kept; all if None.
    select : {"random", "orthogonal"}
    seed : int

    Returns
    -------
    selection : dict
        Level name -> channel numbers, int of shape (n_kept,), or rows of an orthogonal
        projection, float32 of shape (n_channels, n_dims). Levels of which nothing is kept are
        left out.

    Raises
    ------
    ParameterError
        If there are fewer channels than asked for.
    """
    n_channels = sum(widths.values())
    if n_dims is None:
        return {name: np.arange(width) for name, width in widths.items()}
    refuse_fewer(widths, n_dims)
    rng = np.random.default_rng(seed)
    stops = np.cumsum(list(widths.values()))
    starts = dict(zip(widths, stops - list(widths.values()), strict=True))
    if select == "orthogonal":
        basis = np.linalg.qr(rng.standard_normal((n_channels, n_dims)))[0].astype(np.float32)
        return {name: basis[starts[name] :][:width] for name, width in widths.items()}
    drawn = np.sort(rng.permutation(n_channels)[:n_dims])
    parts = {
        name: drawn[(drawn >= starts[name]) & (drawn < starts[name] + width)] - starts[name]
        for name, width in widths.items()
    }
    return {name: part for name, part in parts.items() if len(part)}


def reduce(features: Features, selection: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the levels that remain, of shape (n_images, n_rows, n_cols, n_kept).

    Channels drawn stay in their levels, which come in the order of their names (that of the
    mapping is lost on disk); a projection adds up all levels, repeated to the finest grid.
    """
    if _is_projection(selection):
        return {PROJECTION: _project(features, selection)}
    levels = {name: features.level(name) for name in sorted(selection)}
    return {
        name: level
        if len(selection[name]) == level.shape[3]
        else np.take(level, selection[name], axis=3)
        for name, level in levels.items()
    }


def covers(features: Features, selection: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return for each level that remains which of its cells covers each of the finest grid.

    Returns
    -------
    covers : dict of int ndarray of shape (n_cells,)
        Cells are counted row by row.
    """
    grid = features.grid()
    if _is_projection(selection):
        return {PROJECTION: np.arange(grid[0] * grid[1])}
    return {name: _cover(features.level(name).shape[1:3], grid) for name in sorted(selection)}


def _is_projection(selection: Mapping[str, np.ndarray]) -> bool:
    return any(part.ndim == 2 for part in selection.values())


def _cover(shape: Sequence[int], grid: Sequence[int]) -> np.ndarray:
    rows, cols = (
        enlargement(n_in, n_out, "nearest").argmax(axis=1)
        for n_in, n_out in zip(shape, grid, strict=True)
    )
    cover: np.ndarray = rows[:, None] * shape[1] + cols
    return cover.ravel()


def _project(features: Features, selection: Mapping[str, np.ndarray]) -> np.ndarray:
    grid = features.grid()
    n_dims = next(iter(selection.values())).shape[1]
    projected = np.zeros((len(features), grid[0] * grid[1], n_dims), np.float32)
    for name in sorted(selection):
        level = features.level(name)
        covers = _cover(level.shape[1:3], grid)
        for image, target in zip(level, projected, strict=True):
            target += (image.reshape(-1, image.shape[2]) @ selection[name])[covers]
    return projected.reshape(len(features), *grid, n_dims)
