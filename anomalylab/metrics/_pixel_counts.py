"""What threshold-free pixel metrics need to know, counted exactly and in linear memory.

Between two neighbouring scores of defective pixels only the number of good pixels grows, at
constant true positives, so each such metric follows from the number of good pixels above and at
every distinct defective score. The good pixels themselves need no full sort: a monotone
quantisation bins them, whole bins without a defective pixel are counted, and only good pixels that
share a bin with a defective one are kept and sorted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from anomalylab.errors import ParameterError

Images = Sequence[np.ndarray]

PIXELS_PER_BIN = 16
MAX_BINS = 1 << 22
EIGHT_NEIGHBOURS = np.ones((3, 3))


@dataclass(frozen=True)
class PixelCounts:
    """Pixels found at each distinct score of a defective pixel, scores falling.

    Parameters
    ----------
    n_defective, n_good, n_regions : int
        Totals over all images.
    good_above, good_at : int64 ndarray of shape (n_scores,)
        Good pixels whose score is higher, and at least as high.
    found : int64 ndarray of shape (n_scores,)
        Defective pixels whose score is at least as high.
    overlap : float64 ndarray of shape (n_scores,)
        Mean over regions of the share of the region whose score is at least as high.
    """

    n_defective: int
    n_good: int
    n_regions: int
    good_above: np.ndarray
    good_at: np.ndarray
    found: np.ndarray
    overlap: np.ndarray


def count_pixels(masks: Images, maps: Images) -> PixelCounts:
    """Count good and found pixels at every distinct score of a defective pixel.

    Both sequences are read twice, one image at a time.

    Parameters
    ----------
    masks : sequence of bool ndarray of shape (height, width)
        True where a pixel is defective; sizes may differ between images.
    maps : sequence of float32 ndarray of shape (height, width)
        Anomaly maps of the same sizes.

    Raises
    ------
    ParameterError
        If the sequences or the sizes of a pair differ, a mask is not bool, or a map is not
        float32 (or a type that fits in) or holds NaN or infinity.
    """
    scores, regions, n_good = _defective_pixels(masks, maps)
    rising = np.argsort(scores)
    scores, regions = scores[rising], regions[rising]
    areas = np.bincount(regions)
    first = np.flatnonzero(np.append(True, scores[1:] != scores[:-1])[: scores.size])
    # Cumulated from the highest score down, then read where each run of ties ends.
    overlap = np.cumsum((1 / areas[regions])[::-1])[::-1][first] / max(len(areas), 1)
    below, up_to = _good_below(masks, maps, scores[first])
    return PixelCounts(
        n_defective=scores.size,
        n_good=n_good,
        n_regions=len(areas),
        good_above=(n_good - up_to)[::-1],
        good_at=(n_good - below)[::-1],
        found=(scores.size - first)[::-1],
        overlap=overlap[::-1],
    )


def pairs(masks: Images, maps: Images) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield mask and map of each image, checked.

    Raises
    ------
    ParameterError
        As in :func:`count_pixels`.
    """
    if iter(masks) is masks or iter(maps) is maps:
        raise ParameterError("masks and maps are read twice; give lists, not iterators")
    if len(masks) != len(maps):
        raise ParameterError(
            f"there must be one map for each mask, not {len(maps)} for {len(masks)}"
        )
    for row, (mask, scores) in enumerate(zip(masks, maps, strict=True)):
        if mask.shape != scores.shape or mask.ndim != 2:
            raise ParameterError(
                f"image {row}: mask and anomaly map must have one size (height, width), "
                f"not {mask.shape} and {scores.shape}"
            )
        if mask.dtype != bool or not np.can_cast(scores.dtype, np.float32):
            raise ParameterError(
                f"image {row}: the mask must be bool and the map float32, "
                f"not {mask.dtype} and {scores.dtype}; convert with .astype()"
            )
        scores = scores.astype(np.float32, copy=False)
        if mask.size and not (np.isfinite(scores.min()) and np.isfinite(scores.max())):
            raise ParameterError(f"image {row}: the anomaly map holds NaN or infinity")
        yield mask, scores


def _defective_pixels(masks: Images, maps: Images) -> tuple[np.ndarray, np.ndarray, int]:
    """Return score and region number of each defective pixel, and the number of good ones."""
    scores = [np.empty(0, np.float32)]
    regions = [np.empty(0, np.int32)]
    n_regions = n_pixels = 0
    for mask, anomaly_map in pairs(masks, maps):
        n_pixels += mask.size
        if mask.any():
            box = _bounding_box(mask)
            labelled, n_found = ndimage.label(mask[box], structure=EIGHT_NEIGHBOURS)
            scores.append(anomaly_map[box][mask[box]])
            regions.append(labelled[mask[box]] + np.int32(n_regions - 1))
            n_regions += n_found
    joined = np.concatenate(scores)
    return joined, np.concatenate(regions), n_pixels - joined.size


def _bounding_box(mask: np.ndarray) -> tuple[slice, slice]:
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1)


def _good_below(masks: Images, maps: Images, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Count good pixels below, and below or at, each of the rising distinct ``scores``."""
    if not scores.size:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    n_pixels = sum(mask.size for mask in masks)
    n_bins = int(np.clip(n_pixels // PIXELS_PER_BIN, 1, MAX_BINS)) + 2
    bins = _bins(scores, scores, n_bins)
    is_shared = np.zeros(n_bins, bool)
    is_shared[bins] = True
    counts = np.zeros(n_bins, np.int64)
    to_sort = []
    for mask, anomaly_map in zip(masks, maps, strict=True):
        good = anomaly_map[~mask].astype(np.float32, copy=False)
        bins_of_good = _bins(good, scores, n_bins)
        np.add.at(counts, bins_of_good, 1)
        to_sort.append(good[is_shared[bins_of_good]])
    counts[is_shared] = 0
    in_lower_bins = np.cumsum(counts)[bins]
    shared = np.concatenate(to_sort)
    to_sort.clear()
    shared.sort()
    below = in_lower_bins + np.searchsorted(shared, scores, side="left")
    up_to = in_lower_bins + np.searchsorted(shared, scores, side="right")
    return below, up_to


def _bins(values: np.ndarray, scores: np.ndarray, n_bins: int) -> np.ndarray:
    """Number each value by its place between the lowest and nearly the highest of ``scores``.

    Bin 0 lies below, the last bin above. Every step rounds but never changes the order, so values
    in different bins compare as their bins do.
    """
    low, high = float(scores[0]), float(scores[int(0.99 * (scores.size - 1))])
    bins_per_unit = (n_bins - 2) / max(high - low, 1e-30)
    with np.errstate(over="ignore"):  # clipped below
        place = values - scores[0]
        place *= np.float32(bins_per_unit)
    place += 1
    np.clip(place, 0, n_bins - 1, out=place)
    return place.astype(np.intp)
