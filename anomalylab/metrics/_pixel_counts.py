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

from anomalylab.compute.blas import one_blas_thread
from anomalylab.errors import ParameterError
from anomalylab.progress import counted

Images = Sequence[np.ndarray]

PIXELS_PER_BIN = 16
MAX_BINS = 1 << 22
BLOCK = 1 << 17
EIGHT_NEIGHBOURS = np.ones((3, 3))


@dataclass(frozen=True)
class PixelCounts:
    """Pixels found at each distinct score of a defective pixel, scores falling.

    Parameters
    ----------
    n_defective, n_good, n_regions : int
        Totals over all images.
    good_above, good_at : int32 or int64 ndarray of shape (n_scores,)
        Good pixels whose score is higher, and at least as high.
    found : int32 or int64 ndarray of shape (n_scores,)
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


@one_blas_thread()  # maps that are made when read are small products
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
    scores, regions, n_pixels = _defective_pixels(masks, maps)
    n_defective, areas = scores.size, np.bincount(regions)
    rising = np.argsort(scores)
    scores = scores[rising]
    first = np.flatnonzero(np.append(True, scores[1:] != scores[:-1])[:n_defective])
    overlap = _from_the_highest((1 / areas)[regions[rising]], first) / max(len(areas), 1)
    del rising, regions
    scores = scores[first]
    found = (n_defective - first).astype(_integer(n_pixels))
    del first
    above, at = _good_beyond(masks, maps, scores)
    return PixelCounts(
        n_defective=n_defective,
        n_good=n_pixels - n_defective,
        n_regions=len(areas),
        good_above=above[::-1],
        good_at=at[::-1],
        found=found[::-1],
        overlap=overlap[::-1],
    )


def pairs(masks: Images, maps: Images) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield mask and map of each image, checked.

    Raises
    ------
    ParameterError
        As in :func:`count_pixels`.
    """
    if isinstance(masks, Iterator) or isinstance(maps, Iterator):
        raise ParameterError("masks and maps are read twice; give lists, not iterators")
    if len(masks) != len(maps):
        raise ParameterError(
            f"there must be one map for each mask, not {len(maps)} for {len(masks)}"
        )
    for row, (mask, scores) in enumerate(counted(zip(masks, maps, strict=True), len(masks))):
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
    """Return score and region number of each defective pixel, and the number of all pixels."""
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
    return np.concatenate(scores), np.concatenate(regions), n_pixels


def _bounding_box(mask: np.ndarray) -> tuple[slice, slice]:
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1)


def _from_the_highest(gains: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Add up ``gains``, given by rising score, from the highest score down to each of ``first``."""
    falling = gains[::-1]
    np.cumsum(falling, out=falling)
    total: np.ndarray = gains[first]
    return total


def _good_beyond(masks: Images, maps: Images, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Count good pixels above, and at or above, each of the rising distinct ``scores``."""
    if not scores.size:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    n_pixels = sum(mask.size for mask in masks)
    n_bins = int(np.clip(n_pixels // PIXELS_PER_BIN, 1, MAX_BINS)) + 2
    is_shared = np.zeros(n_bins, bool)
    for part in _blocks(scores.size):
        is_shared[_bins(scores[part], scores, n_bins)] = True
    unshared, shared = _count_in_bins(masks, maps, scores, is_shared)
    # What bins hold from here to the last, without the bin itself for those that are shared.
    beyond = np.cumsum(unshared[::-1])[::-1]
    above, at = np.empty((2, scores.size), _integer(n_pixels))
    for part in _blocks(scores.size):
        in_higher_bins = beyond[_bins(scores[part], scores, n_bins)] + shared.size
        above[part] = in_higher_bins - np.searchsorted(shared, scores[part], side="right")
        at[part] = in_higher_bins - np.searchsorted(shared, scores[part], side="left")
    return above, at


def _count_in_bins(
    masks: Images, maps: Images, scores: np.ndarray, is_shared: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Count good pixels in bins that are not shared; return the others, sorted."""
    counts = np.zeros(is_shared.size, np.int64)
    to_sort = []
    for mask, anomaly_map in counted(zip(masks, maps, strict=True), len(masks)):
        good = anomaly_map[~mask].astype(np.float32, copy=False)
        bins = _bins(good, scores, is_shared.size)
        np.add.at(counts, bins, 1)
        to_sort.append(good[is_shared[bins]])
    shared = _joined(to_sort)
    shared.sort()
    counts[is_shared] = 0
    return counts, shared


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    """Concatenate ``parts`` while letting go of each, so that they are never held twice."""
    whole = np.empty(sum(part.size for part in parts), np.float32)
    stop = whole.size
    while parts:
        part = parts.pop()
        whole[stop - part.size : stop] = part
        stop -= part.size
    return whole


def _integer(n_pixels: int) -> type[np.signedinteger]:
    return np.int32 if n_pixels <= np.iinfo(np.int32).max else np.int64


def _blocks(n: int) -> Iterator[slice]:
    return (slice(start, start + BLOCK) for start in range(0, n, BLOCK))


def _bins(values: np.ndarray, scores: np.ndarray, n_bins: int) -> np.ndarray:
    """Number each value by its place between the lowest and nearly the highest of ``scores``.

    Bin 0 lies below, the last bin above. Every step rounds but never changes the order, so values
    in different bins compare as their bins do.
    """
    low, high = float(scores[0]), float(scores[int(0.99 * (scores.size - 1))])
    bins_per_unit = (n_bins - 2) / max(high - low, 1e-30)
    with np.errstate(over="ignore"):  # clipped below
        place: np.ndarray = values - scores[0]
        place *= np.float32(bins_per_unit)
    place += 1
    np.clip(place, 0, n_bins - 1, out=place)
    return place.astype(np.intp)
