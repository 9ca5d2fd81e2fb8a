"""Numbers that publications print, to stand beside those of a study."""

from functools import cache
from importlib import resources

import pandas as pd

SOURCE = (
    "Cordier, Missaoui and Gutierrez (2022). Data refinement for fully unsupervised visual "
    "inspection using pre-trained networks. https://arxiv.org/abs/2202.12759"
)
"""Where ``sroc.csv`` is from: Tables 1 to 4, over 13 categories of MVTec AD."""

CAVEAT = (
    "Published values are of EfficientNet-B4 and of validation sets from which the pollutants were "
    "taken; they are comparable in direction, not in the last digit."
)


@cache
def published() -> pd.DataFrame:
    """Return the published numbers, a row each.

    Returns
    -------
    table : DataFrame
        ``table`` (1 to 4), ``category`` (``"mean"`` for that of all), ``detector``, ``pollution``,
        ``strategy``, ``scorer``, ``reject``, ``metric``, ``value`` and ``deviation`` over 5 seeds,
        missing where none is printed. All but distances are shares of 1.
    """
    file = resources.files("anomalylab.studies.published") / "sroc.csv"
    with file.open(encoding="utf-8") as opened:
        return pd.read_csv(opened, keep_default_na=False, na_values={"deviation": [""]})
