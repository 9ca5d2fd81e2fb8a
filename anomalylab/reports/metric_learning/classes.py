"""How far each type of defect lies from normal images, against good ones."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from anomalylab.number_words import fixed, plural, readable
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.rows import rows_of
from anomalylab.reports.kit.small_charts import DotRow, dot_rows
from anomalylab.reports.metric_learning.opened import Trial, Trials
from anomalylab.reports.metric_learning.words import GOOD, colours_of, short_name

LEAST = 0.05
"""Of good images' distance: what lies nearer is drawn there."""


def classes(found: Trials) -> Fragment:
    """Show the mean distance of each type of defect over that of good test images.

    Parameters
    ----------
    found : Trials

    Returns
    -------
    Fragment
        Nothing to show if no test image has a known label.
    """
    parts = []
    for category in found.categories:
        trials = [
            trial
            for trial in found.done
            if trial.category == category and len(found.of(found.tables.classes, trial))
        ]
        if trials:
            parts.append(_part(found, category, trials))
    without = [name for name in found.categories if name not in {p["title"] for p in parts}]
    html = render("metric_learning/classes", parts=parts, without=without if parts else [])
    return Fragment(html, TABLE_SCRIPTS, ("metric_learning/page.css",))


def _part(found: Trials, category: str, trials: list[Trial]) -> dict[str, Any]:
    tables = {trial: found.of(found.tables.classes, trial) for trial in trials}
    kinds = list(dict.fromkeys(kind for own in tables.values() for kind in own["defect_type"]))
    names = {trial: short_name(trial, found) for trial in trials}
    counts = {
        row["defect_type"]: int(row["n_images"]) for own in tables.values() for row in rows_of(own)
    }
    return {
        "title": category,
        "heads": list(names.values()),
        "kinds": [
            {
                "name": kind,
                "n": plural(counts[kind], "image"),
                "cells": [_cell(tables[trial], kind) for trial in trials],
            }
            for kind in kinds
        ],
        "charts": list(_charts(found, tables, [kind for kind in kinds if kind != GOOD])),
    }


def _cell(table: pd.DataFrame, kind: str) -> dict[str, Any] | None:
    rows = rows_of(table[table["defect_type"] == kind])
    if not rows:
        return None
    row = rows[0]
    relative = row["relative_to_good"]
    return {
        "relative": "–" if relative is None else f"{readable(relative)} ×",
        "auroc": "" if row["auroc"] is None else f"AUROC {fixed(row['auroc'], 3)}",
        "is_trained_on": bool(row["is_trained_on"]),
    }


def _charts(
    found: Trials, tables: dict[Trial, pd.DataFrame], kinds: list[str]
) -> Iterator[dict[str, Any]]:
    """Yield a drawing a type: one dot a loss, 1 being the mean of good images."""
    colours = colours_of(found.losses)
    known = pd.concat([table["relative_to_good"].dropna() for table in tables.values()])
    end = max(2.0, 1.1 * float(known.max())) if len(known) else 2.0
    start = min(0.8, 0.95 * max(float(known.min()), LEAST)) if len(known) else 0.8
    for kind in kinds:
        dots = []
        for trial, table in tables.items():
            own = table.loc[table["defect_type"] == kind, "relative_to_good"].dropna().clip(LEAST)
            if len(own) and not trial.is_as_published:
                dots.append(
                    DotRow(short_name(trial, found), colours[trial.loss], float(own.iloc[0]))
                )
        if dots:
            alt = f"Distance of {kind} over that of good images: " + "; ".join(
                f"{dot.name} {dot.value:.2f}" for dot in dots
            )
            drawing = dot_rows(dots, start=start, end=end, mark=1.0, is_log=True, alt=alt)
            yield {"title": kind, "drawing": drawing}
