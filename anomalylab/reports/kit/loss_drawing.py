"""The loss of one training over its epochs, as a drawing and in words."""

import pandas as pd
from markupsafe import Markup

from anomalylab.number_words import plural, readable
from anomalylab.reports.kit.small_charts import Series, small_curves

PARTS = {"train": "learnt from", "validation": "held out"}
"""Part of the images -> what it is for readers, in the order of the drawing."""


def loss_drawing(curve: pd.DataFrame, colour: str, kept: int | None, name: str) -> Markup:
    """Draw the loss over epochs: solid of what is learnt from, dashed of what is held out.

    Parameters
    ----------
    curve : DataFrame
        Columns ``epoch``, ``part``, ``measure`` and ``value``, of one training.
    colour : str
    kept : int, optional
        Epoch whose weights were kept; marked by an upright line.
    name : str
        What is trained, for those who cannot see the drawing.
    """
    lines = {part: part_of(curve, part) for part in PARTS}
    series = [
        Series(
            part,
            colour,
            own["epoch"].to_numpy(float),
            own["value"].to_numpy(float),
            is_dashed=part == "validation",
        )
        for part, own in lines.items()
        if len(own)
    ]
    return small_curves(series, mark=kept, label="loss", alt=f"{name}: {curve_words(curve)}")


def part_of(curve: pd.DataFrame, part: str) -> pd.DataFrame:
    """Return the loss of one part of the images, by epoch."""
    own = curve[(curve["measure"] == "loss") & (curve["part"] == part)]
    return own.sort_values("epoch")


def curve_words(curve: pd.DataFrame) -> str:
    """Say how the loss went, first to last epoch.

    Examples
    --------
    >>> curve = pd.DataFrame({"epoch": [1, 2], "part": "train", "measure": "loss"})
    >>> curve_words(curve.assign(value=[2.0, 0.5]))
    'loss over 2 epochs; learnt from: 2.00 to 0.500'
    """
    told = []
    for part, name in PARTS.items():
        own = part_of(curve, part)["value"]
        if len(own):
            ends = dict.fromkeys(readable(value) for value in (own.iloc[0], own.iloc[-1]))
            told.append(f"{name}: {' to '.join(ends)}")
    length = plural(int(curve["epoch"].nunique()), "epoch")
    return "; ".join([f"loss over {length}", *told])
