"""Does the heat of a network lie on the defects?"""

import holoviews as hv
import pandas as pd

from anomalylab.pictures.colours import LIGHT
from anomalylab.pictures.palette import loss_colours
from anomalylab.plots.banded import needed
from anomalylab.plots.style import hook


def heat_in_masks(heat: pd.DataFrame, of: str = "distance") -> hv.Overlay:
    """Show the share of the heat inside each defect against the share of the image it takes.

    Parameters
    ----------
    heat : DataFrame
        Rows of METRIC_HEAT; those without a mask are left out.
    of : {"distance", "logit"}

    Returns
    -------
    dots : hv.Overlay
        A dashed ``hv.Curve`` where both are equal, as for heat spread evenly, and an ``hv.Points``
        a loss.

    Raises
    ------
    SchemaError
        If a column is missing.
    """
    columns = {"loss", "of", "sample_id", "mass_in_mask", "mask_share"}
    needed(heat, columns, "heat_in_masks")
    rows = heat[heat["of"] == of].dropna(subset=["mass_in_mask", "mask_share"])
    end = min(1.0, 1.08 * max([0.05, *rows["mask_share"]]))
    even = hv.Curve([(0, 0), (end, end)], "mask_share", "mass_in_mask")
    colours = loss_colours(rows["loss"])
    dots = [
        hv.Points(own, ["mask_share", "mass_in_mask"], ["sample_id"], label=str(loss)).opts(
            color=colours[str(loss)], size=7, fill_alpha=0.6, line_alpha=0, tools=["hover"]
        )
        for loss, own in rows.groupby("loss", sort=False)
    ]
    n_more = int((rows["mass_in_mask"] > rows["mask_share"]).sum())
    title = f"More heat lies on the defect than if spread evenly in {n_more} of {len(rows)} images"
    return hv.Overlay([even.opts(color=LIGHT["line"], line_dash="dashed"), *dots]).opts(
        title=title if len(rows) else "No image with heat has a mask",
        xlabel="share of the image that the defect takes (dashed: heat spread evenly)",
        ylabel="share of the heat inside it",
        xlim=(0, end),
        ylim=(0, 1),
        show_legend=len(dots) > 1,
        legend_position="bottom",
        responsive=True,
        height=340,
        axiswise=True,
        hooks=[hook],
    )
