"""The numbers: each variant with and without refined maps, beside what was published."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from anomalylab.number_words import fixed
from anomalylab.recipes.pni.published import CAVEAT, SOURCE
from anomalylab.recipes.pni.told import NAMES
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.rows import rows_of
from anomalylab.runs.folder import Run

METRICS = (
    ("image", "image_auroc"),
    ("image", "pixel_auroc"),
    ("image", "au_pro"),
    ("480", "pixel_auroc"),
    ("480", "au_pro"),
)
"""Resolution and metric of each column."""


def values(run: Run) -> Fragment:
    """Show image AUROC, pixel AUROC and AU-PRO of each variant, refined and not.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Fragment
    """
    table = run.table("pni_values")
    html = render(
        "pni/values",
        rows=list(_rows(table)),
        fits=list(_fits(run.table("pni_fits"))),
        caveat=CAVEAT,
        source=SOURCE,
    )
    return Fragment(html, TABLE_SCRIPTS)


def _rows(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for (category, variant, blend), some in table.groupby(
        ["category", "variant", "blend"], sort=False
    ):
        found = {(row["resolution"], row["metric"]): row for row in rows_of(some)}
        yield {
            "category": category,
            "variant": NAMES.get(str(variant), str(variant)),
            "refined": _share(float(str(blend))),
            "cells": [_cell(found[place]) for place in METRICS if place in found],
        }


def _share(blend: float) -> str:
    if blend == 0:
        return "no"
    return "alone" if blend == 1 else f"{blend:.0%}"


def _cell(row: dict[str, Any]) -> dict[str, str]:
    """Return a value, and what is printed of the same."""
    value, printed = row["value"], row["published"]
    return {
        "value": "–" if value is None else fixed(value, 3),
        "beside": "" if printed is None else f"published {fixed(printed, 3)}",
    }


def _fits(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in rows_of(table):
        allowed = "–" if row["allowed"] is None else f"{row['allowed']:.1%}"
        yield {**row, "variant": NAMES.get(row["variant"], row["variant"]), "allowed": allowed}
