"""A threshold, and the table of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from anomalylab.errors import ParameterError
from anomalylab.schema import THRESHOLDS

METHODS = {
    "bulk": "curve fitted to most images",
    "loo_quantile": "quantile of left-out images",
    "conformal": "split-conformal",
    "oracle_f1": "best F1 on these images (oracle)",
    "f1": "best F1",
    "cost": "lowest cost",
    "fpr": "fixed false-alarm rate",
}
"""Method -> how readers are told that a threshold was found."""


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
    """Return how a threshold was found, in two or three words."""
    return METHODS.get(method, method.replace("_", " "))


def falling_within(scores: np.ndarray, max_fpr: float) -> np.ndarray:
    """Return the scores from highest to lowest; ``max_fpr`` must be a share they can be cut at."""
    if not 0 < max_fpr < 1:
        raise ParameterError(f"max_fpr must lie in (0, 1), not {max_fpr}")
    return falling_scores(scores)


def falling_scores(scores: np.ndarray) -> np.ndarray:
    """Return the scores from highest to lowest."""
    scores = np.sort(np.asarray(scores, float).ravel())[::-1]
    if not len(scores) or not np.isfinite(scores).all():
        raise ParameterError("thresholds need at least one score, and all of them finite")
    return scores
