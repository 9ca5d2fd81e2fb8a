"""Scores, threshold, images, maps and embedding as one linked thing, with a still stand-in."""

from typing import Any

import numpy as np

from anomalylab.metrics import Confusion, confusion
from anomalylab.number_words import readable
from anomalylab.pictures import map_colours
from anomalylab.pictures.encode import data_url
from anomalylab.registry import unknown_name
from anomalylab.reports.detect.payload import payload
from anomalylab.reports.kit.fragment import Fragment, json_for_script, render
from anomalylab.reports.kit.rows import by_key, rows_of
from anomalylab.reports.kit.words import LABELS, short_names
from anomalylab.runs.displayed import map_bytes
from anomalylab.runs.folder import Run
from anomalylab.verdicts.thresholds import method_words

SCRIPTS = (
    "kit/core.js",
    "kit/number_words.js",
    "kit/numbers.js",
    "kit/map_colours.js",
    "detect/chance.js",
    "detect/store.js",
    "detect/score_axis.js",
    "detect/histogram.js",
    "detect/readouts.js",
    "detect/colouring.js",
    "detect/embedding.js",
    "kit/model.js",
    "gallery.js",
    "detect/gallery.js",
    "detect/enlarged.js",
    "detect/explorer.js",
)
STYLES = ("detect/explorer.css", "gallery.css")

N_STILL = 10
"""Suspects shown to readers without scripts."""


def explorer(run: Run, detector: str = "") -> Fragment:
    """Show scores with a threshold to drag, images with their maps, and the embedding, linked.

    Without scripts: the ten highest scores with their maps, and the counts at the run's thresholds.

    Parameters
    ----------
    run : Run
    detector : str
        The detector shown first; the run's first if empty.

    Returns
    -------
    Fragment

    Raises
    ------
    UnknownNameError
        If the run has no such detector.
    """
    detector = detector or run.detectors[0]
    if detector not in run.detectors:
        unknown_name("detector of this run", detector, run.detectors)
    html = render(
        "detect/explorer",
        data=json_for_script(payload(run, detector)),
        detector=detector,
        ramp=run.map_ramp,
        suspects=suspects(run, detector),
        counts=[counts_row(run, name) for name in run.detectors],
        is_labelled=run.is_labelled,
    )
    return Fragment(html, SCRIPTS, STYLES)


def suspects(run: Run, detector: str, n: int = N_STILL) -> list[dict[str, Any]]:
    """Return the highest scores with a picture each, maps drawn in."""
    thumbnails = by_key(run.table("thumbnails"), "sample_id")
    queries = rows_of(run.queries)
    names = short_names(run.queries["sample_id"])
    maps = map_bytes(run, detector)
    threshold = run.threshold(detector)
    scores = run.scores(detector)["score"].to_numpy(float)
    shown = []
    for i in np.argsort(-scores, kind="stable")[:n]:
        query = queries[i]
        thumbnail = thumbnails[query["sample_id"]]
        picture = map_colours.composite(
            thumbnail["image"], maps[i], thumbnail["contour"], run.map_ramp
        )
        shown.append(
            {
                "id": query["sample_id"],
                "name": names[query["sample_id"]],
                "src": data_url(picture),
                "width": thumbnail["width"],
                "height": thumbnail["height"],
                "score": readable(scores[i]),
                "is_above": scores[i] >= threshold,
                "label": LABELS.get(query["label"], ""),
            }
        )
    return shown


def counts_row(run: Run, detector: str) -> dict[str, Any]:
    """Return the counts of one detector at the run's threshold."""
    default = run.thresholds(detector).iloc[0]
    threshold = float(default["value"])
    scores = run.scores(detector)["score"].to_numpy(float)
    return {
        "detector": detector,
        "threshold": readable(threshold),
        "method": method_words(default["method"]),
        "n_above": int((scores >= threshold).sum()),
        "n": len(scores),
        "counts": counts_at(run, detector, threshold),
    }


def counts_at(run: Run, detector: str, threshold: float) -> Confusion | None:
    """Return the outcomes on images with known labels; None if there are not both kinds."""
    if not run.is_labelled:
        return None
    labels = run.queries["label"]
    is_known = labels.notna().to_numpy()
    scores = run.scores(detector)["score"].to_numpy(float)
    return confusion(labels[is_known].to_numpy(int), scores[is_known], threshold)
