"""Rows of METRICS for readers: values with their intervals, as text, as dots and as tiles."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from anomalylab.number_words import decimals
from anomalylab.pictures.palette import detector_colours
from anomalylab.reports.kit.charts import interval_dots
from anomalylab.reports.kit.rows import by_key
from anomalylab.reports.kit.words import metric_words

OF_TYPES = "Recall by type of defect, at the default threshold"

NO_NUMBERS: dict[str, float] = {}


def metric_row(
    table: pd.DataFrame,
    names: Mapping[str, str],
    elsewhere: Mapping[str, float] = NO_NUMBERS,
    place: str = "",
) -> dict[str, Any]:
    """Write one metric of several methods.

    The best value is bold only where its interval lies above those of all others.

    Parameters
    ----------
    table : DataFrame
        Rows of METRICS of one metric.
    names : mapping
        Method -> its name for readers, in the order of the columns.
    elsewhere : mapping
        Method -> value measured elsewhere.
    place : str
        Where that was.

    Returns
    -------
    row : dict
        ``cells``, one a method or None; ``dots``, a drawing; ``published``, values and names.
    """
    rows, best = by_key(table, "detector"), best_of(table)
    known = {m: rows[m] for m in names if m in rows and rows[m]["value"] is not None}
    return {
        "cells": [_cell(rows[m], m == best) if m in rows else None for m in names],
        "dots": _dots(known, names, elsewhere, place) if known else "",
        "published": [(f"{value:.2f}", names[m]) for m, value in elsewhere.items()],
    }


def recall_rows(recall: pd.DataFrame, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Write how many defects of each type every method finds at its threshold.

    Parameters
    ----------
    recall : DataFrame
        Rows of RECALL.
    names : mapping
        Method -> its name for readers, in the order of the columns.
    """
    return [
        _recall_row(str(kind), of_kind, names) for kind, of_kind in recall.groupby("defect_type")
    ]


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


def score_tile(metrics: pd.DataFrame, detector: str, metric: str) -> dict[str, Any] | None:
    """Return the words of a metric with its interval; None if it could not be computed."""
    of_detector = metrics[metrics["detector"] == detector]
    row = by_key(of_detector, "metric").get(metric)
    if row is None or row["value"] is None:
        return None
    name, meaning = metric_words(metric)
    cell = _cell({**row, "ceiling": None}, is_best=False)
    interval = f"95 % interval {cell['interval']}; " if cell["interval"] else ""
    return {"title": name, "value": cell["value"], "note": interval + meaning}


def missing_reasons(metrics: pd.DataFrame) -> list[str]:
    """Return why metrics could not be computed, each reason once."""
    notes = metrics.loc[metrics["value"].isna(), "note"]
    return [note for note in dict.fromkeys(notes) if note]


def _recall_row(kind: str, table: pd.DataFrame, names: Mapping[str, str]) -> dict[str, Any]:
    rates = table.rename(columns={"recall": "value"}).assign(ceiling=math.nan, note="")
    row, rows = metric_row(rates, names), by_key(table, "detector")
    for method, cell in zip(names, row["cells"], strict=True):
        if cell:
            found = rows[method]
            cell["interval"] = f"{found['n_found']} of {found['n_images']}; {cell['interval']}"
    return {"name": kind, "meaning": "", **row}


def _cell(row: dict[str, Any], is_best: bool) -> dict[str, Any]:
    """Write a value with as many digits as its interval supports."""
    value, low, high, ceiling = (row[key] for key in ("value", "low", "high", "ceiling"))
    if value is None:
        return {"value": "–", "interval": "", "is_best": False, "why": row["note"]}
    has_interval = low is not None and high is not None
    digits = decimals(low, high) if has_interval else 3
    interval = f"{low:.{digits}f} to {high:.{digits}f}" if has_interval else ""
    if ceiling is not None:
        interval = f"{interval} of at most {ceiling:.3f}".strip()
    return {"value": f"{value:.{digits}f}", "interval": interval, "is_best": is_best, "why": ""}


def _dots(
    known: Mapping[str, dict[str, Any]],
    names: Mapping[str, str],
    elsewhere: Mapping[str, float],
    place: str,
) -> str:
    colours = detector_colours(names)
    lows = [row["value"] if row["low"] is None else row["low"] for row in known.values()]
    low = max(0.0, math.floor((min([*lows, *elsewhere.values()]) - 0.02) * 10) / 10)
    dots = [(row["value"], row["low"], row["high"], colours[m]) for m, row in known.items()]
    hollow = [(value, colours[m]) for m, value in elsewhere.items()]
    alt = ", ".join(f"{names[m]} {row['value']:.3f}" for m, row in known.items())
    if elsewhere:
        alt += f"; {place}: " + ", ".join(f"{names[m]} {v:.2f}" for m, v in elsewhere.items())
    return interval_dots(dots, low=low, high=1.0, alt=alt, hollow=hollow)
