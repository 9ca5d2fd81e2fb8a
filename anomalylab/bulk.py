"""Which scores lie beyond the bulk of images nobody has labelled, and whether that can be told.

The lower three quarters of the scores are trusted to be normal images. A shifted log-normal
distribution, from symmetric to strongly skewed, is fitted to them; the upper quarter only counts
as "so many lie higher". What the fit leaves open (location, scale, shape) is averaged over,
weighted by how well it explains the trusted scores. The average says how many of the upper
quarter are expected beyond any score if all images are normal: the number expected by chance.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import log_ndtr, ndtri

from anomalylab.errors import ParameterError

TRUSTED_SHARE = 0.75
"""Share of the images, counted from the lowest score, that the bulk is fitted to."""

MIN_IMAGES = 8
"""Images below which three parameters cannot be fitted at all."""

_SHAPES = np.linspace(-0.2, 0.9, 23)
_SHAPE_MEAN, _SHAPE_SPREAD = 0.3, 0.2  # skewness about 0.95, most of it between 0 and 2
_STEPS = np.linspace(-4.5, 4.5, 15)  # in standard errors of about 1.2 / sqrt(n_trusted)


@dataclass(frozen=True)
class Bulk:
    """A shifted log-normal fitted to the lower scores, with what the fit leaves open.

    Build it with :func:`fit_bulk`. A score of the family is ``location + scale * g(z)`` for a
    standard normal ``z`` and ``g(z) = (exp(shape * z) - 1) / shape``, which is ``z`` for shape 0.

    Parameters
    ----------
    n_images : int
        Scores it was fitted to, trusted or not.
    n_trusted : int
        Lowest scores, which are trusted to come from normal images.
    trusted_up_to : float
        The highest trusted score.
    locations, scales, shapes : ndarray of shape (n_nodes,)
        Parameters that explain the trusted scores.
    weights : ndarray of shape (n_nodes,)
        Posterior probability of each node; they sum to 1.
    worst_gap : float in [0, 1]
        Chance of a gap as wide as the widest among the trusted scores.
    misfit : float
        Kolmogorov distance of the trusted scores from the fit, times the root of their number.
    """

    n_images: int
    n_trusted: int
    trusted_up_to: float
    locations: np.ndarray
    scales: np.ndarray
    shapes: np.ndarray
    weights: np.ndarray
    worst_gap: float
    misfit: float

    family = "shifted log-normal"

    @property
    def location(self) -> float:
        """Median of the bulk, averaged over what the fit leaves open."""
        return float(self.weights @ self.locations)

    @property
    def scale(self) -> float:
        """Spread around the median, averaged likewise."""
        return float(self.weights @ self.scales)

    @property
    def shape(self) -> float:
        """Skewness parameter, averaged likewise; 0 is a normal distribution."""
        return float(self.weights @ self.shapes)

    def p_value(self, scores: np.ndarray) -> np.ndarray:
        """Return the chance that an image of the bulk scores at least so high.

        Parameters
        ----------
        scores : array-like of shape (n,)

        Returns
        -------
        p_value : ndarray of shape (n,)
            Times ``n_images`` it is the number expected beyond the score by chance.
        """
        scores = np.asarray(scores, float).ravel()
        log_tail = self._log_tail(scores)
        log_upper = self._log_tail(np.array([self.trusted_up_to]))
        upper_share = 1 - self.n_trusted / self.n_images
        beyond = upper_share * (self.weights @ np.exp(np.minimum(log_tail - log_upper, 0)))
        within = np.maximum(self.weights @ np.exp(log_tail), upper_share)
        return np.where(scores > self.trusted_up_to, beyond, within)

    def threshold(self, *, expected_false: float = 0.5) -> float:
        """Return the score beyond which so many of ``n_images`` normal images are expected.

        Parameters
        ----------
        expected_false : float
            Above 0 and below the number of images that are not trusted.

        Raises
        ------
        ParameterError
            If ``expected_false`` lies outside that range.
        """
        n_upper = self.n_images - self.n_trusted
        if not 0 < expected_false < n_upper:
            raise ParameterError(
                f"expected_false must lie above 0 and below {n_upper} (the images beyond the "
                f"trusted {self.n_trusted} of {self.n_images}), not {expected_false}"
            )

        def excess(score: float) -> float:
            return float(self.p_value(np.array([score]))[0] * self.n_images - expected_false)

        low, step = np.nextafter(self.trusted_up_to, np.inf), self.scale
        while excess(low + step) > 0:
            step *= 2
        return float(brentq(excess, low, low + step, xtol=1e-9 * self.scale))

    def density(self, scores: np.ndarray) -> np.ndarray:
        """Return the density of the bulk at ``scores``, of shape (n,), for drawing it."""
        z, log_slope = self._standardised(np.asarray(scores, float).ravel())
        inside = np.isfinite(z)
        log_density = -0.5 * np.where(inside, z, 0) ** 2 - log_slope - 0.5 * np.log(2 * np.pi)
        return self.weights @ np.where(inside, np.exp(log_density) / self.scales[:, None], 0)

    def _log_tail(self, scores: np.ndarray) -> np.ndarray:
        return log_ndtr(-self._standardised(scores)[0])

    def _standardised(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        y = (scores - self.locations[:, None]) / self.scales[:, None]
        return _to_normal(y, self.shapes[:, None])


def fit_bulk(scores: np.ndarray, *, trusted_share: float = TRUSTED_SHARE) -> Bulk:
    """Fit the bulk of scores of images of which most are normal.

    The fit is Bayesian: type-II censored likelihood of the trusted scores, the right Haar measure
    on location and scale, a normal prior on the shape, integrated on a grid. With that measure the
    expected number beyond a threshold is met exactly over repeated samples from a distribution of
    known shape [1]_, and on average over the shapes of the prior, however few images there are.

    Parameters
    ----------
    scores : array-like of shape (n_images,)
        Each image scored as if it were not in the training set; higher is more anomalous.
    trusted_share : float in [0.5, 0.95]
        Share of the images, from the lowest score, that is trusted to be normal.

    Raises
    ------
    ParameterError
        If scores are too few, not finite or (the trusted ones) all equal.

    References
    ----------
    .. [1] Severini, Mukerjee and Ghosh (2002). On an exact probability matching property of
       right-invariant priors. Biometrika 89(4).

    Examples
    --------
    >>> scores = np.random.default_rng(0).normal(10, 1, size=200)
    >>> bulk = fit_bulk(scores)
    >>> bool(bulk.p_value([10.0])[0] > 0.4 and bulk.p_value([16.0])[0] < 1e-3)
    True
    """
    scores = _checked(scores, trusted_share)
    n_trusted = int(trusted_share * len(scores))
    trusted = scores[:n_trusted]
    blocks = list(_nodes(trusted, len(scores)))
    locations, scales, shapes, log_weights = (
        np.concatenate(part) for part in zip(*blocks, strict=True)
    )
    weights = np.exp(log_weights - log_weights.max())
    likely = weights > 1e-7
    kept = weights[likely] / weights[likely].sum()
    nodes = (locations[likely], scales[likely], shapes[likely], kept)
    gap, misfit = _goodness(trusted, *nodes)
    return Bulk(len(scores), n_trusted, float(trusted[-1]), *nodes, gap, misfit)


def _checked(scores: np.ndarray, trusted_share: float) -> np.ndarray:
    scores = np.sort(np.asarray(scores, float).ravel())
    if not 0.5 <= trusted_share <= 0.95:
        raise ParameterError(f"trusted_share must lie in [0.5, 0.95], not {trusted_share}")
    if len(scores) < MIN_IMAGES:
        raise ParameterError(f"a bulk needs at least {MIN_IMAGES} scores, not {len(scores)}")
    if not np.isfinite(scores).all():
        raise ParameterError("scores must be finite; some are NaN or infinite")
    if scores[0] == scores[int(trusted_share * len(scores)) - 1]:
        raise ParameterError("the lower scores are all equal, so they show no spread to judge by")
    return scores


def _nodes(trusted: np.ndarray, n_images: int) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield locations, scales, shapes and log posterior weights, one block a shape."""
    n_trusted = len(trusted)
    z = ndtri((np.arange(1, n_trusted + 1) - 0.375) / (n_images + 0.25))
    steps = 1.2 * _STEPS / np.sqrt(n_trusted)
    for shape in _SHAPES:
        quantiles = _from_normal(z, shape)
        slope = np.cov(quantiles, trusted)[0, 1] / quantiles.var(ddof=1)
        middle = _from_normal(ndtri(0.5 * n_trusted / n_images), shape)
        # The middle of the trusted scores hardly depends on the scale, the location does.
        anchors = trusted.mean() + slope * (middle - quantiles.mean() + steps)
        scales, anchors = np.meshgrid(slope * np.exp(steps), anchors)
        locations, scales = (anchors - scales * middle).ravel(), scales.ravel()
        log_weights = _log_likelihood(trusted, n_images, locations, scales, shape)
        log_weights += np.log(slope) - 0.5 * ((shape - _SHAPE_MEAN) / _SHAPE_SPREAD) ** 2
        yield locations, scales, np.full(len(scales), shape), log_weights


