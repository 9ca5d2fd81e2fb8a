"""How training went: loss over epochs, on what is learnt from and on what is held out."""

from collections.abc import Iterator
from typing import Any

from anomalylab.number_words import readable
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.loss_drawing import loss_drawing
from anomalylab.reports.kit.rows import rows_of
from anomalylab.reports.metric_learning.opened import Trial, Trials
from anomalylab.reports.metric_learning.words import colours_of, short_name

SHARED = "classes"
"""Experiment in which one network judges all categories."""


def curves(found: Trials) -> Fragment:
    """Show the loss over epochs of each training, and where the weights that were kept are from.

    Parameters
    ----------
    found : Trials

    Returns
    -------
    Fragment
    """
    groups = []
    for name, trials in _by_network(found).items():
        charts = list(_charts(found, trials))
        if charts:
            groups.append({"title": name, "charts": charts})
    html = render(
        "metric_learning/curves",
        groups=groups,
        rows=list(_rows(found)),
    )
    return Fragment(html, TABLE_SCRIPTS, ("parts/training.css", "metric_learning/page.css"))


def _by_network(found: Trials) -> dict[str, list[Trial]]:
    """Return the trials that trained a network of their own, by what they were trained for."""
    groups: dict[str, list[Trial]] = {}
    seen = set()
    for trial in found.all:
        name = "All products together" if trial.experiment == SHARED else trial.category
        if (name, trial[1:]) not in seen:
            seen.add((name, trial[1:]))
            groups.setdefault(name, []).append(trial)
    return groups


def _charts(found: Trials, trials: list[Trial]) -> Iterator[dict[str, Any]]:
    colours = colours_of(found.losses)
    for trial in trials:
        table = found.of(found.tables.curves, trial)
        table = table[table["measure"] == "loss"]
        if len(table):
            row = rows_of(found.of(found.tables.trainings, trial))[0]
            kept = int(row["best_epoch"]) if row["status"] == "done" else None
            yield {
                "title": short_name(trial, found),
                "drawing": loss_drawing(table, colours[trial.loss], kept, short_name(trial, found)),
                "note": "" if row["status"] == "done" else f"failed: {row['reason']}",
            }


def _rows(found: Trials) -> Iterator[dict[str, Any]]:
    for trial in found.all:
        row = rows_of(found.of(found.tables.trainings, trial))[0]
        seconds = row["seconds"]
        is_done = row["status"] == "done"
        yield {
            "category": trial.category,
            "name": short_name(trial, found),
            "trained_on": row["trained_on"],
            "n_train": int(row["n_train"]),
            "epochs": int(row["epochs"]),
            "kept": int(row["best_epoch"]) if is_done else "–",
            "time": "from the cache" if seconds is None else f"{readable(seconds, 2)} s",
            "reason": row["reason"],
        }
