"""Does the heat lie on the defect? Its share inside the mask against the share of the image."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from anomalylab.number_words import fixed, percent
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.small_charts import Series, scatter
from anomalylab.reports.metric_learning.opened import Trials
from anomalylab.reports.metric_learning.words import OF, colours_of, short_name

WIDEST = 0.05
"""End of the axis of areas, if no defect is larger."""


def heat(found: Trials) -> Fragment:
    """Show the share of the heat inside each defect against the share of the image it takes.

    Parameters
    ----------
    found : Trials

    Returns
    -------
    Fragment
        One line instead, if no image with heat has a mask.
    """
    table = in_masks(found)
    html = render(
        "metric_learning/heat",
        charts=[chart for of in OF if (chart := _chart(found, table, of))],
        keys=[(name, colour) for name, colour in _keys(found, table)],
        rows=list(_rows(found)),
        of=list(OF.values()),
        n_images=int(table["sample_id"].nunique()),
    )
    return Fragment(html, TABLE_SCRIPTS, ("metric_learning/page.css",))


def in_masks(found: Trials) -> pd.DataFrame:
    """Return the rows of METRIC_HEAT of images that have heat and a mask."""
    return found.tables.heat.dropna(subset=["mass_in_mask", "mask_share"])


def _keys(found: Trials, table: pd.DataFrame) -> Iterator[tuple[str, str]]:
    colours = colours_of(found.losses)
    seen = set(table["loss"])
    for trial in {trial.loss: trial for trial in found.done if trial.loss in seen}.values():
        yield short_name(trial._replace(is_as_published=False), found), colours[trial.loss]


def _chart(found: Trials, table: pd.DataFrame, of: str) -> dict[str, Any] | None:
    own = table[(table["of"] == of) & ~table["is_as_published"].astype(bool)]
    if own.empty:
        return None
    colours = colours_of(found.losses)
    kinds = [
        Series(
            str(loss),
            colours[str(loss)],
            rows["mask_share"].to_numpy(float),
            rows["mass_in_mask"].to_numpy(float),
        )
        for loss, rows in own.groupby("loss", sort=False)
    ]
    n_more = int((own["mass_in_mask"] > own["mask_share"]).sum())
    drawing = scatter(
        kinds,
        x_label="share of the image that the defect takes",
        y_label="share of the heat inside it",
        x_max=max(WIDEST, float(own["mask_share"].max()) * 1.08),
        alt=f"{OF[of]}: more of it lies inside the defect than even heat would in "
        f"{n_more} of {len(own)} pictures.",
    )
    return {"title": OF[of], "drawing": drawing, "n_more": n_more, "n": len(own)}


def _rows(found: Trials) -> Iterator[dict[str, Any]]:
    for trial in found.done:
        own = found.of(found.tables.heat, trial).dropna(subset=["mass_in_mask", "mask_share"])
        if len(own):
            first = own.drop_duplicates("sample_id")
            yield {
                "category": trial.category,
                "name": short_name(trial, found),
                "n": len(first),
                "even": percent(float(first["mask_share"].median())),
                "cells": [_cell(own[own["of"] == of]) for of in OF],
            }


def _cell(rows: pd.DataFrame) -> dict[str, str]:
    if rows.empty:
        return {"inside": "–", "more": ""}
    inside, even = rows["mass_in_mask"], rows["mask_share"]
    ratio = fixed(float((inside / even).median()), 1)
    more = f"{int((inside > even).sum())} of {len(rows)} above even"
    return {"inside": percent(float(inside.median())), "more": f"{ratio} times even; {more}"}
