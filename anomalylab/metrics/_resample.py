"""Resamples of images, class by class, and a metric on each of them."""

from collections.abc import Iterator

import numpy as np

from anomalylab.metrics._tally import ap_of_tally, auroc_of_tally, pr_area_of_tally, tally
from anomalylab.metrics.catalogue import Metric
from anomalylab.metrics.image import auroc, average_precision, average_precision_trapezoid

COUNTS_PER_BLOCK = 1 << 21

_OF_TALLY = {
    auroc: auroc_of_tally,
    average_precision: ap_of_tally,
    average_precision_trapezoid: pr_area_of_tally,
}


def with_imagined(
    labels: np.ndarray, scores: np.ndarray, *, is_worse: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return the images and, at the end, one of each class that nobody has seen.

    The worse ones lie in the middle of the other class, the better ones on the far side of all.
    """
    normal, anomalous = scores[~labels], scores[labels]
    worse = (_middle(anomalous), _middle(normal))
    imagined = worse if is_worse else (scores.min(), scores.max())
    return np.append(labels, [False, True]), np.append(scores, imagined)


def _middle(scores: np.ndarray) -> float:
    """Return the median score, the lower one of two."""
    return float(np.quantile(scores, 0.5, method="lower"))


def resampled(
    metric: Metric,
    labels: np.ndarray,
    scores: np.ndarray,
    n_resamples: int,
    seed: int,
    *,
    n_imagined: int = 0,
) -> np.ndarray:
    """Return the metric of each resample: (n_resamples,).

    Parameters
    ----------
    metric, labels, scores, n_resamples, seed
        As in :func:`anomalylab.metrics.bootstrap_interval`; ``labels`` are bool.
    n_imagined : int
        Of each class, how many images more there are than a resample draws.
    """
    rng = np.random.default_rng(seed)
    blocks = draw_counts(labels, n_resamples, rng, n_imagined)
    if metric in _OF_TALLY:
        of_tally = _OF_TALLY[metric]
        return np.concatenate([of_tally(*tally(labels, scores, c)[1:]) for c in blocks])
    rows = np.arange(len(labels))
    draws = (np.repeat(rows, counts) for block in blocks for counts in block)
    return np.array([metric(labels[drawn], scores[drawn]) for drawn in draws])


def draw_counts(
    labels: np.ndarray, n_resamples: int, rng: np.random.Generator, n_imagined: int
) -> Iterator[np.ndarray]:
    """Yield blocks of (resamples, n_images): how often each image was drawn within its class."""
    per_block = max(1, COUNTS_PER_BLOCK // len(labels))
    for start in range(0, n_resamples, per_block):
        n_rows = min(per_block, n_resamples - start)
        counts = np.zeros((n_rows, len(labels)), dtype=np.int64)
        for label in (False, True):
            members = np.flatnonzero(labels == label)
            if not len(members):
                continue
            drawn = rng.integers(len(members), size=(n_rows, len(members) - n_imagined))
            drawn += np.arange(n_rows)[:, None] * len(members)
            times = np.bincount(drawn.ravel(), minlength=n_rows * len(members))
            counts[:, members] = times.reshape(n_rows, len(members))
        yield counts
