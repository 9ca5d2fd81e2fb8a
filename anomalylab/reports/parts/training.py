"""How the trained detectors of a run learnt: loss over epochs, on what, and where they stopped."""

from collections.abc import Iterator
from typing import Any

from anomalylab.number_words import plural
from anomalylab.pictures.palette import detector_colours
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.loss_drawing import curve_words, loss_drawing
from anomalylab.runs.folder import Run


def training(run: Run) -> Fragment:
    """Show the loss of each trained detector over epochs, and how it was trained.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Fragment
        Nothing to show if no detector was trained.
    """
    parts = list(_parts(run))
    return Fragment(render("parts/training", parts=parts), TABLE_SCRIPTS, ("parts/training.css",))


def _parts(run: Run) -> Iterator[dict[str, Any]]:
    table = run.table("training")
    colours = detector_colours(run.detectors)
    for name in run.detectors:
        told = run.detect.detectors[name].training
        curve = table[table["detector"] == name]
        if told is None or curve.empty:
            continue
        yield {
            "name": name,
            "drawing": loss_drawing(curve, colours[name], told.best_epoch, name),
            "has_held_out": bool((curve["part"] == "validation").any()),
            "words": curve_words(curve),
            "facts": {
                "Epochs": f"{told.epochs}, of which the weights of epoch {told.best_epoch} were "
                "kept",
                "Trainings": f"{plural(told.n_trainings, 'training')}, all told: one for the "
                "images that are judged, the others for training images that were left out",
                "Computed on": told.device,
                "Began from": told.weights,
            },
        }
