"""What it changes that images which pollute the training set are tested, too."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from anomalylab import metrics
from anomalylab.schema.study import KEY


class Overlap(NamedTuple):
    """A detector at one share of pollution, judged with and without images of the training set.

    Parameters
    ----------
    detector : str
    pollution : float
    n_shared : float
        Test images that are training images, too; a mean over cells.
    auroc, auroc_without : float
        On all test images, and on those that are no training images; means over cells.
    """

    detector: str
    pollution: float
    n_shared: float
    auroc: float
    auroc_without: float

    @property
    def difference(self) -> float:
        """How much higher AUROC is with the images that are in both."""
        return self.auroc - self.auroc_without


def overlaps(scores: pd.DataFrame) -> list[Overlap]:
    """Compare AUROC with and without shared images, at the highest pollution of each detector.

    Parameters
    ----------
    scores : DataFrame
        Rows of STUDY_SCORES.

    Returns
    -------
    overlaps : list of Overlap
        One a detector that has shared images; those without are left out.
    """
    polluted = scores[scores["study"] == "pollution"]
    found = []
    for detector, rows in polluted.groupby("detector", sort=False):
        highest = float(rows["pollution"].max())
        cells = rows[np.isclose(rows["pollution"], highest)].groupby(list(KEY))
        judged = [judged for _, cell in cells if (judged := _judged(cell)) is not None]
        if judged:
            shared, with_, without = np.mean(judged, axis=0)
            found.append(Overlap(str(detector), highest, *map(float, (shared, with_, without))))
    return found


def _judged(cell: pd.DataFrame) -> tuple[int, float, float] | None:
    """Return shared images and both values of AUROC; None where nothing can be compared."""
    tested, seen = cell[cell["role"] == "test"], cell[cell["role"] == "train"]
    is_shared = tested["sample_id"].isin(seen["sample_id"]).to_numpy()
    labels, values = tested["label"].to_numpy(int), tested["score"].to_numpy(float)
    own = labels[~is_shared]
    if not is_shared.any() or own.min(initial=1) == own.max(initial=0):
        return None
    without = metrics.auroc(own, values[~is_shared])
    return int(is_shared.sum()), metrics.auroc(labels, values), without
