"""The numbers: each variant with and without refined maps, beside what was published."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from anomalylab.number_words import fixed
from anomalylab.recipes.pni.published import CAVEAT, SOURCE
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.rows import rows_of
from anomalylab.reports.pni.opened import Opened
from anomalylab.reports.pni.words import has_memory_with_edges, variant_name

METRICS = (
    ("image", "image_auroc"),
    ("image", "pixel_auroc"),
    ("image", "au_pro"),
    ("480", "pixel_auroc"),
    ("480", "au_pro"),
)
"""Resolution and metric of each column."""


def values(found: Opened) -> Fragment:
    """Show image AUROC, pixel AUROC and AU-PRO of each variant, refined and not.

    Parameters
    ----------
    found : Opened

    Returns
    -------
    Fragment
    """
    table = found.tables.values
    html = render(
        "pni/values",
        rows=list(_rows(table)),
        is_edge_kept=has_memory_with_edges(found.about),
        caveat=CAVEAT,
        source=SOURCE,
    )
    return Fragment(html, TABLE_SCRIPTS, ("pni/page.css",))


def _rows(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for (category, variant, blend), some in table.groupby(
        ["category", "variant", "blend"], sort=False
    ):
        found = {(row["resolution"], row["metric"]): row for row in rows_of(some)}
        share = float(str(blend))
        yield {
            "category": category,
            "variant": variant_name(str(variant)),
            "refined": _share(share),
            "cells": [_cell(found[place], share) for place in METRICS if place in found],
        }


def _share(blend: float) -> str:
    if blend == 0:
        return "no"
    return "alone" if blend == 1 else f"{blend:.0%}".replace("%", " %")


def _cell(row: dict[str, Any], blend: float) -> dict[str, str]:
    """Return a value, its interval or why it is missing, and what is printed of the same.

    Of refined maps alone nothing was published, though early runs have a value there.
    """
    value, low = row["value"], row["low"]
    printed = row["published"] if blend < 1 else None
    interval = "" if low is None else f"{fixed(low, 2)} to {fixed(row['high'], 2)}"
    return {
        "value": "–" if value is None else fixed(value, 3),
        "interval": row["note"] if value is None else interval,
        "published": "" if printed is None else f"published {fixed(printed, 3)}",
    }
