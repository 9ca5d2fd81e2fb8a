"""Means with both deviations and intervals, as tables to copy."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import pandas as pd

from anomalylab.metrics.in_studies import IN_STUDIES, strategy_words, told
from anomalylab.number_words import fixed, percent
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.studies.curves import with_intervals
from anomalylab.studies.findings import Findings

N_REJECTS = 4
"""Shares removed that the table shows: none, that of pollution, twice it, and the largest."""


def values(found: Findings) -> Fragment:
    """Show what was measured at each share of pollution, and at some shares removed.

    Parameters
    ----------
    found : Findings

    Returns
    -------
    Fragment
    """
    study = found.study
    points = with_intervals(_shown(found), study.tables.metrics)
    tables = []
    for part, caption in (
        ("pollution", "By share of defects among the training images"),
        ("refinement", "By share of training images removed"),
    ):
        own = points[points["study"] == part]
        if len(own):
            tables.append(_table(own, caption, is_refined=part == "refinement"))
    html = render("study/values", tables=tables, is_several=len(study.categories) > 1)
    return Fragment(html, TABLE_SCRIPTS)


def _shown(found: Findings) -> pd.DataFrame:
    """Return the points of the table: all of pollution, some of refinement."""
    points = found.study.points
    shares = _rejects(found)
    is_kept = [
        study == "pollution" or bool(np.isclose(reject, shares).any())
        for study, reject in zip(points["study"], points["reject"], strict=True)
    ]
    return points[is_kept]


def _rejects(found: Findings) -> list[float]:
    rejects = found.study.rejects
    if not rejects or found.pollution is None:
        return rejects or [0.0]
    wanted = (0.0, found.pollution, 2 * found.pollution, rejects[-1])
    return sorted({min(rejects, key=lambda share: abs(share - want)) for want in wanted})


def _table(points: pd.DataFrame, caption: str, *, is_refined: bool) -> dict[str, Any]:
    metrics = [name for name in IN_STUDIES if (points["metric"] == name).any()]
    words = (
        ["Detector", "Strategy", "Defective", "Removed"]
        if is_refined
        else ["Detector", "Defective"]
    )
    keys = ["detector", "strategy", "scorer", "pollution", "reject"]
    rows = []
    for key, own in points.groupby(keys, sort=True):
        detector, strategy, scorer, pollution, reject = cast(tuple[Any, ...], key)
        by_metric = {str(row["metric"]): row for row in own.to_dict("records")}
        told_of = [str(detector)]
        if is_refined:
            told_of.append(strategy_words(str(strategy), str(scorer), str(detector)))
        told_of += [percent(float(pollution)), *([percent(float(reject))] if is_refined else [])]
        cells = [_cell(by_metric.get(name)) for name in metrics]
        rows.append({"words": told_of, "cells": cells})
    head: Sequence[str] = [*words, *(told(name).title for name in metrics)]
    return {"caption": caption, "head": head, "n_words": len(words), "rows": rows}


def _cell(row: Mapping[Any, Any] | None) -> dict[str, Any]:
    if row is None:
        return {"value": "–", "notes": []}
    around = [f"± {fixed(row[name], 3)}" for name in _deviations(row) if row[name] == row[name]]
    known = row["low"] == row["low"]
    interval = f"{fixed(row['low'], 3)} to {fixed(row['high'], 3)}" if known else ""
    return {
        "value": fixed(row["value"], 3),
        "notes": [n for n in (", ".join(around), interval) if n],
    }


def _deviations(row: Mapping[Any, Any]) -> tuple[str, ...]:
    return ("deviation", "deviation_of_mean") if row["n_categories"] > 1 else ("deviation",)
