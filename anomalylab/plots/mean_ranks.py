"""Which methods differ, over all data sets? Mean ranks, with bars over those not told apart."""

from collections.abc import Sequence

import holoviews as hv
import pandas as pd

from anomalylab.pictures.colours import LIGHT
from anomalylab.plots.style import hook

STEP = 0.5
ENDS = ((0, -0.04), (-1, 0.04))
"""First and last of a group, and how far its bar goes beyond."""


def mean_ranks(
    ranks: pd.Series, groups: Sequence[tuple[str, ...]], nemenyi: float | None = None
) -> hv.Overlay:
    """Show a critical-difference diagram.

    Parameters
    ----------
    ranks : Series
        Method -> mean rank over data sets; 1 is best.
    groups : sequence of tuple of str
        Methods that were not told apart, as
        :func:`anomalylab.metrics.critical_difference` returns them.
    nemenyi : float, optional
        Nemenyi's critical difference, named in the title.

    Returns
    -------
    diagram : hv.Overlay
        An ``hv.Points`` of the ranks, a name a method, and an ``hv.Path`` of the bars.
    """
    ordered = ranks.sort_values(kind="stable")
    places = {str(name): -STEP * (i + 1) for i, name in enumerate(ordered.index)}
    points = pd.DataFrame({"rank": ordered.to_numpy(float), "row": list(places.values())})
    marks = hv.Points(points, ["rank", "row"]).opts(size=9, color=LIGHT["line"], tools=["hover"])
    names = [
        hv.Text(rank, row, f"   {name} ({rank:.2f})", halign="left", fontsize=10).opts(
            text_color=LIGHT["ink"]
        )
        for name, rank, row in zip(places, points["rank"], points["row"], strict=True)
    ]
    bars = [
        [(float(ordered[group[end]]) + more, STEP * (i + 1) / 2) for end, more in ENDS]
        for i, group in enumerate(groups)
    ]
    joined = hv.Path(bars).opts(color=LIGHT["unknown"], line_width=6)
    beside = "" if nemenyi is None else f" (Nemenyi's critical difference: {nemenyi:.2f})"
    return hv.Overlay([joined, marks, *names]).opts(
        title=f"Which methods differ?{beside}",
        xlabel="mean rank over data sets; 1 is best; bars join what was not told apart",
        yaxis=None,
        xlim=(0.8, len(ordered) + 1.2),
        ylim=(-STEP * (len(ordered) + 1), STEP * (len(groups) + 1) / 2 + STEP / 2),
        axiswise=True,
        responsive=True,
        height=120 + 34 * len(ordered),
        hooks=[hook],
    )
