"""Along which two directions does the covariance change most, when defects join the images?

"Greatest change" has three readings. Each is answered without a matrix of all channels: both
covariances are a multiple of the identity outside the space that the images span, so an
eigenproblem of that space, of at most as many dimensions as there are images, is all that is left.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import eigh

from anomalylab.errors import ParameterError
from anomalylab.registry import unknown_name
from anomalylab.studies.robustness.fit import Fit

CHANGES = {
    "difference": "orthogonal directions along which the variance grows or shrinks most, in units "
    "of the features",
    "channels": "the two channels whose variance changes most",
    "ratio": "directions along which the variance grows by the largest factor; they may be nearly "
    "empty of healthy images",
}
"""Definitions of the greatest change, and what each means."""

NULL = 1e-12
"""Share of the largest square length below which a direction of the images counts as none."""


class Axes(NamedTuple):
    """Two directions of greatest change.

    Parameters
    ----------
    change : str
        Which definition of :data:`CHANGES`.
    directions : float64 ndarray of shape (n_channels, 2)
        Of length 1 each, the one of greatest change first.
    sizes : float64 ndarray of shape (2,)
        How much the variance changes: a difference, for ``"ratio"`` a factor.
    """

    change: str
    directions: np.ndarray
    sizes: np.ndarray


def axes_of_change(healthy: Fit, polluted: Fit, change: str = "difference") -> Axes:
    """Return the two directions along which two covariances differ most.

    ``"difference"`` takes the eigenvectors of ``S_polluted - S_healthy`` with the largest absolute
    eigenvalues, ``"channels"`` the channels with the largest absolute difference of variances,
    ``"ratio"`` the solutions of ``S_polluted v = r S_healthy v`` with the largest ``r``. Directions
    are looked for among those that the images span.

    Parameters
    ----------
    healthy, polluted : Fit
    change : str
        A definition of :data:`CHANGES`.

    Raises
    ------
    UnknownNameError
        If there is no such definition.
    ParameterError
        If the images span less than two dimensions.
    """
    if change not in CHANGES:
        unknown_name("definition of the greatest change", change, CHANGES)
    if change == "channels":
        difference = polluted.variances() - healthy.variances()
        first = np.argsort(-np.abs(difference), kind="stable")[:2]
        directions = np.zeros((len(difference), len(first)))
        directions[first, np.arange(len(first))] = 1
        return _checked(Axes(change, directions, difference[first]))
    basis = _span(np.concatenate([healthy.centred, polluted.centred]))
    before, after = (of.covariance_along(basis) for of in (healthy, polluted))
    if change == "ratio":
        sizes, vectors = eigh(after, before)
        order = np.argsort(-sizes, kind="stable")[:2]
    else:
        sizes, vectors = np.linalg.eigh(after - before)
        order = np.argsort(-np.abs(sizes), kind="stable")[:2]
    directions = basis @ vectors[:, order]
    return _checked(Axes(change, directions / np.linalg.norm(directions, axis=0), sizes[order]))


def _span(rows: np.ndarray) -> np.ndarray:
    """Return an orthonormal basis of the space of rows: (n_channels, rank)."""
    squares, vectors = np.linalg.eigh(rows @ rows.T)
    is_there = squares > NULL * squares[-1]
    basis, _ = np.linalg.qr(rows.T @ (vectors[:, is_there] / np.sqrt(squares[is_there])))
    return np.asarray(basis[:, : rows.shape[1]])


def _checked(axes: Axes) -> Axes:
    if axes.directions.shape[1] < 2:
        raise ParameterError("the images span fewer than two dimensions; more of them are needed")
    return axes
