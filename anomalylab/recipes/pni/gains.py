"""What position, neighbours and refinement add, each with how sure that is."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from anomalylab import metrics
from anomalylab.images.masks import resize_mask
from anomalylab.localise import anomaly_map
from anomalylab.metrics.pixel_differences import BinnedPixels, paired_pixel_differences
from anomalylab.recipes.pni.evaluate import IMAGE, PIXEL
from anomalylab.runs.inputs import network_size_of
from anomalylab.runs.outcome import Material

BASE = "patchcore"

Way = tuple[str, float]
"""A way to judge: a variant, and the share of the refined map."""


class Judged(NamedTuple):
    """What one way to judge made of the test images.

    Parameters
    ----------
    scores : ndarray of shape (n_query,)
    pixels : BinnedPixels or None
        None where no mask marks a defect.
    values : dict
        Metric -> its value at the size of the masks.
    """

    scores: np.ndarray
    pixels: BinnedPixels | None
    values: Mapping[str, float]


def judged_by(
    material: Material, scores: np.ndarray, maps: np.ndarray, values: pd.DataFrame
) -> Judged:
    """Return what is compared; pixels are counted at the size that the network sees.

    Parameters
    ----------
    material : Material
    scores : ndarray of shape (n_query,)
    maps : ndarray of shape (n_query, n_rows, n_cols)
    values : DataFrame
        Rows of PNI_VALUES without their key.
    """
    own = values[values["resolution"] == IMAGE]
    known = dict(zip(own["metric"], own["value"].astype(float), strict=True))
    return Judged(scores, _pixels(material, maps), known)


def _pixels(material: Material, maps: np.ndarray) -> BinnedPixels | None:
    queries, size = material.queries, network_size_of(material.extractor)
    is_normal = (queries["label"] == 0).fillna(False).to_numpy(bool)
    is_used = queries["mask_path"].notna().to_numpy() | is_normal
    rows = queries[is_used].itertuples()
    truths = [resize_mask(material.masks.truth(row), size) for row in rows]
    if not any(truth.any() for truth in truths):
        return None
    smoothing = material.request.smoothing
    large = [
        anomaly_map(one, size, smoothing=smoothing, network_size=size) for one in maps[is_used]
    ]
    return BinnedPixels.of(truths, large)


def compared(ways: Mapping[Way, Judged]) -> Iterator[tuple[Way, Way]]:
    """Yield what is compared with what: variants with PatchCore, refined maps with plain ones."""
    for variant, blend in ways:
        other = (variant, 0.0) if blend else (BASE, 0.0)
        if other in ways and other != (variant, blend):
            yield (variant, blend), other


def gains(labels: pd.Series, ways: Mapping[Way, Judged], *, max_fpr: float) -> pd.DataFrame:
    """Return rows of PNI_GAINS without category, of all ways to judge the images of a category.

    Parameters
    ----------
    labels : Series of length n_query
        0 normal, 1 anomalous, missing if not known.
    ways : mapping
        Way -> what it made.
    max_fpr : float
        Where the integral of AU-PRO ends.
    """
    rows = []
    for way, other in compared(ways):
        for metric, bounds, n, note in _differences(labels, ways[way], ways[other], max_fpr):
            rows.append((*way, *other, metric, *bounds, n, note))
    columns = ["variant", "blend", "against", "against_blend", "metric"]
    return pd.DataFrame(rows, columns=[*columns, "difference", "low", "high", "n_images", "note"])


def _differences(
    labels: pd.Series, a: Judged, b: Judged, max_fpr: float
) -> Iterator[tuple[str, tuple[float, float, float], int, str]]:
    nothing = (np.nan, np.nan, np.nan)
    known = labels.notna().to_numpy()
    truth = labels[known].to_numpy(int)
    if len(set(truth)) < 2:
        note = "needs good and defective images with labels"
        yield "image_auroc", nothing, len(truth), note
    else:
        bounds = metrics.paired_auroc_difference(truth, a.scores[known], b.scores[known])
        yield "image_auroc", bounds, len(truth), ""
    if a.pixels is None or b.pixels is None:
        for metric in PIXEL:
            yield metric, nothing, 0, "no mask marks a defect"
        return
    found = paired_pixel_differences(a.pixels, b.pixels, max_fpr=max_fpr)
    for metric in PIXEL:
        exact = a.values[metric] - b.values[metric]
        moved = exact - found[metric][0]  # what the coarser size and levels are off by
        low, high = (bound + moved for bound in found[metric][1:])
        yield metric, (exact, low, high), len(a.pixels.n_regions), ""
