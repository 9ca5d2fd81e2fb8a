"""Numbers that were published of PNI and PatchCore, to stand beside those of a run."""

from functools import cache
from importlib import resources

import pandas as pd

SOURCE = (
    "Bae, Lee, Kim (2023). PNI: Industrial Anomaly Detection using Position and Neighborhood "
    "Information. Tables 1 and 2. https://arxiv.org/abs/2211.12634"
)
"""Where ``mvtec_ad.csv`` is from."""

PUBLISHED_BLEND = 0.1
"""Share of the refined map in what is published of PNI."""

CAVEAT = (
    "Published values are of WideResNet101 at 480 x 480 with 2 048 kinds and ten layers, trained "
    "on GPUs, and of a larger refinement network trained for all categories; they are comparable "
    "in direction, not in the last digit."
)


@cache
def published() -> pd.DataFrame:
    """Return the published numbers, a row each.

    Returns
    -------
    table : DataFrame
        ``variant`` (``patchcore``, ``pni``, which is refined, or ``ensemble``, likewise),
        ``category`` of MVTec AD or ``mean``, ``metric`` (``image_auroc``, ``pixel_auroc``,
        ``au_pro``) and ``value`` as a share of 1.
    """
    file = resources.files("anomalylab.recipes.pni.published") / "mvtec_ad.csv"
    with file.open(encoding="utf-8") as opened:
        return pd.read_csv(opened)


def published_value(variant: str, category: str, metric: str) -> float:
    """Return one of the published numbers; NaN where none is printed.

    Examples
    --------
    >>> published_value("pni", "bottle", "pixel_auroc")
    0.9887
    """
    table = published()
    is_own = (table["variant"] == variant) & (table["category"] == category)
    own = table.loc[is_own & (table["metric"] == metric), "value"]
    return float(own.iloc[0]) if len(own) else float("nan")
