"""Images of each class at every distinct score, and what follows from those numbers alone."""

import numpy as np


def tally(
    labels: np.ndarray, scores: np.ndarray, counts: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Count the images of each class at every distinct score.

    Parameters
    ----------
    labels : bool ndarray of shape (n_images,)
    scores : ndarray of shape (n_images,)
    counts : ndarray of shape (..., n_images), optional
        How often each image counts, once by default; a bootstrap passes many rows.

    Returns
    -------
    thresholds : ndarray of shape (n_distinct,)
        Distinct scores, falling.
    anomalous, normal : ndarray of shape (..., n_distinct)
    """
    counts = np.ones(len(scores)) if counts is None else counts
    falling = np.argsort(-scores, kind="stable")
    ordered = scores[falling]
    first_of_ties = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    n_both = np.add.reduceat(counts[..., falling], first_of_ties, axis=-1)
    n_anomalous = np.add.reduceat((counts * labels)[..., falling], first_of_ties, axis=-1)
    return ordered[first_of_ties], n_anomalous, n_both - n_anomalous


def auroc_of_tally(anomalous: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Compute AUROC over the last axis of two tallies, scores falling."""
    found = np.cumsum(anomalous, axis=-1)
    n_pairs = found[..., -1] * normal.sum(axis=-1)
    area: np.ndarray = ((found - anomalous / 2) * normal).sum(axis=-1) / n_pairs
    return area


def ap_of_tally(anomalous: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Compute step-wise average precision over the last axis of two tallies, scores falling."""
    gain = anomalous / anomalous.sum(axis=-1, keepdims=True)
    area: np.ndarray = (gain * precision_of_tally(anomalous, normal)).sum(axis=-1)
    return area


def pr_area_of_tally(anomalous: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Compute the area under the linearly interpolated precision-recall curve from (0, 1)."""
    gain = anomalous / anomalous.sum(axis=-1, keepdims=True)
    precision = precision_of_tally(anomalous, normal)
    before = np.concatenate([np.ones_like(precision[..., :1]), precision[..., :-1]], axis=-1)
    area: np.ndarray = (gain * (before + precision) / 2).sum(axis=-1)
    return area


def precision_of_tally(anomalous: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Compute precision at each distinct score; 1 by convention before any image is called."""
    found = np.cumsum(anomalous, axis=-1)
    called = found + np.cumsum(normal, axis=-1)
    precision: np.ndarray = np.divide(found, called, out=np.ones(called.shape), where=called > 0)
    return precision
