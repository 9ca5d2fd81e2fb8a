"""Detectors against each other, with intervals."""

from typing import Any

import pandas as pd

from anomalylab.metrics import catalogue
from anomalylab.pictures.palette import detector_colours
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.metric_table import OF_TYPES, metric_row, missing_reasons, recall_rows
from anomalylab.reports.kit.words import metric_words
from anomalylab.runs.folder import Run
from anomalylab.runs.recall import recall_of


def comparison(run: Run) -> Fragment:
    """Show every metric of every detector, with intervals as text and as dots.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Fragment
    """
    table = run.table("metrics")
    of_page = catalogue.groups()
    listed = {metric for metrics in of_page.values() for metric in metrics}
    others = [m for m in dict.fromkeys(table["metric"]) if m not in listed]
    groups = [
        (title, rows)
        for title, metrics in {**of_page, "Further": others}.items()
        if (rows := [_row(run, of_metric, m) for m in metrics if len(of_metric := _of(table, m))])
    ]
    groups = groups if table["value"].notna().any() else []
    names = {name: name for name in run.detectors}
    if rows := recall_rows(recall_of(run), names):
        groups.append((OF_TYPES, rows))
    html = render(
        "parts/comparison",
        names=names,
        colours=detector_colours(run.detectors),
        groups=groups,
        reasons=missing_reasons(table),
    )
    return Fragment(html, TABLE_SCRIPTS)


def _of(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    return table[table["metric"] == metric]


def _row(run: Run, table: pd.DataFrame, metric: str) -> dict[str, Any]:
    name, meaning = metric_words(metric)
    notes = table["note"].fillna("").unique()
    shared = f" ({notes[0]})" if len(notes) == 1 and notes[0] else ""
    names = {detector: detector for detector in run.detectors}
    return {"name": name, "meaning": f"{meaning}{shared}".strip(), **metric_row(table, names)}
