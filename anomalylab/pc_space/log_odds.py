"""The fitted classifier of histograms as numbers: a run keeps arrays, and no code."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

FILE = "odds.npz"


@dataclass(frozen=True)
class LogOdds:
    """``log odds = b + sum_i c_i (x_i - m_i) / s_i`` that an image of bins ``x_i`` is anomalous.

    Parameters
    ----------
    mean, scale : float64 ndarray of shape (n_bins,)
        Mean ``m_i`` and deviation ``s_i`` of each bin over the training images.
    coefficients : float64 ndarray of shape (n_bins,)
        Log odds ``c_i`` that a deviation of each bin adds.
    intercept : float
        Log odds ``b`` of an image of mean bins.
    """

    mean: np.ndarray
    scale: np.ndarray
    coefficients: np.ndarray
    intercept: float

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Return the log odds of images, (n_images,), from their bins (n_images, n_bins)."""
        log_odds: np.ndarray = (features - self.mean) / self.scale @ self.coefficients
        return log_odds + self.intercept

    @property
    def of_a_unit(self) -> np.ndarray:
        """Log odds ``c_i / s_i`` that a unit of each bin adds."""
        return np.asarray(self.coefficients / self.scale)

    def save(self, folder: Path) -> None:
        """Write :data:`FILE`."""
        np.savez(
            folder / FILE,
            mean=self.mean,
            scale=self.scale,
            coefficients=self.coefficients,
            intercept=self.intercept,
        )


def load(path: Path) -> LogOdds:
    """Read the file that :meth:`LogOdds.save` wrote."""
    with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as stored:
        parts = stored["mean"], stored["scale"], stored["coefficients"]
        return LogOdds(*parts, float(stored["intercept"]))
