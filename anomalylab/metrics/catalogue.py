"""What a run measures: each metric's name in tables, its name for readers, and its meaning."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from anomalylab.errors import ParameterError

Metric = Callable[[np.ndarray, np.ndarray], float]
"""``metric(labels, scores) -> float``."""

OVER_ALL = "Images, over all thresholds"
AT_THRESHOLD = "Images, at the threshold of the run"
PLACES = "Places in the images"


class Entry(NamedTuple):
    """How readers are told of a metric, and among which others it is shown."""

    title: str
    meaning: str
    group: str = OVER_ALL


IMAGE_METRICS: dict[str, Metric] = {}
"""By name in tables, what a run computes from the labels and scores of its images."""

CATALOGUE = {
    "f1_max_oracle": Entry(
        "F1-max (oracle)", "best F1 of any threshold, chosen on these very images"
    ),
    "recall": Entry("Recall", "share of defective images that are found", AT_THRESHOLD),
    "precision": Entry("Precision", "share of alarms that are right", AT_THRESHOLD),
    "specificity": Entry(
        "Specificity", "share of good images that pass; 1 − false-alarm rate", AT_THRESHOLD
    ),
    "f1": Entry("F1", "harmonic mean of precision and recall", AT_THRESHOLD),
    "au_pro": Entry(
        "AU-PRO", "mean share of each defect that is covered, over low false-alarm rates", PLACES
    ),
    "au_iou": Entry(
        "AU-IoU", "mean overlap of found and true defects, over low false-alarm rates", PLACES
    ),
    "pixel_auroc": Entry("Pixel AUROC", "as AUROC, with pixels instead of images", PLACES),
    "pixel_ap": Entry("Pixel AP", "as AP, with pixels instead of images", PLACES),
    "partial_auroc": Entry(
        "Partial pixel AUROC", "pixel AUROC over the low false-alarm rates only", PLACES
    ),
}
"""By name in tables, all that readers are told of; :func:`image_metric` adds to it."""


def image_metric(name: str, title: str, meaning: str) -> Callable[[Metric], Metric]:
    """Return a decorator that has every run compute a metric of image scores.

    Parameters
    ----------
    name : str
        In tables, such as ``auroc``.
    title : str
        For readers, such as ``AUROC``.
    meaning : str
        What the number says, in a line that begins in lower case.

    Raises
    ------
    ParameterError
        If the name is taken by a function of another module.
    """

    def enter(metric: Metric) -> Metric:
        other = IMAGE_METRICS.get(name)
        is_same = other is not None and other.__module__ == metric.__module__
        if name in CATALOGUE and not is_same:  # running a cell again replaces its metric
            raise ParameterError(f"the metric name {name!r} is taken; choose another")
        IMAGE_METRICS[name] = metric
        CATALOGUE[name] = Entry(title, meaning)
        return metric

    return enter


def groups() -> dict[str, list[str]]:
    """Return the names of all metrics in the order of a page, by the title of their group."""
    found: dict[str, list[str]] = {OVER_ALL: list(IMAGE_METRICS), AT_THRESHOLD: [], PLACES: []}
    for name, entry in CATALOGUE.items():
        if name not in IMAGE_METRICS:
            found[entry.group].append(name)
    return found
