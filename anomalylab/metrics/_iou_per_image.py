"""IoU of each defective image against the false-positive rate over all images."""

import numpy as np

from anomalylab.metrics._areas import corners, iou_area
from anomalylab.metrics._pixel_counts import Images


def mean_iou_area(masks: Images, maps: Images, max_fpr: float) -> float:
    """Compute AU-IoU as the mean over defective images; checked input, both classes present."""
    pairs = zip(masks, maps, strict=True)
    good = np.sort(np.concatenate([anomaly_map[~mask] for mask, anomaly_map in pairs]))
    areas = [
        _iou_area_of_image(mask, anomaly_map, good, max_fpr)
        for mask, anomaly_map in zip(masks, maps, strict=True)
        if mask.any()
    ]
    return float(np.mean(areas))


def _iou_area_of_image(
    mask: np.ndarray, anomaly_map: np.ndarray, good: np.ndarray, max_fpr: float
) -> float:
    falling = np.unique(anomaly_map)[::-1]
    above = good.size - np.searchsorted(good, falling, side="right")
    at = good.size - np.searchsorted(good, falling, side="left")
    found = _n_at_least(anomaly_map[mask], falling)
    false = _n_at_least(anomaly_map[~mask], falling)
    pieces = corners(above, at, good.size, found, false)
    return iou_area(pieces, int(mask.sum()), max_fpr * good.size)


def _n_at_least(values: np.ndarray, scores: np.ndarray) -> np.ndarray:
    return values.size - np.searchsorted(np.sort(values), scores, side="left")
