"""Detectors against each other, with intervals."""

import math
from typing import Any

import pandas as pd

from anomalylab.metrics import catalogue
from anomalylab.number_words import decimals
from anomalylab.pictures.palette import detector_colours
from anomalylab.reports.kit.charts import interval_dots
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.rows import by_key
from anomalylab.reports.kit.words import metric_words
from anomalylab.runs.folder import Run


def comparison(run: Run) -> Fragment:
    """Show every metric of every detector, with intervals as text and as dots.

    The best value is bold only where its interval lies above those of all others.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Fragment
    """
    table = run.table("metrics")
    groups = []
    of_page = catalogue.groups()
    listed = {metric for metrics in of_page.values() for metric in metrics}
    others = [m for m in dict.fromkeys(table["metric"]) if m not in listed]
    for title, metrics in {**of_page, "Further": others}.items():
        present = [m for m in metrics if (table["metric"] == m).any()]
        if present:
            groups.append((title, [_row(run, table[table["metric"] == m], m) for m in present]))
    reasons = list(dict.fromkeys(note for note in table.loc[table["value"].isna(), "note"] if note))
    is_empty = not table["value"].notna().any()
    return Fragment(
        render(
            "parts/comparison",
            detectors=run.detectors,
            colours=detector_colours(run.detectors),
            groups=[] if is_empty else groups,
            reasons=reasons,
        ),
        TABLE_SCRIPTS,
    )


def best_of(rows: pd.DataFrame) -> str:
    """Return the detector whose interval lies above all others, or an empty string.

    Parameters
    ----------
    rows : DataFrame
        Rows of METRICS of one metric.
    """
    known = rows.dropna(subset=["value", "low", "high"])
    if len(known) < 2 or len(known) < rows["value"].notna().sum():
        return ""
    first = known.sort_values("value", kind="stable").iloc[-1]
    others = known[known["detector"] != first["detector"]]
    return str(first["detector"]) if first["low"] > others["high"].max() else ""


def _row(run: Run, table: pd.DataFrame, metric: str) -> dict[str, Any]:
    name, meaning = metric_words(metric)
    rows = by_key(table, "detector")
    best = best_of(table)
    notes = {row["note"] for row in rows.values()}
    shared = notes.pop() if len(notes) == 1 else ""
    cells = [cell(rows[d], d == best) if d in rows else None for d in run.detectors]
    dots = _dots(run, rows)
    return {"name": name, "meaning": meaning, "note": shared, "cells": cells, "dots": dots}


def cell(row: dict[str, Any], is_best: bool) -> dict[str, Any]:
    """Write the value of a row of METRICS with as many digits as its interval supports.

    Parameters
    ----------
    row : dict
    is_best : bool
        Whether it is better than all others by more than the intervals.
    """
    value, low, high, ceiling = (row[key] for key in ("value", "low", "high", "ceiling"))
    if value is None:
        return {"value": "–", "interval": "", "is_best": False, "why": row["note"]}
    has_interval = low is not None and high is not None
    digits = decimals(low, high) if has_interval else 3
    interval = f"{low:.{digits}f} to {high:.{digits}f}" if has_interval else ""
    if ceiling is not None:
        interval = f"{interval} of at most {ceiling:.3f}".strip()
    return {
        "value": f"{value:.{digits}f}",
        "interval": interval,
        "is_best": is_best,
        "why": "",
    }


def _dots(run: Run, rows: dict[str, dict[str, Any]]) -> str:
    known = {d: rows[d] for d in run.detectors if d in rows and rows[d]["value"] is not None}
    if not known:
        return ""
    colours = detector_colours(run.detectors)
    least = min(row["value"] if row["low"] is None else row["low"] for row in known.values())
    dots = [(row["value"], row["low"], row["high"], colours[d]) for d, row in known.items()]
    alt = ", ".join(f"{d} {row['value']:.3f}" for d, row in known.items())
    low = max(0.0, math.floor((least - 0.02) * 10) / 10)
    return interval_dots(dots, low=low, high=1.0, alt=alt)
