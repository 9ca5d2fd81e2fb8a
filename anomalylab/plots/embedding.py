"""Which images look alike?"""

import holoviews as hv
import pandas as pd

from anomalylab.plots.style import CLASSES, MAX_POINTS, class_names, hook
from anomalylab.schema import EMBEDDING


def embedding(table: pd.DataFrame, *, colour_by: str = "class") -> hv.Element:
    """Show the images in two dimensions, near ones alike.

    Parameters
    ----------
    table : DataFrame
        Rows of EMBEDDING with the column ``label``, and whatever else is to be hovered.
    colour_by : str
        Column that gives the colour: ``class``, made from the label, or another one.

    Returns
    -------
    points : hv.Points
        Of the same rows in the same order, so that a selection's index is a row number; above
        ``MAX_POINTS`` rows an image of their density by Datashader instead.
    """
    EMBEDDING.check(table)
    table = table.assign(**{"class": class_names(table["label"])})
    points = hv.Points(table, ["x", "y"], [c for c in table.columns if c not in ("x", "y")])
    common = {
        "xlabel": "first principal component",
        "ylabel": "second principal component",
        "title": "Which images look alike?",
        "responsive": True,
        "height": 380,
        "hooks": [hook],
    }
    if len(table) > MAX_POINTS:
        return _density(points).opts(**common)
    colours = dict(CLASSES.values())
    is_class = colour_by == "class"
    return points.opts(
        color=colour_by,
        cmap=colours if is_class else "viridis",
        colorbar=not is_class and pd.api.types.is_numeric_dtype(table[colour_by]),
        size=6,
        alpha=0.7,
        nonselection_alpha=0.12,
        tools=["hover", "box_select", "lasso_select", "tap"],
        show_legend=is_class,
        **common,
    )


def _density(points: hv.Points) -> hv.Element:
    from holoviews.operation.datashader import rasterize

    return rasterize(points, dynamic=False).opts(cmap="Blues", cnorm="eq_hist", tools=["hover"])
