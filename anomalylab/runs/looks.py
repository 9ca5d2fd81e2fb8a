"""Which of the images to look at first look alike, so that a person is asked about them once."""

import numpy as np
import pandas as pd

from anomalylab.compute.look_alike import look_alike
from anomalylab.features import Features
from anomalylab.runs.near_copies import copy_numbers

LEAST_LOOKED_AT = 24
"""Images compared, if there are so many in the upper half of the ranking."""

MOST_LOOKED_AT = 60
"""Of those at or above the threshold, so many are compared at most."""

MOST_ORDINARY = 100
"""Images that tell what is usual, at most."""


def looks(
    label: str,
    features: Features,
    samples: pd.DataFrame,
    query: np.ndarray,
    scores: np.ndarray,
    score_maps: np.ndarray,
    threshold: float,
) -> pd.DataFrame:
    """Find which of the highest scores look alike; the lower half of the ranking is ordinary.

    Parameters
    ----------
    label : str
        Detector whose scores they are.
    features : Features
        Of all images.
    samples : DataFrame
        Rows of SAMPLES of all images.
    query : int ndarray of shape (n_query,)
        Rows of the judged images.
    scores : ndarray of shape (n_query,)
    score_maps : ndarray of shape (n_query, n_rows, n_cols)
    threshold : float
        All at or above it are compared, within :data:`MOST_LOOKED_AT`.

    Returns
    -------
    looks : DataFrame
        Rows of LOOKS: members of groups of two or more, by rank.
    """
    order = np.argsort(-scores, kind="stable")
    wanted = np.clip((scores >= threshold).sum(), LEAST_LOOKED_AT, MOST_LOOKED_AT)
    first, lower = np.split(order, [(len(order) + 1) // 2])
    first = first[:wanted]
    ordinary = _spread(_one_of_each(lower, features.group_numbers[query]))
    compared = np.concatenate([first, ordinary])
    rows = query[compared]
    chosen = features.only(features.stored).subset(rows)
    numbers = look_alike(
        {name: chosen.level(name) for name in chosen.names},
        score_maps[compared],
        np.arange(len(first)),
        np.arange(len(first), len(rows)),
        copy_numbers(samples)[rows],
    )
    groups = pd.Series(numbers)
    is_shared = groups.duplicated(keep=False).to_numpy()
    return pd.DataFrame(
        {
            "detector": label,
            "sample_id": samples["sample_id"].to_numpy()[query[first[is_shared]]],
            "look": pd.factorize(groups[is_shared])[0] + 1,
        }
    )


def _one_of_each(rows: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the first of ``rows`` of each group."""
    return rows[np.sort(np.unique(groups[rows], return_index=True)[1])]


def _spread(rows: np.ndarray) -> np.ndarray:
    """Return at most :data:`MOST_ORDINARY` of ``rows``, spread evenly over all of them."""
    n = min(len(rows), MOST_ORDINARY)
    return rows[np.arange(n) * len(rows) // max(n, 1)]
