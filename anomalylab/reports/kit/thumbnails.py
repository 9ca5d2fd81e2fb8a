"""Small pictures of images as scripts of a page read them."""

import json
from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd

from anomalylab.pictures.encode import to_base64
from anomalylab.reports.kit.rows import by_key
from anomalylab.reports.kit.words import short_names


def thumbnail_data(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of THUMBNAILS as data: width and height, picture, outline of the defect.

    Examples
    --------
    >>> thumbnail_data({"width": 4, "height": 3, "image": b"jpeg", "contour": None})
    {'thumb': [4, 3], 'src': 'anBlZw==', 'contour': []}
    """
    return {
        "thumb": [int(row["width"]), int(row["height"])],
        "src": to_base64(row["image"]),
        "contour": json.loads(row["contour"] or "[]"),
    }


def named_thumbnails(
    thumbnails: pd.DataFrame, wanted: Collection[str]
) -> dict[str, dict[str, Any]]:
    """Return the images that are wanted and have a picture, each with a short name.

    Parameters
    ----------
    thumbnails : DataFrame
        Rows of THUMBNAILS.
    wanted : collection of str
        Their ``sample_id``.
    """
    rows, names = by_key(thumbnails, "sample_id"), short_names(sorted(wanted))
    return {
        sample_id: {"name": names[sample_id], **thumbnail_data(rows[sample_id])}
        for sample_id in sorted(wanted)
        if sample_id in rows
    }
