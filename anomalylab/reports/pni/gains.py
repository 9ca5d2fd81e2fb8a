"""Does it help? What position, neighbours and refinement add, each with its interval."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from anomalylab.recipes.pni.told import LEAST, matters, mean_gains, signed
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.rows import rows_of
from anomalylab.reports.kit.small_charts import DotRow, dot_rows
from anomalylab.reports.pni.opened import Opened
from anomalylab.reports.pni.words import METRICS, variant_name, way_name

FILTERS = ("pni", "pni-position", "pni-neighbourhood")
"""Variants whose difference to PatchCore is drawn."""


def gains(found: Opened) -> Fragment:
    """Show what each restriction adds to PatchCore, and what refinement adds to each.

    Parameters
    ----------
    found : Opened

    Returns
    -------
    Fragment
        With a line that says why, if nothing can be compared.
    """
    table = found.tables.gains
    charts = [_chart(table, metric) for metric in METRICS]
    notes = dict.fromkeys(table["note"][table["difference"].isna()])
    html = render(
        "pni/gains",
        charts=[chart for chart in charts if chart],
        rows=list(_rows(table)),
        metrics=[name for name, _ in METRICS.values()],
        reasons=[note for note in notes if note],
        n_categories=table["category"].nunique(),
        least=LEAST,
        is_old=not len(table),
    )
    return Fragment(html, TABLE_SCRIPTS, ("pni/page.css",))


def _ways(table: pd.DataFrame) -> list[tuple[str, float]]:
    """Return what is drawn: restrictions without refinement, then PNI and PatchCore refined."""
    ways = list(dict.fromkeys(zip(table["variant"], table["blend"], strict=True)))
    plain = [way for way in ways if way[0] in FILTERS and way[1] == 0]
    return plain + [way for way in ways if way[0] in ("pni", "patchcore") and way[1] > 0]


def _chart(table: pd.DataFrame, metric: str) -> dict[str, Any] | None:
    rows = []
    for variant, blend in _ways(table):
        found = mean_gains(table, variant, blend).get(metric)
        if found is not None:
            colour = "var(--ink)" if matters(*found) else "var(--soft)"
            rows.append(DotRow(_short(variant, blend), colour, *found))
    if not rows:
        return None
    most = max(
        abs(end) for row in rows for end in (row.low, row.high, row.value) if end is not None
    )
    most = max(most, 0.005)
    title, question = METRICS[metric]
    told = "; ".join(f"{row.name} {signed(row.value)}" for row in rows)
    drawing = dot_rows(rows, start=-most, end=most, mark=0.0, alt=f"{title}, difference: {told}")
    return {"title": title, "question": question, "drawing": drawing}


def _short(variant: str, blend: float) -> str:
    plain = {
        "pni": "place and neighbours",
        "pni-position": "place alone",
        "pni-neighbourhood": "neighbours alone",
    }
    if blend == 0:
        return plain.get(variant, variant)
    share = "refined alone" if blend == 1 else f"{blend:.0%} refined".replace("%", " %")
    return f"{'PNI' if variant == 'pni' else 'PatchCore'}, {share}"


def _rows(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield a row for each comparison of each category."""
    keys = ["category", "variant", "blend", "against", "against_blend"]
    for (category, variant, blend, against, _), some in table.groupby(keys, sort=False):
        found = {row["metric"]: row for row in rows_of(some)}
        other = "PatchCore" if blend == 0 else f"{variant_name(str(against))}, not refined"
        yield {
            "category": category,
            "way": way_name(str(variant), float(str(blend))),
            "against": other,
            "cells": [_cell(found.get(metric)) for metric in METRICS],
        }


def _cell(row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None or row["difference"] is None:
        return {"value": "–", "interval": "" if row is None else row["note"], "is_sure": False}
    if row["low"] is None:
        return {"value": signed(row["difference"]), "interval": "no interval", "is_sure": False}
    return {
        "value": signed(row["difference"]),
        "interval": f"{signed(row['low'])} to {signed(row['high'])}",
        "is_sure": matters(row["difference"], row["low"], row["high"]),
    }
