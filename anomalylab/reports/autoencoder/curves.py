"""How training went: the loss of each network, and how well defects were found meanwhile."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from anomalylab.number_words import listed, readable
from anomalylab.recipes.autoencoder.judged import ALL
from anomalylab.recipes.autoencoder.told import FLAT
from anomalylab.reports.autoencoder.latents import fall_words
from anomalylab.reports.autoencoder.opened import Found, Training
from anomalylab.reports.autoencoder.words import type_words
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.loss_drawing import loss_drawing
from anomalylab.reports.kit.rows import rows_of
from anomalylab.reports.kit.small_charts import Series, small_curves

STYLES = ("parts/training.css", "autoencoder/page.css")


def curves(found: Found) -> Fragment:
    """Show the loss of each training over epochs, and the best F1 of each type of the main one.

    Parameters
    ----------
    found : Found

    Returns
    -------
    Fragment
        Nothing to show if no training came to its end.
    """
    html = render(
        "autoencoder/curves",
        losses=list(_losses(found)),
        f1=list(_f1(found)),
        course=f1_words(found),
        why_no_f1=why_no_f1(found),
        rows=list(_rows(found)),
    )
    return Fragment(html, TABLE_SCRIPTS, STYLES)


def name_of(training: Training) -> str:
    """Return what a training is called."""
    return f"{training.architecture}, latent {training.latent}"


def f1_words(found: Found) -> str:
    """Say which types gained by the last half of training, and which lost.

    Returns
    -------
    words : str
        Empty if fewer than two epochs were looked at.
    """
    table = found.tables.f1_course
    if table["epoch"].nunique() < 2:
        return ""
    last = table["epoch"].max()
    ends = table[table["epoch"] == last].set_index("defect_type")["f1"]
    best = table.groupby("defect_type", sort=False)["f1"].max()
    lost = [str(name) for name in ends.index if best[name] - ends[name] > FLAT]
    lost = [name for name in lost if name != ALL]
    if not lost:
        return "No type of defect was found much better earlier than at the end."
    return f"Found better earlier in training than at its end: {listed(lost)}."


def why_no_f1(found: Found) -> str:
    """Say why no F1 is shown over epochs, and how to get it; empty if it is shown.

    Parameters
    ----------
    found : Found
    """
    if len(found.tables.f1_course) or not found.trainings:
        return ""
    if not found.types:
        return (
            "How well defects were found meanwhile is not shown: no test image has a mask that "
            "says which pixels are defective."
        )
    return (
        "How well defects were found meanwhile is not known: the network was found in the cache, "
        "where an older version, or a run without masks, had trained it and kept it from the end "
        "of training alone. The same command with another --seed trains it anew and looks at it "
        "after about 20 of its epochs."
    )


def _losses(found: Found) -> Iterator[dict[str, Any]]:
    for training in found.trainings:
        table = found.of(found.tables.course, training)
        table = table[table["measure"] == "loss"]
        if len(table):
            row = rows_of(found.of(found.tables.trainings, training))[0]
            name, fall = name_of(training), row["fall"]
            yield {
                "title": name,
                "drawing": loss_drawing(table, "var(--ink)", int(row["best_epoch"]), name),
                "note": "too short to say whether it had flattened"
                if fall is None
                else f"over the last fifth it {fall_words(fall)}",
            }


def _f1(found: Found) -> Iterator[dict[str, Any]]:
    """Yield a drawing a type, of which the best F1 was looked at during training."""
    table = found.tables.f1_course
    for name in dict.fromkeys(table["defect_type"]):
        own = table[table["defect_type"] == name].sort_values("epoch")
        epochs, f1 = own["epoch"].to_numpy(float), own["f1"].to_numpy(float)
        series = Series(str(name), "var(--series-1)", epochs, f1)
        words = f"{type_words(str(name))}: F1 {f1[0]:.2f} to {f1[-1]:.2f}, best {np.max(f1):.2f}"
        drawing = small_curves([series], mark=None, label="best F1", alt=words)
        yield {"title": type_words(str(name)), "drawing": drawing, "note": f"best {np.max(f1):.2f}"}


def _rows(found: Found) -> Iterator[dict[str, Any]]:
    for row in rows_of(found.tables.trainings):
        seconds = row["seconds"]
        yield {
            **row,
            "name": f"{row['architecture']}, latent {row['latent']}",
            "last_loss": readable(row["last_loss"]),
            "fall": "–" if row["fall"] is None else fall_words(row["fall"]),
            "time": "from the cache" if seconds is None else f"{readable(seconds, 2)} s",
        }
