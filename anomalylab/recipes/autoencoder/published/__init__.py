"""The table of results of the published analysis, as printed and as it should read.

Two things are wrong with it. The F1 values of *cut* and *hole* stand in each other's row. And four
rows are of other papers, whose two figures are the shares of defective and of good images that are
told right, not recall and precision of pixels: their "precision" is specificity, and their F1 is
the harmonic mean of two shares of images. They cannot be ranked with the rows above them.
"""

from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd

SOURCE = '"Anomaly Detection with Auto-Encoders" (2021), a public article on MVTec hazelnut'

ROUNDING = 0.005
"""How far a printed figure may be from the one it was rounded from."""

MEASURES = {
    "pixels": "recall and precision of pixels",
    "images": (
        "shares of defective and of good images told right, from the table of Bergmann et al. "
        "(CVPR 2019); what is printed as precision is specificity"
    ),
}

SWAPPED = "printed in the row of {}"


@cache
def published() -> pd.DataFrame:
    """Return the table with what can be worked out from it.

    Returns
    -------
    table : DataFrame
        ``method``, ``defect_type`` (missing for figures of all types together), ``recall``,
        ``precision`` and ``f1`` as printed; ``f1_recomputed``, their harmonic mean; ``measures``,
        ``pixels`` or ``images``: what they are of; ``is_comparable``, whether they are of pixels;
        and ``note``, what is wrong with the row, if anything.
    """
    file = resources.files("anomalylab.recipes.autoencoder.published") / "hazelnut.csv"
    with file.open(encoding="utf-8") as opened:
        table = pd.read_csv(opened)
    recall, precision = table["recall"], table["precision"]
    table["f1_recomputed"] = _f1(recall, precision)
    table["is_comparable"] = table["measures"] == "pixels"
    table["note"] = [_note(table, row) for row in range(len(table))]
    return table


def fits(table: pd.DataFrame, row: int) -> np.ndarray:
    """Return which printed F1, bool a row, recall and precision of ``row`` can have given.

    All are rounded, so that a small range can.
    """
    printed, beyond = table["f1"].to_numpy(), ROUNDING + 1e-9
    of_row = table[["recall", "precision"]].to_numpy()[row]
    low, high = (_f1(*(value + side for value in of_row)) for side in (-ROUNDING, ROUNDING))
    return np.asarray((printed >= low - beyond) & (printed <= high + beyond))


def _f1(recall: Any, precision: Any) -> Any:
    return 2 * recall * precision / (recall + precision)


def _note(table: pd.DataFrame, row: int) -> str:
    notes = [] if table["is_comparable"][row] else [MEASURES["images"]]
    can = fits(table, row)
    if not can[row]:
        right = f"{table['f1_recomputed'][row]:.2f}"
        where = table["defect_type"][int(np.flatnonzero(can)[0])]
        notes.append(f"F1 is {right}, {SWAPPED.format(where)}")
    return "; ".join(notes)
