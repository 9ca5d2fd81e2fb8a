"""All that the page shows, computed once."""

from typing import NamedTuple

import numpy as np

from anomalylab.studies.robustness import (
    CHANGES,
    Contours,
    Distances,
    axes_of_change,
    contours,
    distances,
    fit,
)
from anomalylab.studies.robustness.inputs import Polluted


class Found(NamedTuple):
    """Contours by definition of the greatest change, the one that was asked for first."""

    given: Polluted
    level: str
    seed: int
    contours: dict[str, Contours]
    distances: Distances

    @property
    def chosen(self) -> Contours:
        """The contours along the axes that were asked for."""
        return next(iter(self.contours.values()))


def found(given: Polluted, *, level: str = "", change: str = "difference", seed: int = 0) -> Found:
    """Fit both Gaussians, and measure distances.

    Parameters
    ----------
    given : Polluted
        The training set.
    level : str
        Of the network; all side by side if empty.
    change : str
        Which definition of the greatest change comes first, see
        :data:`anomalylab.studies.robustness.CHANGES`.
    seed : int

    Raises
    ------
    UnknownNameError
        If there is no such level or definition.
    ParameterError
        If there are too few images of a class.
    """
    vectors, is_defect = given.vectors(level), np.asarray(given.is_defect)
    apart = distances(vectors, is_defect, seed=seed)
    gaussians = fit(vectors[~is_defect]), fit(vectors)
    axes = axes_of_change(*gaussians, change)
    drawn = {change: contours(vectors, is_defect, gaussians, axes)}
    for other in CHANGES:
        if other not in drawn:
            axes = axes_of_change(*gaussians, other)
            drawn[other] = contours(vectors, is_defect, gaussians, axes)
    return Found(given, level, seed, drawn, apart)
