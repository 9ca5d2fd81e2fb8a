"""Which images are behind a point of a curve, and in how many draws."""

import pandas as pd

from anomalylab.studies.effects import Where, chosen

GROUPS = {
    "missed": "defective test images below the threshold",
    "false alarms": "good test images at or above the threshold",
    "removed, defective": "defective training images that were taken away",
    "removed, good": "good training images that were taken away",
    "left in, defective": "defective training images that the detector is fitted on",
}
"""Groups of images of a cell, and what they are."""


def images_at(scores: pd.DataFrame, where: Where, group: str, at: str) -> pd.Series:
    """Count in how many draws each image of a group is there.

    Parameters
    ----------
    scores : DataFrame
        Rows of STUDY_SCORES.
    where : mapping
        Columns of KEY -> their value.
    group : str
        One of :data:`GROUPS`.
    at : {"1", "5"}
        Which threshold.

    Returns
    -------
    counts : Series
        ``sample_id`` -> number of draws, the largest first, then by name.
    """
    rows = chosen(scores, where)
    role = "test" if group in ("missed", "false alarms") else "removed"
    role = "train" if group.startswith("left in") else role
    label = 0 if group in ("false alarms", "removed, good") else 1
    rows = rows[(rows["role"] == role) & (rows["label"] == label)]
    if role == "test":
        is_beyond = rows[f"is_beyond_{at}"].astype(bool)
        rows = rows[is_beyond if group == "false alarms" else ~is_beyond]
    counts = rows["sample_id"].value_counts().sort_index()
    return counts.sort_values(ascending=False, kind="stable")
