"""Scores, threshold, images, maps and embedding as one linked thing, with a still stand-in."""

from typing import Any

from anomalylab.metrics import Confusion, confusion
from anomalylab.number_words import readable
from anomalylab.reports.detect.payload import payload
from anomalylab.reports.kit.fragment import Fragment, json_for_script, render
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


def explorer(run: Run, detector: str = "") -> Fragment:
    """Show scores with a threshold to drag, images with their maps, and the embedding, linked.

    Without scripts: the counts at the run's thresholds.

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
    detector = run.detector(detector)
    html = render(
        "detect/explorer",
        data=json_for_script(payload(run, detector)),
        detector=detector,
        counts=[counts_row(run, name) for name in run.detectors],
        is_labelled=run.is_labelled,
    )
    return Fragment(html, SCRIPTS, STYLES)


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