def _log_likelihood(
    trusted: np.ndarray, n_images: int, locations: np.ndarray, scales: np.ndarray, shape: float
) -> np.ndarray:
    """Return the log density of the trusted scores with the others known to lie higher."""
    y = (trusted - locations[:, None]) / scales[:, None]
    z, log_slope = _to_normal(y, np.full((1, 1), shape))
    log_density = -0.5 * z**2 - log_slope
    censored = (n_images - len(trusted)) * log_ndtr(-z[:, -1])
    return log_density.sum(axis=1) - len(trusted) * np.log(scales) + censored


def _from_normal(z: np.ndarray, shape: float) -> np.ndarray:
    return z if abs(shape) < 1e-9 else np.expm1(shape * z) / shape


def _to_normal(y: np.ndarray, shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Invert :func:`_from_normal`; also return the log of its slope (off the support: inf, 0)."""
    flat = np.abs(shapes) < 1e-9
    with np.errstate(divide="ignore", invalid="ignore"):
        log_slope = np.log(np.maximum(1 + shapes * y, 0))
        z = np.where(flat, y, log_slope / np.where(flat, 1, shapes))
    return z, np.where(np.isfinite(z), log_slope, 0)


def _goodness(
    trusted: np.ndarray,
    locations: np.ndarray,
    scales: np.ndarray,
    shapes: np.ndarray,
    weights: np.ndarray,
) -> tuple[float, float]:
    """Return the chance of the widest gap, and the scaled Kolmogorov distance."""
    best = weights > 0.05 * weights.max()
    y = (trusted - locations[best, None]) / scales[best, None]
    below = np.exp(log_ndtr(_to_normal(y, shapes[best, None])[0]))
    below = weights[best] @ (below / below[:, -1:]) / weights[best].sum()
    n_inside = len(trusted) - 1  # given the last, the others are uniform below it
    widest = np.diff(below, prepend=0).max()
    gap = min(1.0, (n_inside + 1) * (1 - widest) ** n_inside)
    ranks = np.arange(n_inside + 1) / n_inside
    distance = np.maximum(ranks[1:] - below[:-1], below[:-1] - ranks[:-1]).max()
    return float(gap), float(distance * np.sqrt(n_inside))
