"""Views of planted defects, and of what the detectors see there, for people to look at."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from anomalylab.localise import anomaly_map
from anomalylab.pictures.encode import webp
from anomalylab.runs.sensitivity.measure import PlantedImages
from anomalylab.schema.planted import PLANTED_PICTURES

MAP_SIDE = 32
"""Cells of the sides of a map of a view."""

_QUALITY = 75


def chosen(planted: pd.DataFrame) -> np.ndarray:
    """Return the plants that are shown: of each cell that which scores lowest and highest.

    Parameters
    ----------
    planted : DataFrame
        Rows of PLANTED of one detector.

    Returns
    -------
    plants : int ndarray
        Rising.
    """
    ranked = planted.sort_values("score").groupby(["defect", "width", "contrast"])["plant"]
    return np.unique(np.concatenate([ranked.first(), ranked.last()])).astype(int)


def pictures(planted: PlantedImages, plants: np.ndarray) -> pd.DataFrame:
    """Return PLANTED_PICTURES of some plants."""
    rows = [
        (int(i), webp(image.before, _QUALITY), webp(image.after, _QUALITY), *image.box)
        for i, image in ((i, planted.painted[i]) for i in plants)
    ]
    return pd.DataFrame(rows, columns=list(PLANTED_PICTURES.columns))


def maps_of_views(
    planted: PlantedImages,
    plants: np.ndarray,
    score_maps: np.ndarray,
    sizes: np.ndarray,
    display: Mapping[str, Any],
) -> np.ndarray:
    """Return the displayed anomaly map of each view.

    Parameters
    ----------
    planted : PlantedImages
    plants : int ndarray of shape (n,)
    score_maps : ndarray of shape (n_planted, n_rows, n_cols)
    sizes : int ndarray of shape (n_samples, 2)
        Height and width of each sample.
    display : mapping
        Options of :func:`anomalylab.localise.anomaly_map`.

    Returns
    -------
    maps : float32 ndarray of shape (n, MAP_SIDE, MAP_SIDE)
    """
    maps = np.empty((len(plants), MAP_SIDE, MAP_SIDE), np.float32)
    for place, i in enumerate(plants):
        image = planted.painted[i]
        top, left, side = image.box
        height, width = (int(n) for n in sizes[image.plant.row])
        whole = anomaly_map(score_maps[i], (height, width), **display)
        step = np.linspace(0, side - 1, MAP_SIDE).round().astype(int)
        maps[place] = whole[np.ix_(top + step, left + step)]
    return maps
