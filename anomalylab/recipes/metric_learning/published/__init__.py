"""Numbers that were published of this analysis, to stand beside those of a run."""

from functools import cache
from importlib import resources

import pandas as pd

SOURCE = (
    "daisukelab (2019). Spotting defects! Deep metric learning solution for MVTec Anomaly "
    "Detection Dataset. Notebooks at https://github.com/daisukelab/metric_learning"
)
"""Where ``twins.csv`` is from: AUROC of images, by category of MVTec AD."""

CAVEAT = (
    "Published values are of ResNet18 (ResNet34 for screw), trained whole on a GPU for 15 epochs, "
    "40 with twins on the object; they are comparable in direction, not in the last digit."
)

RANGES = {"classes": (0.23, 0.62), "one-defect": (0.18, 0.77)}
"""Experiment -> lowest and highest AUROC of any category and loss, all that is printed of it."""


@cache
def published() -> pd.DataFrame:
    """Return the published numbers, a row each.

    Returns
    -------
    table : DataFrame
        ``variant`` (``default``; ``on-blob``, twins on the object; ``tuned``, twins made to look
        like defects of the test images, which its author calls cheating), ``category``,
        ``experiment`` (``twins``), ``loss`` and ``auroc``.
    """
    file = resources.files("anomalylab.recipes.metric_learning.published") / "twins.csv"
    with file.open(encoding="utf-8") as opened:
        return pd.read_csv(opened)


def published_auroc(variant: str, category: str, experiment: str, loss: str) -> float:
    """Return one of the published numbers; NaN where none is printed.

    Examples
    --------
    >>> published_auroc("default", "bottle", "twins", "arcface")
    0.997
    """
    table = published()
    own = table[
        (table["variant"] == variant)
        & (table["category"] == category)
        & (table["experiment"] == experiment)
        & (table["loss"] == loss)
    ]
    return float(own["auroc"].iloc[0]) if len(own) else float("nan")
