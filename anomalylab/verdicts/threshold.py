"""A threshold, and the table of them."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from anomalylab.errors import ParameterError
from anomalylab.schema import THRESHOLDS

LOWEST = "conformal_lowest"
"""Method of the lowest rate that ranks among so many images can promise."""

METHODS = {
    "bulk": "curve fitted to most images",
    LOWEST: "lowest rate that so few images can promise",
    "loo_quantile": "quantile of left-out images",
    "oracle_f1": "best F1 on these images (oracle)",
    "f1": "best F1",
    "cost": "lowest cost",
    "fpr": "fixed false-alarm rate",
}
"""Method -> how readers are told that a threshold was found; :data:`FOR_RATES` has the others."""

FOR_RATES = {"bulk": "by the curve", "conformal": "by rank"}
"""First word of a method for a rate of false alarms, as ``bulk_1`` and ``conformal_5``."""


@dataclass(frozen=True)
class Threshold:
    """A score from which an image is called anomalous.

    Parameters
    ----------
    method : str
        How it was found.
    value : float
        Scores at or above it are anomalous.
    expected_false : float
        False alarms expected among ``n_images`` normal images.
    n_images : int
        Images it was found on.
    note : str
        What it promises, in one sentence.
    """

    method: str
    value: float
    expected_false: float
    n_images: int
    note: str


def threshold_table(
    detector: str, kind: str, thresholds: Sequence[Threshold], *, default: str
) -> pd.DataFrame:
    """Put thresholds of one detector and kind into a THRESHOLDS table.

    Parameters
    ----------
    detector : str
    kind : {"image", "map"}
    thresholds : sequence of Threshold
    default : str
        Method that views start from.

    Raises
    ------
    ParameterError
        If ``default`` is none of the methods, or ``kind`` is another word.
    """
    methods = [threshold.method for threshold in thresholds]
    if default not in methods:
        raise ParameterError(f"the default must be one of {methods}, not {default!r}")
    if kind not in ("image", "map"):
        raise ParameterError(f"kind must be 'image' or 'map', not {kind!r}")
    rows = [
        {"detector": detector, "kind": kind, **asdict(t), "is_default": t.method == default}
        for t in thresholds
    ]
    return THRESHOLDS.check(pd.DataFrame(rows)[list(THRESHOLDS.columns)])


def method_words(method: str) -> str:
    """Return how a threshold was found, in a few words.

    Examples
    --------
    >>> method_words("cost"), method_words("conformal_2.5")
    ('lowest cost', '2.5 % of good images, by rank')
    """
    family, _, rate = method.partition("_")
    if method not in METHODS and family in FOR_RATES:
        return f"{rate} % of good images, {FOR_RATES[family]}"
    return METHODS.get(method, method.replace("_", " "))


def method_of_rate(family: str, rate: float) -> str:
    """Return the method of a family of :data:`FOR_RATES` for a rate of false alarms.

    Examples
    --------
    >>> method_of_rate("conformal", 0.05)
    'conformal_5'
    """
    return f"{family}_{100 * rate:.10g}"


def read_rate(text: str) -> float:
    """Read a rate of false alarms, written as a share of good images or in per cent.

    Raises
    ------
    ParameterError
        If it is no number, or lies outside (0, 1).

    Examples
    --------
    >>> read_rate("0.05"), read_rate("2.5 %")
    (0.05, 0.025)
    """
    number, percent, rest = text.strip().partition("%")
    try:
        rate = float(number) / (100 if percent else 1)
    except ValueError:
        rate = math.nan
    if rest or not 0 < rate < 1:
        raise ParameterError(
            "a rate of false alarms is a share of good images above 0 and below 1, as 0.05, or "
            f"5% with its sign, not {text!r}"
        )
    return rate


def check_rate(rate: float) -> float:
    """Return a rate of false alarms that there can be.

    Raises
    ------
    ParameterError
        If it lies outside (0, 1).
    """
    if not 0 < rate < 1:
        raise ParameterError(f"a rate of false alarms must lie in (0, 1), not {rate}")
    return rate


def falling_scores(scores: np.ndarray) -> np.ndarray:
    """Return the scores from highest to lowest."""
    scores = np.sort(np.asarray(scores, float).ravel())[::-1]
    if not len(scores) or not np.isfinite(scores).all():
        raise ParameterError("thresholds need at least one score, and all of them finite")
    return scores
