"""Detectors against each other, with intervals."""

import math
from typing import Any

import pandas as pd

from anomalylab.reports.charts import detector_colours, interval_dots
from anomalylab.reports.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.words import METRIC_GROUPS, metric_words
from anomalylab.run_folder import Run


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
    listed = {metric for metrics in METRIC_GROUPS.values() for metric in metrics}
    others = [m for m in dict.fromkeys(table["metric"]) if m not in listed]
    for title, metrics in {**METRIC_GROUPS, "Further": others}.items():
        present = [m for m in metrics if (table["metric"] == m).any()]
        if present:
            groups.append((title, [_row(run, table[table["metric"] == m], m) for m in present]))
    reasons = list(dict.fromkeys(note for note in table.loc[table["value"].isna(), "note"] if note))
    is_empty = not table["value"].notna().any()
    return Fragment(
        render(
            "comparison",
            detectors=run.detectors,
            colours=detector_colours(run.detectors),
            groups=[] if is_empty else groups,
            reasons=reasons,
        ),
        TABLE_SCRIPTS,
    )


def decimals(low: float, high: float) -> int:
    """Return how many decimals an interval supports.

    Examples
    --------
    >>> decimals(0.97, 1.0), decimals(0.5, 0.9), decimals(float("nan"), 1.0)
    (2, 2, 3)
    """
    width = high - low
    if not width > 0:
        return 3
    return min(4, max(2, math.ceil(-math.log10(width / 2))))


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
    first = known.loc[known["value"].idxmax()]
    others = known[known["detector"] != first["detector"]]
    return str(first["detector"]) if first["low"] > others["high"].max() else ""


def _row(run: Run, rows: pd.DataFrame, metric: str) -> dict[str, Any]:
    name, meaning = metric_words(metric)
    by_detector = rows.set_index("detector")
    best = best_of(rows)
    notes = {note for note in rows["note"] if note}
    cells = [
        _cell(by_detector.loc[d], d == best, len(notes) > 1) if d in by_detector.index else None
        for d in run.detectors
    ]
    shared = notes.pop() if len(notes) == 1 else ""
    return {"name": name, "meaning": meaning, "note": shared, "cells": cells, "dots": _dots(run, rows)}


def _cell(row: pd.Series, is_best: bool, has_own_note: bool) -> dict[str, Any]:
    note = row["note"] if has_own_note else ""
    if pd.isna(row["value"]):
        return {"value": "–", "interval": "", "is_best": False, "note": note}
    digits = decimals(row["low"], row["high"])
    has_interval = pd.notna(row["low"]) and pd.notna(row["high"])
    interval = f"{row['low']:.{digits}f} to {row['high']:.{digits}f}" if has_interval else ""
    if pd.notna(row["ceiling"]):
        interval = f"{interval} of at most {row['ceiling']:.3f}".strip()
    return {
        "value": f"{row['value']:.{digits}f}",
        "interval": interval,
        "is_best": is_best,
        "note": note,
    }


def _dots(run: Run, rows: pd.DataFrame) -> Any:
    known = rows[rows["value"].notna()].set_index("detector")
    if known.empty:
        return ""
    colours = detector_colours(run.detectors)
    least = known[["value", "low"]].min().min()
    low = max(0.0, math.floor((least - 0.02) * 10) / 10)
    dots = [
        (*(float(known.loc[d, key]) for key in ("value", "low", "high")), colours[d])
        for d in run.detectors
        if d in known.index
    ]
    alt = ", ".join(f"{d} {known.loc[d, 'value']:.3f}" for d in run.detectors if d in known.index)
    return interval_dots(dots, low=low, high=1.0, alt=alt)
