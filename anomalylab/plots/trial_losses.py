"""Does a short training learn anything, and more than another?"""

from collections.abc import Callable, Mapping
from typing import Any

import holoviews as hv
import pandas as pd

from anomalylab.pictures.colours import LIGHT
from anomalylab.plots.banded import needed
from anomalylab.plots.style import hook

COLOURS = (LIGHT["amber"], LIGHT["unknown"])
HEIGHT = 220


def trial_losses(curves: Mapping[str, pd.DataFrame], n_epochs: int) -> hv.Overlay:
    """Show the loss of two trainings by epoch, as far as they are.

    Parameters
    ----------
    curves : mapping
        Name of each of the two trainings -> its table of ``epoch``, ``part``, ``measure`` and
        ``value``, which may be empty.
    n_epochs : int
        Epochs that they will have.

    Returns
    -------
    losses : hv.Overlay
        Lines for images held out, points for those learnt from, and the names at the line ends;
        always as many layers, so that a live view can draw it anew.

    Raises
    ------
    SchemaError
        If a column is missing.
    """
    layers: list[hv.Element] = []
    ends = []
    for (name, table), colour in zip(curves.items(), COLOURS, strict=False):
        needed(table, {"epoch", "part", "measure", "value"}, "trial_losses")
        loss = table[table["measure"] == "loss"]
        held_out, learnt = (_points(loss[loss["part"] == p]) for p in ("validation", "train"))
        line = held_out if len(held_out) else learnt
        layers += [
            hv.Curve(line, "epoch", "loss").opts(color=colour, line_width=2.5, framewise=True),
            hv.Points(learnt, ["epoch", "loss"]).opts(color=colour, size=5, framewise=True),
        ]
        ends.append([(*end, name) for end in line.to_numpy()[-1:]])
    layers += _names(ends)
    return hv.Overlay(layers).opts(
        height=HEIGHT,
        responsive=True,
        toolbar=None,
        ylim=(0, None),
        show_grid=True,
        show_legend=False,
        xlabel="epoch",
        ylabel="loss",
        hooks=[hook, _epochs(n_epochs)],
        title="",
        default_tools=[],
        framewise=True,
    )


def _epochs(n_epochs: int) -> Callable[[Any, Any], None]:
    """Return a hook that lets the axis end behind the last epoch; it holds in a live view too."""

    def end(plot: Any, _element: Any) -> None:
        x_range = plot.state.x_range
        x_range.start, x_range.end = 0.7, n_epochs + 0.3 + max(0.7, 0.16 * n_epochs)
        step = -(-n_epochs // 12)
        plot.state.xaxis.ticker = list(range(step, n_epochs + 1, step))

    return end


def _points(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"epoch": table["epoch"], "loss": table["value"]}).astype(float)


def _names(ends: list[list[tuple]]) -> list[hv.Labels]:
    """Return the names at the ends of the lines, the higher one above the lower one."""
    heights = [float(end[0][1]) if end else -1.0 for end in ends]
    highest = heights.index(max(heights))
    return [
        hv.Labels(end, ["epoch", "loss"], "name").opts(
            text_color=LIGHT["ink"],
            text_font_size="9pt",
            text_align="left",
            text_baseline="bottom" if place == highest else "top",
            xoffset=0.08,
            framewise=True,
        )
        for place, end in enumerate(ends)
    ]
