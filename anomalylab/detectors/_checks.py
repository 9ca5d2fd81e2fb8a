"""Refusals that every detector and pool makes."""

from collections.abc import Mapping

import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.features import Features


def checked_cells(name: str, keep_cells: np.ndarray, shape: tuple[int, ...] | None) -> np.ndarray:
    """Return a choice of cells to learn from, refused unless it can be kept to.

    Parameters
    ----------
    name : str
        Of the detector.
    keep_cells : bool ndarray of shape ``shape``
    shape : tuple of int, optional
        ``(n_images, n_rows, n_cols)``; None if the detector has no memory of cells.

    Raises
    ------
    ParameterError
        If cells cannot be left out, or if the choice has another shape or type.
    """
    if shape is None:
        raise ParameterError(
            f"{name} has no memory of single cells, so it cannot leave some out; "
            "use patchcore, or leave whole images out"
        )
    keep_cells = np.asarray(keep_cells)
    if keep_cells.dtype != bool or keep_cells.shape != shape:
        raise ParameterError(
            f"keep_cells must be bool of shape {shape}, one value a cell of the training "
            f"images, not {keep_cells.dtype} of shape {keep_cells.shape}"
        )
    return keep_cells


def check_shapes(
    name: str, fitted: Mapping[str, np.ndarray], features: Features, n_axes: int
) -> None:
    """Refuse levels whose last ``n_axes`` axes are not those of the levels that were fitted."""
    for level, expected in fitted.items():
        shape = features.level(level).shape[1:]
        if tuple(shape[-n_axes:]) != tuple(expected[-n_axes:]):
            raise ParameterError(
                f"{name} was fitted on {level!r} of shape {tuple(expected.tolist())} "
                f"and now gets {shape}; use the same backbone and size"
            )
