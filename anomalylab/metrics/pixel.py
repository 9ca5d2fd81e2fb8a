"""How well anomaly maps separate defective from good pixels, over all thresholds, exactly.

Truth comes first, scores second. Pixels of all images are pooled; good pixels are counted in
defective images too. Masks and maps are sequences of two-dimensional arrays whose sizes may differ
between images; they are read one at a time, twice, so a sequence may compute its items on demand.
Where no pixel is defective, or none is good, the answer is NaN with an
:class:`~anomalylab.metrics.UndefinedMetric` warning that gives the reason.

Extra memory is linear in the pixels: about 50 bytes per defective pixel, and 4 bytes for each good
pixel whose score lies among those of defective ones.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from anomalylab.metrics._areas import Piece, area, corners, iou_area, up_to
from anomalylab.metrics._iou_per_image import mean_iou_area
from anomalylab.metrics._pixel_counts import Images, PixelCounts, count_pixels
from anomalylab.metrics._undefined import check_max_fpr, undefined_reason, warn_undefined
from anomalylab.metrics.thinning import thin_curve
from anomalylab.registry import unknown_name

Curve = tuple[np.ndarray, np.ndarray]

STEPS_BETWEEN = 1000
"""Even steps at which the IoU curve, bent between its corners, is given besides them."""


def localisation(
    masks: Images, maps: Images, *, max_fpr: float = 0.3
) -> tuple[dict[str, float], dict[str, Curve]]:
    """Compute every pixel metric in one go.

    Parameters
    ----------
    masks : sequence of bool ndarray of shape (height, width)
        True where a pixel is defective; sizes may differ between images.
    maps : sequence of float32 ndarray of shape (height, width)
        Anomaly maps of the same sizes.
    max_fpr : float in (0, 1]
        False-positive rate where integration stops; areas are divided by it.

    Returns
    -------
    values : dict
        ``pixel_auroc``, ``pixel_ap``, ``partial_auroc``, ``au_pro``, ``au_iou`` and
        ``au_iou_ceiling``, which a perfect map would reach.
    curves : dict
        ``pro`` and ``iou``, each (fpr, y) up to ``max_fpr`` in at most 500 points.

    Raises
    ------
    ParameterError
        If ``max_fpr`` lies outside (0, 1], the sequences or the sizes of a pair differ, a mask is
        not bool, or a map is not float32 or holds NaN or infinity.

    See Also
    --------
    au_pro, au_iou, pixel_auroc, pixel_ap : one metric each, with its source.
    """
    check_max_fpr(max_fpr)
    counts = count_pixels(masks, maps)
    names = ("pixel_auroc", "pixel_ap", "partial_auroc", "au_pro", "au_iou", "au_iou_ceiling")
    if _is_undefined("localisation", counts):
        empty = (np.empty(0), np.empty(0))
        return dict.fromkeys(names, np.nan), {"pro": empty, "iou": empty}
    values = (
        _roc_area(counts, 1.0),
        _average_precision(counts),
        _roc_area(counts, max_fpr),
        _pro_area(counts, max_fpr),
        _iou_area(counts, max_fpr),
        au_iou_ceiling(counts.n_defective / (counts.n_defective + counts.n_good), max_fpr=max_fpr),
    )
    curves = {
        "pro": _thinned(_pro(counts), counts.n_good, max_fpr),
        "iou": _thinned(_iou(counts), counts.n_good, max_fpr),
    }
    return dict(zip(names, values, strict=True)), curves


def pixel_auroc(masks: Images, maps: Images, *, max_fpr: float = 1.0) -> float:
    """Compute the area under the ROC curve over all pixels, up to ``max_fpr`` and divided by it.

    Parameters and errors as in :func:`localisation`. Dominated by large defects; see
    :func:`au_pro`.
    """
    check_max_fpr(max_fpr)
    counts = count_pixels(masks, maps)
    if _is_undefined("pixel AUROC", counts):
        return np.nan
    return _roc_area(counts, max_fpr)


def pixel_ap(masks: Images, maps: Images) -> float:
    """Compute average precision over all pixels: ``sum_k (R_k - R_(k-1)) P_k``.

    Parameters and errors as in :func:`localisation`; equals
    ``sklearn.metrics.average_precision_score`` on the pooled pixels.
    """
    counts = count_pixels(masks, maps)
    return np.nan if _is_undefined("pixel AP", counts) else _average_precision(counts)


def au_pro(masks: Images, maps: Images, *, max_fpr: float = 0.3) -> float:
    """Compute AU-PRO, the integral of PRO(x) over x from 0 to max_fpr, divided by max_fpr [1]_.

    PRO is the mean over defects of the share covered at false-positive rate x. Every defect counts
    the same, however large. Regions are connected over eight neighbours; the curve is linear
    between distinct scores and at ``max_fpr``, as in the evaluation code published with MVTec AD.

    Parameters
    ----------
    masks, maps : sequence of ndarray of shape (height, width)
        As in :func:`localisation`.
    max_fpr : float in (0, 1]
        False-positive rate where integration stops; the area is divided by it.

    Returns
    -------
    au_pro : float in [0, 1]
        1 is perfect; ``max_fpr / 2`` is chance.

    Raises
    ------
    ParameterError
        As in :func:`localisation`.

    References
    ----------
    .. [1] Bergmann et al. (2021). The MVTec Anomaly Detection Dataset. IJCV 129.

    Examples
    --------
    >>> mask = np.zeros((4, 4), dtype=bool)
    >>> mask[0, 0] = True
    >>> au_pro([mask], [mask.astype(np.float32)])
    1.0
    """
    check_max_fpr(max_fpr)
    counts = count_pixels(masks, maps)
    return np.nan if _is_undefined("AU-PRO", counts) else _pro_area(counts, max_fpr)


def au_iou(
    masks: Images,
    maps: Images,
    *,
    max_fpr: float = 0.3,
    average: Literal["pooled", "per_image"] = "pooled",
) -> float:
    """Compute AU-IoU, the integral of TP / (P + FP) over FPR from 0 to max_fpr, divided by max_fpr.

    Within a run of equal scores true and false positives grow together, so IoU there is a ratio
    of two lines; it is integrated as such. A constant map thus scores what a random order of the
    pixels would, and a perfect map exactly :func:`au_iou_ceiling`.

    Parameters
    ----------
    masks, maps : sequence of ndarray of shape (height, width)
        As in :func:`localisation`.
    max_fpr : float in (0, 1]
        False-positive rate where integration stops; the area is divided by it.
    average : {"pooled", "per_image"}
        ``pooled`` takes one IoU over the pixels of all images. ``per_image`` is the mean of the
        IoU of each defective image; good images then count in the false-positive rate alone. It
        sorts all good pixels.

    Returns
    -------
    au_iou : float in [0, 1]
        Chance and ceiling depend on the share of defective pixels.

    Raises
    ------
    ParameterError
        As in :func:`localisation`.
    UnknownNameError
        If ``average`` is neither of the two.
    """
    check_max_fpr(max_fpr)
    if average not in ("pooled", "per_image"):
        unknown_name("average", average, ("pooled", "per_image"))
    counts = count_pixels(masks, maps)
    if _is_undefined("AU-IoU", counts):
        return np.nan
    if average == "pooled":
        return _iou_area(counts, max_fpr)
    return mean_iou_area(masks, maps, max_fpr)


def au_iou_ceiling(share: float, *, max_fpr: float = 0.3) -> float:
    """Compute the AU-IoU of a perfect map, which IoU = P / (P + x N) gives in closed form.

    Parameters
    ----------
    share : float in (0, 1)
        Defective pixels among all pixels.
    max_fpr : float in (0, 1]

    Examples
    --------
    >>> round(au_iou_ceiling(0.01), 3)
    0.115
    """
    check_max_fpr(max_fpr)
    good_per_defective = max_fpr * (1 - share) / share
    return float(np.log1p(good_per_defective) / good_per_defective)


def pro_curve(masks: Images, maps: Images) -> Curve:
    """Compute false-positive rate and per-region overlap from (0, 0) to (1, 1).

    Returns
    -------
    fpr, pro : ndarray of shape (n_points,)
        Corners of the curve, linear in between; empty with a warning if undefined. Parameters and
        errors as in :func:`localisation`.
    """
    counts = count_pixels(masks, maps)
    if _is_undefined("the PRO curve", counts):
        return np.empty(0), np.empty(0)
    return _joined(_pro(counts), counts.n_good)


def iou_curve(masks: Images, maps: Images) -> Curve:
    """Compute false-positive rate and pooled IoU, from 0 to 1.

    Returns
    -------
    fpr, iou : ndarray of shape (n_points,)
        The curve at every distinct defective score and at 1000 even steps between, where it bends;
        empty with a warning if undefined. Parameters and errors as in :func:`localisation`.
    """
    counts = count_pixels(masks, maps)
    if _is_undefined("the IoU curve", counts):
        return np.empty(0), np.empty(0)
    return _joined(_iou(counts), counts.n_good)


def _is_undefined(metric: str, counts: PixelCounts) -> bool:
    reason = undefined_reason(counts.n_defective, counts.n_good, "pixels")
    if reason:
        warn_undefined(metric, reason)
    return bool(reason)


def _roc(counts: PixelCounts) -> Iterator[Piece]:
    return corners(counts.good_above, counts.good_at, counts.n_good, counts.found)


def _pro(counts: PixelCounts) -> Iterator[Piece]:
    return corners(counts.good_above, counts.good_at, counts.n_good, counts.overlap)


def _iou(counts: PixelCounts) -> Iterator[Piece]:
    """Yield good pixels called defective and IoU, also at even steps between the corners."""
    step = counts.n_good / STEPS_BETWEEN
    for x, found in _roc(counts):
        even = np.arange(np.ceil(x[0] / step), np.ceil(x[-1] / step)) * step
        place = np.searchsorted(x, even, side="right")
        found = np.insert(found, place, np.interp(even, x, found))
        x = np.insert(x, place, even)
        yield x, found / (counts.n_defective + x)


def _roc_area(counts: PixelCounts, max_fpr: float) -> float:
    return area(_roc(counts), max_fpr * counts.n_good) / counts.n_defective


def _pro_area(counts: PixelCounts, max_fpr: float) -> float:
    return area(_pro(counts), max_fpr * counts.n_good)


def _iou_area(counts: PixelCounts, max_fpr: float) -> float:
    pieces = ((x, found, x) for x, found in _roc(counts))
    return iou_area(pieces, counts.n_defective, max_fpr * counts.n_good)


def _average_precision(counts: PixelCounts) -> float:
    total = 0.0
    for x, found in _roc(counts):
        gain = np.diff(found)
        hit = gain > 0
        total += gain[hit] @ (found[1:][hit] / (found[1:] + x[1:])[hit])
    return float(total / counts.n_defective)


def _joined(pieces: Iterator[Piece], n_good: int) -> Curve:
    x, y = (np.concatenate(axis) for axis in zip(*pieces, strict=True))
    is_new = np.append(True, (np.diff(x) != 0) | (np.diff(y) != 0))
    return x[is_new] / n_good, y[is_new]


def _thinned(pieces: Iterator[Piece], n_good: int, max_fpr: float) -> Curve:
    shorter = (thin_curve(x, y) for x, y in up_to(max_fpr * n_good, pieces))
    return thin_curve(*_joined(shorter, n_good))
