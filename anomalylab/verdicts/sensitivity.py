"""What would have been found of planted defects, with how sure that is."""

import numpy as np
import pandas as pd

from anomalylab.metrics import auroc_interval, rate_interval
from anomalylab.metrics.image import auroc
from anomalylab.schema.planted import SENSITIVITY

LEVEL = 0.9
"""Of the intervals."""

CELL = ["detector", "defect", "width", "contrast"]


def sensitivity(planted: pd.DataFrame) -> pd.DataFrame:
    """Return the share found of planted defects of each kind, width and contrast.

    ``found = n_found / n_images``, with its exact binomial interval; and AUROC of the planted
    images against all untouched ones of the detector, scored by the same fits.

    Parameters
    ----------
    planted : DataFrame
        Rows of PLANTED.

    Returns
    -------
    table : DataFrame
        Rows of SENSITIVITY; intervals hold the rate of fresh defects of that kind with 90 %.
    """
    untouched = {
        str(detector): rows.drop_duplicates("sample_id")["score_before"].to_numpy()
        for detector, rows in planted.groupby("detector", sort=False)
    }
    rows = [
        dict(zip(CELL, cell, strict=True)) | _of_cell(some, untouched[str(cell[0])])
        for cell, some in planted.groupby(CELL, sort=False)
    ]
    table = pd.DataFrame(rows, columns=list(SENSITIVITY.columns))
    return table.sort_values(CELL, ignore_index=True) if len(table) else table


def _of_cell(planted: pd.DataFrame, untouched: np.ndarray) -> dict[str, float]:
    n_images, n_found = len(planted), int(planted["is_found"].sum())
    low, high = rate_interval(n_found, n_images, level=LEVEL)
    labels = np.repeat([0, 1], [len(untouched), n_images])
    scores = np.concatenate([untouched, planted["score"].to_numpy()])
    auroc_low, auroc_high = auroc_interval(labels, scores, level=LEVEL)
    return {
        "n_images": n_images,
        "n_found": n_found,
        "found": n_found / n_images,
        "low": low,
        "high": high,
        "auroc": auroc(labels, scores),
        "auroc_low": auroc_low,
        "auroc_high": auroc_high,
    }


def smallest_found(table: pd.DataFrame) -> pd.DataFrame:
    """Return the narrowest defect of each kind and contrast that is found in half of the cases.

    That is the width from which on all wider ones are found in at least half of the cases too.

    Parameters
    ----------
    table : DataFrame
        Rows of SENSITIVITY of one detector.

    Returns
    -------
    smallest : DataFrame
        ``defect``, ``contrast`` and ``width``, NaN where half of the widest are not found.
    """
    rows = [
        {"defect": defect, "contrast": contrast, "width": _smallest(some)}
        for (defect, contrast), some in table.groupby(["defect", "contrast"])
    ]
    return pd.DataFrame(rows, columns=["defect", "contrast", "width"])


def _smallest(rows: pd.DataFrame) -> float:
    falling = rows.sort_values("width", ascending=False)
    is_seen = (falling["found"] >= 0.5).cummin()
    return float(falling["width"][is_seen].min()) if is_seen.any() else np.nan
