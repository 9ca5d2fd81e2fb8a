"""Does training still help? Loss over epochs, of what is learnt from and of what is held out."""

import holoviews as hv
import pandas as pd

from anomalylab.pictures.colours import LIGHT, SERIES
from anomalylab.pictures.palette import detector_colours, loss_colours
from anomalylab.plots.banded import HEIGHT, LEGEND_ROW, needed
from anomalylab.plots.style import hook

DASHES = {"train": "solid", "validation": "dashed"}
"""Part of the images -> how its line is drawn."""

QUESTION = "Does training still help?"

_COLOURS = {"loss": loss_colours, "detector": detector_colours}
"""Column -> colours of its values, where they have fixed ones."""


def training_curve(
    table: pd.DataFrame, *, measure: str = "loss", by: str = "", kept: int | None = None
) -> hv.Overlay:
    """Show how trainings went: solid of what is learnt from, dashed of what is held out.

    Parameters
    ----------
    table : DataFrame
        Columns ``epoch``, ``part``, ``measure`` and ``value``, as of METRIC_CURVES and TRAINING,
        finished or not; an empty one gives empty axes.
    measure : str
        What goes up, as ``"loss"``.
    by : str
        Column that tells several trainings apart, as ``"loss"`` or ``"detector"``; if not given,
        the table is of one.
    kept : int, optional
        Epoch that is marked by an upright line: that of the weights kept.

    Returns
    -------
    curves : hv.Overlay
        For each training and part an ``hv.Curve`` labelled by both, and an ``hv.VLine``.

    Raises
    ------
    SchemaError
        If a column is missing.
    """
    columns = {"epoch", "part", "measure", "value"} | ({by} if by else set())
    needed(table, columns, "training_curve")
    rows = table[table["measure"] == measure]
    layers: list[hv.Element] = [
        _curve(own, name, part, colour, measure)
        for name, colour in _trainings(rows, by).items()
        for part in DASHES
        if len(own := _of(rows, by, name, part))
    ]
    layers = layers or [hv.Curve([], "epoch", measure)]
    if kept is not None:
        upright = {"color": LIGHT["line"], "line_width": 1, "line_dash": "dotted"}
        layers.append(hv.VLine(kept).opts(**upright))
    return hv.Overlay(layers).opts(
        title=QUESTION if len(rows) else "No epoch has ended yet",
        xlabel="epoch (solid: learnt from, dashed: held out)",
        ylabel=measure,
        show_legend=bool(len(rows)),
        legend_position="bottom",
        legend_cols=2,
        responsive=True,
        height=HEIGHT + LEGEND_ROW * ((len(layers) + 1) // 2),
        axiswise=True,
        hooks=[hook],
    )


def _trainings(rows: pd.DataFrame, by: str) -> dict[str, str]:
    """Return names of the trainings with their colours; one without a name if not told apart."""
    if not by:
        return {"": SERIES[0]}
    names = list(dict.fromkeys(rows[by].astype(str)))
    known = _COLOURS[by](names) if by in _COLOURS else {}
    return {name: known.get(name, SERIES[i % len(SERIES)]) for i, name in enumerate(names)}


def _of(rows: pd.DataFrame, by: str, name: str, part: str) -> pd.DataFrame:
    own = rows[rows["part"] == part]
    own = own[own[by].astype(str) == name] if by else own
    return own.sort_values("epoch")


def _curve(own: pd.DataFrame, name: str, part: str, colour: str, measure: str) -> hv.Curve:
    table = pd.DataFrame({"epoch": own["epoch"], measure: own["value"]})
    label = f"{name}, {part}" if name else part
    return hv.Curve(table, "epoch", measure, label=label).opts(
        color=colour, line_width=2.2, line_dash=DASHES[part], tools=["hover"]
    )
