"""Tables of this recipe alone: features, coefficients, how well training images are told."""

import numpy as np
import pandas as pd

from anomalylab import metrics
from anomalylab.metrics.catalogue import IMAGE_METRICS
from anomalylab.pc_space.histogram import edges
from anomalylab.pc_space.info import PCSpaceInfo
from anomalylab.recipes.pc_space.odds import ClassifierScores
from anomalylab.recipes.pc_space.request import PCSpaceRequest

OF_TRAINING = {
    "train": "training images, by the classifier that was fitted on them",
    "left_out": "training images, each by a classifier that has not seen it",
}


def features_of(
    histograms: np.ndarray, sizes: np.ndarray, request: PCSpaceRequest | PCSpaceInfo
) -> np.ndarray:
    """Turn counts into what a classifier sees.

    Parameters
    ----------
    histograms : int ndarray of shape (n_images, n_planes, bins, bins)
    sizes : int ndarray of shape (n_images, 2)
        Height and width of the images.
    request : PCSpaceRequest or PCSpaceInfo

    Returns
    -------
    features : float64 ndarray of shape (n_images, n_planes * bins * bins)
        Counts, or shares of the windows of the image.
    """
    counts = histograms.astype(np.float64)
    if request.density:
        windows = np.array([plane.window for plane in request.planes])
        n_windows = np.prod(sizes[:, None] - windows[None, :, None] + 1, axis=-1)
        counts /= n_windows[..., None, None]
    return counts.reshape(len(counts), -1)


def features_table(
    sample_ids: pd.Series,
    beyond: np.ndarray,
    features: np.ndarray,
    request: PCSpaceRequest | PCSpaceInfo,
) -> pd.DataFrame:
    """Return FEATURES."""
    bins = range(request.bins)
    names = [f"{p}_{r}_{c}" for p in range(len(request.planes)) for r in bins for c in bins]
    table = pd.DataFrame(features, columns=names)
    table.insert(0, "sample_id", sample_ids.to_numpy())
    table.insert(1, "dropped", beyond.mean(axis=1))
    return table


def coefficients_table(coefficients: np.ndarray, request: PCSpaceRequest) -> pd.DataFrame:
    """Return COEFFICIENTS of an array of shape (n_planes, bins, bins)."""
    rows = []
    for number, plane in enumerate(request.planes):
        borders = edges(request.bins, plane.limit)
        for row, col in np.ndindex(request.bins, request.bins):
            value = float(coefficients[number, row, col])
            rows.append(
                {
                    "plane": number,
                    "window": plane.window,
                    "first": plane.first,
                    "second": plane.second,
                    "row": row,
                    "col": col,
                    "x0": borders[row],
                    "x1": borders[row + 1],
                    "y0": borders[col],
                    "y1": borders[col + 1],
                    "coefficient": value,
                    "odds": float(np.exp(value)),
                }
            )
    return pd.DataFrame(rows)


def training_metrics(
    detector: str, labels: np.ndarray, judged: ClassifierScores, *, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure a classifier on its training images, in sample and left out.

    Parameters
    ----------
    detector : str
    labels : int ndarray of shape (n_training,)
    judged : ClassifierScores
    seed : int
        Of the bootstrap.

    Returns
    -------
    metrics : DataFrame
        Rows of METRICS: ``train_auroc``, ``left_out_auroc`` and so on.
    curves : DataFrame
        Rows of CURVES: ``roc_train``, ``pr_train``, ``roc_left_out``, ``pr_left_out``.
    """
    rows, curves = [], []
    for kind, scores in {"train": judged.in_sample, "left_out": judged.left_out}.items():
        for name, metric in IMAGE_METRICS.items():
            low, high = metrics.metric_interval(metric, labels, scores, seed=seed)
            value = metric(labels, scores)
            rows.append((detector, f"{kind}_{name}", value, low, high, OF_TRAINING[kind]))
        fpr, tpr, _ = metrics.roc_curve(labels, scores)
        recall, precision, _ = metrics.pr_curve(labels, scores)
        for curve, x, y in (("roc", fpr, tpr), ("pr", recall, precision)):
            x, y = metrics.thin_curve(x, y)
            points = {"point": np.arange(len(x)), "x": x, "y": y}
            curves.append(
                pd.DataFrame({"detector": detector, "curve": f"{curve}_{kind}", **points})
            )
    columns = ["detector", "metric", "value", "low", "high", "note"]
    table = pd.DataFrame(rows, columns=columns).assign(ceiling=np.nan, n_images=len(labels))
    return table, pd.concat(curves, ignore_index=True)
