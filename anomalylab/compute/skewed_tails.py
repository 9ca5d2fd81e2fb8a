"""Skewed distributions, tails light or heavy: ``g(t)`` of a Student ``t``, or of its normal limit.

``g(t) = (exp(shape * t) - 1) / shape``, which is ``t`` for shape 0. With a normal ``t`` it is a
shifted log-normal distribution.
"""

import numpy as np
from scipy.special import gammaln, log_ndtr, ndtri, stdtr, stdtrit


def quantile(share: np.ndarray | float, shape: float, freedom: float) -> np.ndarray:
    """Return the value below which ``share`` (in (0, 1)) of the distribution lies.

    Examples
    --------
    >>> round(float(quantile(0.5, 0.0, np.inf)), 3), round(float(quantile(0.975, 0.0, np.inf)), 3)
    (0.0, 1.96)
    """
    t: np.ndarray = ndtri(share) if np.isinf(freedom) else stdtrit(freedom, share)
    if abs(shape) < 1e-9:
        return t
    skewed: np.ndarray = np.expm1(shape * t) / shape
    return skewed


def unskewed(values: np.ndarray, shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the Student ``t`` of values, and the log of the slope of ``g`` there.

    Arrays are broadcast. Off the support ``t`` is infinite and the log slope 0.
    """
    flat = np.abs(shapes) < 1e-9
    with np.errstate(divide="ignore", invalid="ignore"):
        log_slope = np.log(np.maximum(1 + shapes * values, 0))
        t = np.where(flat, values, log_slope / np.where(flat, 1, shapes))
    return t, np.where(np.isfinite(t), log_slope, 0)


def log_density(t: np.ndarray, freedom: float) -> np.ndarray:
    """Return the log density of the Student ``t`` itself."""
    density: np.ndarray
    if np.isinf(freedom):
        density = -0.5 * t**2 - 0.5 * np.log(2 * np.pi)
    else:
        norm = gammaln((freedom + 1) / 2) - gammaln(freedom / 2) - 0.5 * np.log(freedom * np.pi)
        density = norm - (freedom + 1) / 2 * np.log1p(t**2 / freedom)
    return density


def log_tail(t: np.ndarray, freedom: float) -> np.ndarray:
    """Return the log of the chance of more than ``t``."""
    tail: np.ndarray
    if np.isinf(freedom):
        tail = log_ndtr(-t)
    else:
        tail = np.log(np.maximum(stdtr(freedom, -t), np.finfo(float).tiny))
    return tail
