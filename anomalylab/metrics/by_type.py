"""How many defects of each type a threshold finds."""

import numpy as np
import pandas as pd

from anomalylab.errors import ParameterError
from anomalylab.metrics.intervals import rate_interval


def recall_by_type(types: np.ndarray, scores: np.ndarray, threshold: float) -> pd.DataFrame:
    """Count defects at or above a threshold, type by type, with exact intervals of the share.

    Parameters
    ----------
    types : str ndarray of shape (n_defective,)
        Of defective images only; those of no known type (missing) are left out.
    scores : float ndarray of shape (n_defective,)
        Higher is more anomalous.
    threshold : float

    Returns
    -------
    DataFrame
        ``defect_type``, ``n_images``, ``n_found``, ``recall``, ``low``, ``high`` (95 %, see
        :func:`rate_interval`); one row a type, in the order of their names.

    Raises
    ------
    ParameterError
        If there is not one score an image.

    Examples
    --------
    >>> recall_by_type(["dent", "dent", "scratch"], [1.0, 3.0, 4.0], 2.0)[["n_images", "n_found"]]
       n_images  n_found
    0         2        1
    1         1        1
    """
    if len(types) != len(scores):
        raise ParameterError(
            f"{len(types)} types of defects need as many scores, not {len(scores)}"
        )
    is_found = np.asarray(scores, dtype=float) >= threshold
    table = pd.DataFrame({"defect_type": np.asarray(types, dtype=object), "is_found": is_found})
    counted = table.groupby("defect_type")["is_found"].agg(["size", "sum"])
    sizes, found = counted["size"].to_list(), counted["sum"].to_list()
    rows = [
        (name, n, k, k / n, *rate_interval(k, n))
        for name, n, k in zip(counted.index, sizes, found, strict=True)
    ]
    names = ["defect_type", "n_images", "n_found", "recall", "low", "high"]
    return pd.DataFrame(rows, columns=names)
