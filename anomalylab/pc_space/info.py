"""What a run of the window embedding adds to ``run.json``."""

from dataclasses import dataclass, field
from typing import Any

from anomalylab.pc_space.histogram import Plane, planes_of

GRID = (64, 64)
"""Cells of the maps that are kept of each image."""


@dataclass(frozen=True, kw_only=True)
class PCSpaceInfo:
    """Windows, axes, histograms and odds of a PC space.

    Parameters
    ----------
    windows : list of int
        Sides of the windows in pixels; views show the first.
    limits : list of float
        Half the width of the histograms of each window size.
    bins : int
        Of each axis of a histogram.
    pairs : list of (int, int)
        Pairs of components that span the planes, counted from 0.
    extent : float
        Half the width of the densities.
    side : int
        Cells of each axis of a density.
    n_components : int
    orient, solver, overflow : str
        As in :class:`anomalylab.recipes.pc_space.request.PCSpaceRequest`.
    density : bool
        Whether the classifiers see shares of windows rather than counts.
    C : float
        Inverse strength of the penalty on the coefficients.
    is_searched : bool
    residual : (float, float)
        Mean and deviation of the distances of normal training windows from PC space.
    why_no_odds : str
        Empty if there are odds.
    labelled_ids : list of str
        Training images that the classifiers learned from.
    """

    windows: list[int]
    limits: list[float]
    bins: int
    pairs: list[tuple[int, int]]
    extent: float
    side: int
    n_components: int
    orient: str
    solver: str
    overflow: str
    density: bool
    C: float
    is_searched: bool
    residual: tuple[float, float]
    why_no_odds: str = ""
    labelled_ids: list[str] = field(default_factory=list)

    @property
    def display(self) -> dict[str, Any]:
        """How score maps become the maps shown: as they are."""
        return {"smoothing": 0.0, "network_size": GRID}

    @property
    def planes(self) -> list[Plane]:
        """All planes that histograms are made of, window by window."""
        return list(planes_of(tuple(self.windows), tuple(self.limits), self.n_components))
