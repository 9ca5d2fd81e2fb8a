"""Which images look alike?"""

import holoviews as hv
import pandas as pd

from anomalylab.pictures.colours import LIGHT, SERIES
from anomalylab.plots.style import (
    CLASSES,
    MAX_POINTS,
    SELECTION,
    class_names,
    hook,
)
from anomalylab.schema import EMBEDDING

HOVERED = ("sample_id", "score", "class")
"""What is said of a point, where the table has it."""

SIDE = 300
"""Of the square plane, in pixels of the screen: a distance is one length in any direction."""

MAX_NAMES = 8
"""Names up to which a legend is drawn."""

TOOLS = {"default_tools": ["save", "reset"], "active_tools": ["lasso_select"]}

GROUND = {"color": LIGHT["hollow"], "size": 4, "alpha": 0.5, "nonselection_alpha": 0.5, **TOOLS}
"""How the images around the judged ones look."""


def embedding(
    table: pd.DataFrame, *, colour_by: str = "class", others: pd.DataFrame | None = None
) -> hv.Overlay:
    """Show the images in two dimensions, near ones alike.

    Parameters
    ----------
    table : DataFrame
        Rows of EMBEDDING with the column ``label``, and whatever else is to be hovered.
    colour_by : str
        Column that gives the colour: ``class``, made from the label, or another one.
    others : DataFrame, optional
        Rows of EMBEDDING drawn as a pale ground, e.g. of the training images.

    Returns
    -------
    cloud : hv.Overlay
        A cross at the origin, ``others``, and as the last layer ``hv.Points`` of the same rows in
        the same order, so that a selection's index is a row number; above ``MAX_POINTS`` rows an
        image of their density by Datashader instead.
    """
    EMBEDDING.check(table)
    table = table.assign(**{"class": class_names(table["label"])})
    top = _density(table) if len(table) > MAX_POINTS else _coloured(table, colour_by)
    cross = {"color": LIGHT["sigma"], "line_width": 1, **TOOLS}
    ground = hv.Points([] if others is None else others[["x", "y"]].to_numpy(), ["x", "y"])
    span = _square(table if others is None else pd.concat([table, others]))
    layers = [hv.HLine(0).opts(**cross), hv.VLine(0).opts(**cross), ground.opts(**GROUND), top]
    return hv.Overlay(layers).opts(
        xlabel="first principal component",
        ylabel="second principal component",
        title="Which images look alike?",
        frame_width=SIDE,
        frame_height=SIDE,
        **span,
        toolbar="above",
        legend_position="top_left",
        legend_opts={"background_fill_alpha": 0.7, "border_line_color": None},
        hooks=[hook],
    )


def marker(table: pd.DataFrame) -> hv.Points:
    """Ring images in the plane of :func:`embedding`; ``table`` holds rows of EMBEDDING."""
    places = table[["x", "y"]].to_numpy(float)
    ring = {"fill_alpha": 0, "line_color": SELECTION, "line_width": 2.5, "size": 15}
    return hv.Points(places, ["x", "y"]).opts(**ring, **TOOLS)


def _square(points: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Return limits of the same length on both axes, so that distances look what they are."""
    low, high = points[["x", "y"]].min(), points[["x", "y"]].max()
    half = 0.54 * max(float((high - low).max()), 1e-9)
    middle = (low + high) / 2
    return {f"{axis}lim": (middle[axis] - half, middle[axis] + half) for axis in ("x", "y")}


def _coloured(table: pd.DataFrame, colour_by: str) -> hv.Points:
    hovered = [name for name in HOVERED if name in table]
    values = table[colour_by]
    is_number = pd.api.types.is_numeric_dtype(values)
    values = values.astype(float) if is_number else values.astype(object).fillna("none").astype(str)
    names = sorted(values.astype(str).unique())
    colours = {name: SERIES[i % len(SERIES)] for i, name in enumerate(names)}
    table = table.assign(**{colour_by: values})[
        list(dict.fromkeys(["x", "y", *hovered, colour_by]))
    ]
    return hv.Points(table, ["x", "y"], list(table.columns[2:])).opts(
        color=colour_by,
        cmap="viridis" if is_number else colours | dict(CLASSES.values()),
        colorbar=is_number,
        size=7,
        alpha=0.75,
        line_color="white",
        line_width=0.5,
        selection_line_color=SELECTION,
        selection_line_width=2,
        selection_alpha=1,
        nonselection_alpha=0.12,
        tools=["lasso_select", "box_select", "tap"],
        **TOOLS,
        hover_tooltips=[(name.replace("_", " "), f"@{{{name}}}") for name in hovered],
        show_legend=not is_number and len(names) <= MAX_NAMES,
    )


def _density(table: pd.DataFrame) -> hv.Element:
    from holoviews.operation.datashader import rasterize

    points = hv.Points(table[["x", "y"]], ["x", "y"])
    return rasterize(points, dynamic=False).opts(cmap="Blues", cnorm="eq_hist", tools=["hover"])
