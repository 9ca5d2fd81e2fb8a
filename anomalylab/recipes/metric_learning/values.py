"""What the distances of one trial are worth, over all defects and by type."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from anomalylab import metrics
from anomalylab.metrics import undefined_reason
from anomalylab.metrics.catalogue import IMAGE_METRICS
from anomalylab.recipes.metric_learning.published import published_auroc
from anomalylab.recipes.planted import CONTRAST

UNTRAINED = "_untrained"
"""Ends the names of metrics of test images without the type that was trained on."""

TWIN_OPTIONS = ("twin", "place", "length", "width", "colour", "contrast", "twin_scale")
"""Parameters that decide how twins look."""

ORACLE = "at the threshold that is best on these same images, which nobody knows beforehand"
WITH_TRAINED = "with test images that were trained on, which flatters"
NO_LABELS = "no labelled test images"
PLANTED = (
    f"test images against themselves with a planted defect of contrast {CONTRAST}: real defects "
    "may be easier or harder"
)


class Scored(NamedTuple):
    """Test images of one trial.

    Parameters
    ----------
    labels : float ndarray of shape (n_images,)
        0 normal, 1 anomalous, NaN unknown.
    scores : float ndarray of shape (n_images,)
    types : object ndarray of shape (n_images,)
    trained_on : str
        Type of defect that was trained on; empty if none was.
    """

    labels: np.ndarray
    scores: np.ndarray
    types: np.ndarray
    trained_on: str

    def without_trained(self) -> "Scored":
        """Return the images but those of the type that was trained on."""
        is_other = ~((self.types == self.trained_on) & (self.labels == 1))
        return Scored(self.labels[is_other], self.scores[is_other], self.types[is_other], "")


def variant_of(chosen: Mapping[str, object]) -> str:
    """Return which of the published settings a run is beside, by what was chosen of twins."""
    if chosen.get("place") == "on-blob":
        return "on-blob"
    return "tuned" if any(name in chosen for name in TWIN_OPTIONS) else "default"


def values_of(
    scored: Scored, planted: np.ndarray, trial: Mapping[str, Any], variant: str
) -> pd.DataFrame:
    """Measure a trial.

    Parameters
    ----------
    scored : Scored
    planted : float ndarray of shape (2, n_planted)
        Distances without and with a planted defect.
    trial : mapping
        Its key.
    variant : str
        Of the published values.

    Returns
    -------
    table : DataFrame
        ``metric``, ``value``, ``low``, ``high``, ``published`` and ``note`` of METRIC_VALUES.
    """
    note = WITH_TRAINED if scored.trained_on else ""
    rows = list(_measured(scored, "", note))
    if scored.trained_on:
        rows += _measured(scored.without_trained(), UNTRAINED, "")
    if planted.shape[1]:
        labels = np.repeat([0, 1], planted.shape[1])
        rows.append(("planted_auroc", *_bounded("auroc", labels, planted.ravel()), PLANTED))
    table = pd.DataFrame(rows, columns=["metric", "value", "low", "high", "note"])
    key = (str(trial["category"]), str(trial["experiment"]), str(trial["loss"]))
    printed = published_auroc(variant, *key)
    is_auroc = table["metric"] == "auroc"
    return table.assign(published=np.where(is_auroc, printed, np.nan))


def _measured(scored: Scored, ending: str, note: str) -> Iterator[tuple]:
    is_known = ~np.isnan(scored.labels)
    labels, scores = scored.labels[is_known].astype(int), scored.scores[is_known]
    n_anomalous = int(labels.sum())
    reason = undefined_reason(n_anomalous, len(labels) - n_anomalous) if len(labels) else NO_LABELS
    for name in ("auroc", "ap"):
        nothing = (np.nan, np.nan, np.nan)
        bounded = nothing if reason else _bounded(name, labels, scores)
        yield (f"{name}{ending}", *bounded, reason or note)
    rates = (np.nan, np.nan) if reason else best_rates(labels, scores)
    for name, rate in zip(("tpr_at_best", "tnr_at_best"), rates, strict=True):
        yield (f"{name}{ending}", rate, np.nan, np.nan, reason or ORACLE)


def _bounded(name: str, labels: np.ndarray, scores: np.ndarray) -> tuple[float, float, float]:
    metric = IMAGE_METRICS[name]
    low, high = metrics.metric_interval(metric, labels, scores, seed=0)
    return metric(labels, scores), low, high


def best_rates(labels: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    """Return ``TP / P`` and ``TN / N`` at the threshold that maximises their sum.

    Of equal thresholds the highest counts, at which fewer images are called defective.

    Examples
    --------
    >>> best_rates(np.array([0, 0, 1, 1]), np.array([1.0, 3.0, 2.0, 4.0]))
    (0.5, 1.0)
    """
    fpr, tpr, _ = metrics.roc_curve(labels, scores)
    best = int((tpr - fpr).argmax())
    return float(tpr[best]), float(1 - fpr[best])


def classes_of(scored: Scored) -> pd.DataFrame:
    """Summarise the distances of each type of test images.

    Returns
    -------
    table : DataFrame
        ``defect_type``, ``n_images``, ``mean_distance``, ``relative_to_good``, ``auroc`` and
        ``is_trained_on`` of METRIC_CLASSES; ``good`` first, images of which nothing is known as
        ``unknown``.
    """
    types = np.where(scored.types == "", "unknown", scored.types).astype(str)
    good = scored.scores[types == "good"]
    usual = float(good.mean()) if len(good) else np.nan
    rows = []
    for name in sorted(set(types), key=lambda kind: (kind != "good", kind)):
        own = scored.scores[types == name]
        labels = np.repeat([0, 1], [len(good), len(own)])
        told = name not in ("good", "unknown") and len(good)
        area = metrics.auroc(labels, np.concatenate([good, own])) if told else np.nan
        mean = float(own.mean())
        relative = mean / usual if usual > 0 else np.nan
        rows.append((name, len(own), mean, relative, area, name == scored.trained_on))
    columns = ["defect_type", "n_images", "mean_distance", "relative_to_good", "auroc"]
    return pd.DataFrame(rows, columns=[*columns, "is_trained_on"])
