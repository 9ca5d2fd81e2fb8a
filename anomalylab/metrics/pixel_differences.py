"""How sure pixel AUROC and AU-PRO are, and that one method is better by them than another.

Pixels of one image are alike, so that images are drawn anew, not pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from anomalylab.errors import ParameterError
from anomalylab.metrics._resample import draw_counts
from anomalylab.metrics._undefined import check_level

N_BINS = 1024
"""Levels that scores are told apart by, half of them among the highest."""

STEP = 97
"""Of all pixels each so-manieth decides where the levels lie."""


@dataclass(frozen=True)
class BinnedPixels:
    """Pixels of each image by the level of their score; what a metric of resampled images needs.

    Parameters
    ----------
    good, bad : float64 ndarray of shape (n_images, n_levels)
        Good pixels, and pixels of defects, from the highest level down.
    covered : float64 ndarray of shape (n_images, n_levels)
        Pixels of defects, each over the area of its region.
    n_regions : int64 ndarray of shape (n_images,)
    """

    good: np.ndarray
    bad: np.ndarray
    covered: np.ndarray
    n_regions: np.ndarray

    @classmethod
    def of(cls, masks: Sequence[np.ndarray], maps: Sequence[np.ndarray]) -> "BinnedPixels":
        """Count the pixels of images.

        Parameters
        ----------
        masks : sequence of bool ndarray of shape (height, width)
        maps : sequence of ndarray of the same shapes
            Higher is more anomalous.
        """
        if len(masks) != len(maps) or not len(masks):
            raise ParameterError(f"expected a map for each mask, not {len(maps)} for {len(masks)}")
        seen = np.sort(np.concatenate([np.ravel(one)[::STEP] for one in maps]))
        shares = [np.linspace(0, 1, N_BINS // 2), 1 - np.geomspace(1e-5, 0.5, N_BINS // 2)]
        edges = np.unique(np.quantile(seen, np.concatenate(shares)))
        rows = [_counted(mask, one, edges) for mask, one in zip(masks, maps, strict=True)]
        good, bad, covered, n_regions = (np.stack(column) for column in zip(*rows, strict=True))
        return cls(good, bad, covered, n_regions)

    def values(self, weights: np.ndarray, max_fpr: float) -> tuple[np.ndarray, np.ndarray]:
        """Return pixel AUROC and AU-PRO of images that count so many times.

        Parameters
        ----------
        weights : ndarray of shape (n_draws, n_images)
        max_fpr : float
            Where the integral of AU-PRO ends.

        Returns
        -------
        pixel_auroc, au_pro : ndarray of shape (n_draws,)
            NaN where no defect or no good pixel was drawn.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            fpr, tpr = (_rising(weights @ counts) for counts in (self.good, self.bad))
            pro = np.cumsum(weights @ self.covered, axis=1) / (weights @ self.n_regions)[:, None]
        auroc = np.trapezoid(tpr, fpr, axis=1)
        pro = np.concatenate([np.zeros((len(pro), 1)), pro], axis=1)
        areas = [_area(*curve, max_fpr) for curve in zip(fpr, pro, strict=True)]
        return auroc, np.array(areas)

    def with_imagined(self, *, is_worse: bool) -> "BinnedPixels":
        """Return the images and, at the end, one defective and one good one that nobody has seen.

        Of worse ones, the defect, one region of median area, lies at the level of the middle good
        pixel, and the good image looks as defective ones do. Of better ones, the defect lies at
        the highest level of all, and all good pixels at the lowest. Where no image is good none is
        imagined.

        Raises
        ------
        ParameterError
            If no image has a defect.
        """
        is_defective = self.n_regions > 0
        if not is_defective.any():
            raise ParameterError("no image has a defect")
        kept = slice(1 + int((~is_defective).any()))
        good, bad, covered = self._imagined(is_defective, is_worse=is_worse)
        return BinnedPixels(
            np.concatenate([self.good, good[kept]]),
            np.concatenate([self.bad, bad[kept]]),
            np.concatenate([self.covered, covered[kept]]),
            np.append(self.n_regions, np.array([1, 0])[kept]),
        )

    def _imagined(
        self, is_defective: np.ndarray, *, is_worse: bool
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return good, bad and covered of a defective image and of a good one: (2, n_levels)."""
        everything = self.good + self.bad
        area = np.median(self.bad[is_defective].sum(axis=1))
        n_pixels = np.median(everything.sum(axis=1))
        of_level = np.eye(self.good.shape[1])
        level, usual, alike = 0, of_level[-1], of_level[-1]
        if is_worse:
            usual = self.good.sum(axis=0) / max(self.good.sum(), 1.0)
            alike = everything[is_defective].sum(axis=0) / everything[is_defective].sum()
            level = int(np.searchsorted(np.cumsum(usual), 0.5))
        defect = np.stack([of_level[level], 0 * of_level[level]])
        good = np.stack([(n_pixels - area) * usual, n_pixels * alike])
        return good, area * defect, defect


def pixel_metric_intervals(
    pixels: BinnedPixels,
    *,
    max_fpr: float = 0.3,
    n_resamples: int = 500,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """Bound pixel AUROC and AU-PRO by a bootstrap over images and imagined ones.

    As :func:`~anomalylab.metrics.bootstrap_interval`: images with and without defects are drawn
    apart, and to each of these classes one image is added that nobody has seen, see
    :meth:`BinnedPixels.with_imagined`; the worse ones are drawn from for lower bounds, the better
    ones for upper bounds.

    Parameters
    ----------
    pixels : BinnedPixels
    max_fpr : float
        Where the integral of AU-PRO ends.
    n_resamples : int
    level : float in (0, 1)
        Share of resamples inside the interval.
    seed : int
        Same seed, same intervals.

    Returns
    -------
    intervals : dict
        ``pixel_auroc`` and ``au_pro`` -> low, high. Empty if no image has a defect.

    Raises
    ------
    ParameterError
        If ``level`` or ``n_resamples`` cannot be used.
    """
    check_level(level)
    if n_resamples < 1:
        raise ParameterError(f"n_resamples must be at least 1, not {n_resamples}")
    if not (pixels.n_regions > 0).any():
        return {}
    found = []
    for is_worse, tail in ((True, (1 - level) / 2), (False, (1 + level) / 2)):
        of = pixels.with_imagined(is_worse=is_worse)
        drawn = draw_counts(of.n_regions > 0, n_resamples, np.random.default_rng(seed), 1)
        blocks = zip(*(of.values(weights, max_fpr) for weights in drawn), strict=True)
        found.append([min(1.0, float(np.quantile(np.concatenate(b), tail))) for b in blocks])
    return dict(zip(("pixel_auroc", "au_pro"), zip(*found, strict=True), strict=True))


def paired_pixel_differences(
    a: BinnedPixels,
    b: BinnedPixels,
    *,
    max_fpr: float = 0.3,
    n_resamples: int = 500,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, tuple[float, float, float]]:
    """Bound how much better *a* finds defects in pixels than *b*, by drawing images anew.

    Images with and without defects are drawn apart, with replacement, the same for both, so that
    images which are hard for both cancel. Bounds are the quantiles of the differences.

    Parameters
    ----------
    a, b : BinnedPixels
        Of the same images and masks.
    max_fpr : float
        Where the integral of AU-PRO ends.
    n_resamples : int
    level : float in (0, 1)
    seed : int

    Returns
    -------
    differences : dict
        ``pixel_auroc`` and ``au_pro`` -> the difference on all images, low, high; all NaN if there
        is no defect or no good pixel, low and high NaN if there are fewer than two images with
        defects.
    """
    if a.good.shape[0] != b.good.shape[0] or (a.n_regions != b.n_regions).any():
        raise ParameterError("a and b must be of the same images")
    weights = _draws(a.n_regions > 0, n_resamples, seed)
    of_a, of_b = (one.values(weights, max_fpr) for one in (a, b))
    found = {}
    for name, x, y in zip(("pixel_auroc", "au_pro"), of_a, of_b, strict=True):
        difference, drawn = x[0] - y[0], x[1:] - y[1:]
        is_bounded = (a.n_regions > 0).sum() > 1 and np.isfinite(drawn).all()
        tails = [(1 - level) / 2, (1 + level) / 2]
        bounds = np.quantile(drawn, tails) if is_bounded else (np.nan, np.nan)
        found[name] = (float(difference), float(bounds[0]), float(bounds[1]))
    return found


def _counted(mask: np.ndarray, scores: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, ...]:
    level = len(edges) - np.searchsorted(edges, scores, side="right")  # 0 is the highest
    n = len(edges) + 1
    regions, n_regions = ndimage.label(mask, structure=np.ones((3, 3)))
    area = np.bincount(regions.ravel(), minlength=n_regions + 1)
    inside = level[mask]
    return (
        np.bincount(level[~mask], minlength=n).astype(float),
        np.bincount(inside, minlength=n).astype(float),
        np.bincount(inside, 1 / area[regions[mask]], minlength=n),
        np.array(n_regions),
    )


def _rising(counts: np.ndarray) -> np.ndarray:
    """Return shares of all at or above each level, from 0."""
    total = np.cumsum(counts, axis=1)
    return np.concatenate([np.zeros((len(total), 1)), total / total[:, -1:]], axis=1)


def _area(fpr: np.ndarray, pro: np.ndarray, max_fpr: float) -> float:
    if not (np.isfinite(fpr).all() and np.isfinite(pro).all()):
        return float("nan")
    inner = fpr < max_fpr
    x = np.append(fpr[inner], max_fpr)
    y = np.append(pro[inner], np.interp(max_fpr, fpr, pro))
    return float(np.trapezoid(y, x) / max_fpr)


def _draws(is_defective: np.ndarray, n_resamples: int, seed: int) -> np.ndarray:
    """Return how often each image counts: once each, then in each resample."""
    rng = np.random.default_rng(seed)
    weights = np.ones((n_resamples + 1, len(is_defective)))
    for own in (np.flatnonzero(is_defective), np.flatnonzero(~is_defective)):
        if len(own):
            shares = np.full(len(own), 1 / len(own))
            weights[1:, own] = rng.multinomial(len(own), shares, size=n_resamples)
    return weights
