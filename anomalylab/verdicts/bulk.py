"""Which scores lie beyond the bulk of images nobody has labelled, and whether that can be told.

The lower three quarters of the scores are trusted to be normal images. A family of distributions,
symmetric to strongly skewed and light to heavy in the tails, is fitted to them; the upper quarter
only counts as "so many lie higher". What the fit leaves open (location, scale, skewness, tails) is
averaged over, weighted by how well it explains the trusted scores. The average says how many of the
upper quarter are expected beyond any score if all images are normal: the number expected by chance.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq

from anomalylab.compute.skewed_tails import log_density, log_tail, quantile, unskewed
from anomalylab.errors import ParameterError

TRUSTED_SHARE = 0.75
"""Share of the images, counted from the lowest score, that the bulk is fitted to."""

MIN_IMAGES = 8
"""Images below which three parameters cannot be fitted at all."""

_SHAPES = np.linspace(-0.2, 1.2, 15)
# Degrees of freedom of a tail -> its prior weight, and mean and deviation of the prior of its
# skewness. These numbers have no derivation. They were set by eye, so that as many clean images lie
# beyond the threshold as stated, on scores of earlier prototypes on five sources (MVTec AD bottle,
# hazelnut, transistor; built-in brick, part). What they keep elsewhere is in docs/measurements.md.
_PRIORS = {np.inf: (1.0, 0.4, 0.3), 6.0: (0.5, 0.25, 0.15), 3.0: (0.2, 0.1, 0.1)}
_STEPS = np.linspace(-4, 4, 11)  # in standard errors of about 1.2 / sqrt(n_trusted)


@dataclass(frozen=True)
class Bulk:
    """A skewed distribution fitted to the lower scores, with what the fit leaves open.

    Build it with :func:`fit_bulk`. A score of the family is ``location + scale * g(t)`` for a
    Student ``t``, see :mod:`anomalylab.compute.skewed_tails`.

    Parameters
    ----------
    n_images : int
        Scores it was fitted to, trusted or not.
    n_trusted : int
        Lowest scores, which are trusted to come from normal images.
    trusted_up_to : float
        The highest trusted score.
    locations, scales, shapes, freedoms : ndarray of shape (n_nodes,)
        Parameters that explain the trusted scores; freedom infinite: a shifted log-normal.
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
    freedoms: np.ndarray
    weights: np.ndarray
    worst_gap: float
    misfit: float

    family = "skewed Student"

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
        """Skewness parameter, averaged likewise; 0 is symmetric."""
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
        upper_share = 1 - self.n_trusted / self.n_images
        beyond = upper_share * self._tail(scores, self.trusted_up_to)
        within = np.maximum(self._tail(scores, -np.inf), upper_share)
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

    def gap_chances(self, scores: np.ndarray) -> np.ndarray:
        """Return the chance of each gap above the trusted scores if all images are normal.

        Parameters
        ----------
        scores : array-like of shape (n,)
            Above ``trusted_up_to``, rising.

        Returns
        -------
        chances : ndarray of shape (n,)
            Chance that none of ``scores[i:]`` would be lower, given that they lie above
            ``scores[i - 1]`` (or above the trusted scores).
        """
        steps = np.append(self.trusted_up_to, np.asarray(scores, float))
        n_above = np.arange(len(steps) - 1, 0, -1)
        chances = np.zeros(len(steps) - 1)
        for freedom, (locations, scales, shapes), weights in self._by_freedom():
            log_tails = log_tail(unskewed((steps - locations) / scales, shapes)[0], freedom)
            falls = np.diff(np.maximum(log_tails, np.log(np.finfo(float).tiny)), axis=1)
            chances += weights @ np.exp(n_above * falls)
        return chances

    def density(self, scores: np.ndarray) -> np.ndarray:
        """Return the density of the bulk at ``scores``, of shape (n,), for drawing it."""
        scores = np.asarray(scores, float).ravel()
        density = np.zeros(len(scores))
        for freedom, (locations, scales, shapes), weights in self._by_freedom():
            t, log_slope = unskewed((scores - locations) / scales, shapes)
            density += weights @ np.exp(log_density(t, freedom) - log_slope - np.log(scales))
        return density

    def _tail(self, scores: np.ndarray, above: float) -> np.ndarray:
        """Return the chance of more than each score, given more than ``above``."""
        tail = np.zeros(len(scores))
        for freedom, (locations, scales, shapes), weights in self._by_freedom():
            at = np.append(scores, above)
            log_tails = log_tail(unskewed((at - locations) / scales, shapes)[0], freedom)
            tail += weights @ np.exp(np.minimum(log_tails[:, :-1] - log_tails[:, -1:], 0))
        return tail

    def _by_freedom(self) -> Iterator[tuple[float, np.ndarray, np.ndarray]]:
        parameters = np.stack([self.locations, self.scales, self.shapes])
        for freedom in np.unique(self.freedoms):
            nodes = self.freedoms == freedom
            yield freedom, parameters[:, nodes, None], self.weights[nodes]


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
    >>> bool(bulk.p_value([10.0])[0] > 0.4 and bulk.p_value([20.0])[0] < 0.01)
    True
    """
    scores = _checked(scores, trusted_share)
    n_trusted = int(trusted_share * len(scores))
    trusted = scores[:n_trusted]
    blocks = zip(*_nodes(trusted, len(scores)), strict=True)
    *parameters, log_weights = (np.concatenate(block) for block in blocks)
    weights = np.exp(log_weights - log_weights.max())
    likely = weights > 1e-7
    locations, scales, shapes, freedoms = (values[likely] for values in parameters)
    bulk = Bulk(
        n_images=len(scores),
        n_trusted=n_trusted,
        trusted_up_to=float(trusted[-1]),
        locations=locations,
        scales=scales,
        shapes=shapes,
        freedoms=freedoms,
        weights=weights[likely] / weights[likely].sum(),
        worst_gap=1.0,
        misfit=0.0,
    )
    worst_gap, misfit = _goodness(trusted, bulk)
    return replace(bulk, worst_gap=worst_gap, misfit=misfit)


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
    """Yield locations, scales, shapes, freedoms and log posterior weights in blocks."""
    shares = (np.arange(1, len(trusted) + 1) - 0.375) / (n_images + 0.25)
    steps = 1.2 * _STEPS / np.sqrt(len(trusted))
    for freedom, (weight, mean, spread) in _PRIORS.items():
        for shape in _SHAPES[np.abs(_SHAPES - mean) < 2.6 * spread]:
            quantiles = quantile(shares, shape, freedom)
            slope = np.cov(quantiles, trusted)[0, 1] / quantiles.var(ddof=1)
            middle = quantile(0.5 * len(trusted) / n_images, shape, freedom)
            # The middle of the trusted scores hardly depends on the scale, the location does.
            anchors = trusted.mean() + slope * (middle - quantiles.mean() + steps)
            scales, anchors = np.meshgrid(slope * np.exp(steps), anchors)
            locations, scales = (anchors - scales * middle).ravel(), scales.ravel()
            fit = _log_likelihood(trusted, n_images, locations, scales, shape, freedom)
            prior = np.log(weight * slope / spread) - 0.5 * ((shape - mean) / spread) ** 2
            same = np.ones(scales.size)
            yield locations, scales, shape * same, freedom * same, fit + prior


def _log_likelihood(
    trusted: np.ndarray,
    n_images: int,
    locations: np.ndarray,
    scales: np.ndarray,
    shape: float,
    freedom: float,
) -> np.ndarray:
    """Return the log density of the trusted scores with the others known to lie higher."""
    t, log_slope = unskewed((trusted - locations[:, None]) / scales[:, None], np.array([[shape]]))
    inside = (log_density(t, freedom) - log_slope).sum(axis=1) - len(trusted) * np.log(scales)
    return inside + (n_images - len(trusted)) * log_tail(t[:, -1], freedom)


def _goodness(trusted: np.ndarray, bulk: Bulk) -> tuple[float, float]:
    """Return the chance of the widest gap, and the scaled Kolmogorov distance."""
    tail = bulk._tail(trusted, -np.inf)
    below = (1 - tail) / (1 - tail[-1])
    n_inside = len(trusted) - 1  # given the last, the others are uniform below it
    widest = np.diff(below, prepend=0).max()
    gap = min(1.0, (n_inside + 1) * (1 - widest) ** n_inside)
    ranks = np.arange(n_inside + 1) / n_inside
    distance = np.maximum(ranks[1:] - below[:-1], below[:-1] - ranks[:-1]).max()
    return float(gap), float(distance * np.sqrt(n_inside))
