"""Whether new images as a whole score higher, or wider, than the images a threshold was found on.

A threshold promises its rate for images that come as the known ones came. Defects are among new
images, too, and they score high: so what lies above a mark that a tenth of the known images exceed
is counted, but not compared. Below it, new and known scores are compared by the logarithms of their
ranks, which weigh the lowest scores most, where defects hardly reach. If new images come as the
known ones came, both are drawn from one distribution cut at the mark, whatever it looks like and
however many defects lie above it.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from anomalylab.errors import ParameterError

BELOW_MARK = 0.9
"""Share of the known images below the mark."""

MAX_DEFECTS = 0.3
"""Share of the new images that may be defects without the others being called shifted."""

MIN_KNOWN = 10
"""Known images below which nothing is compared."""

_MIN_BELOW = 3
# How often each part of the test errs where nothing has changed; together at most 0.05. They, the
# mark and the ranks were chosen on simulated scores of four shapes, see docs/measurements.md.
_HIGHER, _FEW_BELOW, _WIDER, _MANY_ABOVE = 0.04, 0.005, 0.005, 0.1


@dataclass(frozen=True)
class Shift:
    """How new scores lie beside known ones.

    Parameters
    ----------
    kind : {"none", "higher", "wider"}
        ``higher``: new images as a whole score higher. ``wider``: their lower scores lie lower,
        and more of them lie above the mark. Of ``none`` nothing follows where images are few.
    n_known, n_new : int
    n_above : int
        New images at or above the mark.
    expected_above : float
        As many as would be there if they came as the known ones came.
    """

    kind: str
    n_known: int
    n_new: int
    n_above: int
    expected_above: float


def shift(known: np.ndarray, new: np.ndarray) -> Shift:
    """Tell whether new images come as the known ones came, defects among them aside.

    Parameters
    ----------
    known : array-like of shape (n_known,)
        Scores of mostly good images, each left out when it was scored.
    new : array-like of shape (n_new,)
        Scores of new images, of which up to ``MAX_DEFECTS`` may be defects.

    Returns
    -------
    Shift
        ``none`` if fewer than ``MIN_KNOWN`` images are known.

    Raises
    ------
    ParameterError
        If scores are not finite, or there is no new one.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> known, good, defects = rng.normal(size=200), rng.normal(size=80), rng.normal(6, size=20)
    >>> shift(known, np.append(good, defects)).kind, shift(known, good + 0.8).kind
    ('none', 'higher')
    """
    known, new = np.sort(np.asarray(known, float).ravel()), np.asarray(new, float).ravel()
    if not len(new) or not (np.isfinite(known).all() and np.isfinite(new).all()):
        raise ParameterError("a shift needs at least one new score, and all scores finite")
    n_known, n_new = len(known), len(new)
    n_below = int(BELOW_MARK * n_known)
    expected = n_new * (n_known - n_below) / (n_known + 1)
    if n_known < MIN_KNOWN:
        return Shift("none", n_known, n_new, 0, expected)
    below = new[(new < known[n_below]) | (new <= known[n_below - 1])]
    lies = _by_ranks(known[:n_below], below)
    n_good = int(np.ceil((1 - MAX_DEFECTS) * n_new))
    few = stats.betabinom.cdf(len(below), n_good, n_below + 1, n_known - n_below)
    many = stats.betabinom.sf(n_new - len(below) - 1, n_new, n_known - n_below, n_below + 1)
    kind = "none"
    if lies >= stats.norm.isf(_HIGHER) or few <= _FEW_BELOW:
        kind = "higher"
    elif lies <= stats.norm.ppf(_WIDER) and many <= _MANY_ABOVE:
        kind = "wider"
    return Shift(kind, n_known, n_new, n_new - len(below), expected)


def _by_ranks(known: np.ndarray, new: np.ndarray) -> float:
    """Return how far the log ranks of new scores lie above their mean, in standard deviations.

    Mean and deviation are those over all ways to call so many of these scores new.
    """
    n_new, n_all = len(new), len(known) + len(new)
    if n_new < _MIN_BELOW:
        return 0.0
    weights = np.log(stats.rankdata(np.append(known, new)) / n_all)
    variance = n_new * len(known) / n_all * weights.var(ddof=1)
    gap = weights[len(known) :].sum() - n_new * weights.mean()
    return float(gap / np.sqrt(variance)) if variance > 0 else 0.0
