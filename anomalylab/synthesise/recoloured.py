"""Colours shifted at random: brightness, contrast, saturation and hue."""

import numpy as np

from anomalylab.errors import ParameterError

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def recoloured(rng: np.random.Generator, patch: np.ndarray, jitter: float) -> np.ndarray:
    """Shift the colours of a patch.

    Brightness, contrast about the mean grey and saturation are multiplied by numbers drawn from
    1 - ``jitter`` to 1 + ``jitter``, and the hue turns by up to ``jitter`` of the whole circle.

    Parameters
    ----------
    rng : Generator
    patch : ndarray of shape (height, width, 3)
        Colours from 0 to 255.
    jitter : float in [0, 0.5]

    Returns
    -------
    shifted : float32 ndarray of shape (height, width, 3)
        From 0 to 255.

    Raises
    ------
    ParameterError
        If ``jitter`` lies outside [0, 0.5].
    """
    if not 0 <= jitter <= 0.5:
        raise ParameterError(f"jitter must lie in [0, 0.5], not {jitter}")
    brightness, contrast, saturation = rng.uniform(1 - jitter, 1 + jitter, 3).astype(np.float32)
    turn = rng.uniform(-jitter, jitter)
    shifted = patch.astype(np.float32) * brightness
    middle = (shifted @ _LUMA).mean()
    shifted = middle + contrast * (shifted - middle)
    grey = (shifted @ _LUMA)[..., None]
    shifted = grey + saturation * (shifted - grey)
    return np.clip(shifted @ _turned(turn).T, 0, 255)


def _turned(turn: float) -> np.ndarray:
    """Return the rotation of colours about grey by a share of the circle, as float32 (3, 3)."""
    cos, sin = np.cos(2 * np.pi * turn), np.sin(2 * np.pi * turn) / np.sqrt(3)
    even = np.full((3, 3), (1 - cos) / 3) + cos * np.eye(3)
    odd = sin * np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    return (even + odd).astype(np.float32)
