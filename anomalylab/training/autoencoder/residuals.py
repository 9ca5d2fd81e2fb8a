"""What is left of an image when what an auto-encoder makes of it is taken away."""

import numpy as np

from anomalylab.registry import unknown_name
from anomalylab.training.autoencoder.options import RESIDUALS

AT_ONCE = 8
"""Images whose structural similarity is computed together."""


def residuals(images: np.ndarray, reconstructed: np.ndarray, kind: str = "l2") -> np.ndarray:
    r"""Return one residual a pixel.

    With ``d`` the difference of a colour, and ``c`` counting the colours:
    ``l2`` :math:`\sqrt{\sum_c d_c^2 / 3}`, ``sum_sq`` :math:`\sum_c d_c^2`, ``mean_abs``
    :math:`\sum_c |d_c| / 3`, ``max_abs`` :math:`\max_c |d_c|`, and ``ssim`` 1 less the structural
    similarity of the two images around the pixel, mean over colours.

    Parameters
    ----------
    images : uint8 ndarray of shape (n_images, height, width, 3)
    reconstructed : float32 ndarray of the same shape
        As shares of 0 to 1.
    kind : {"l2", "sum_sq", "mean_abs", "max_abs", "ssim"}

    Returns
    -------
    residuals : float32 ndarray of shape (n_images, height, width)
        From 0 to 1, 3, 1, 1 and 2, in this order, where the reconstruction lies in 0 to 1.

    Raises
    ------
    UnknownNameError
        If there is no such kind.
    """
    if kind not in RESIDUALS:
        unknown_name("residual", kind, RESIDUALS)
    if kind == "ssim":
        return _dissimilarity(images, reconstructed)
    difference = images.astype(np.float32) / 255 - reconstructed
    if kind == "sum_sq":
        return np.square(difference).sum(axis=-1)
    if kind == "mean_abs":
        return np.abs(difference).mean(axis=-1)
    if kind == "max_abs":
        largest: np.ndarray = np.abs(difference).max(axis=-1)
        return largest
    return np.sqrt(np.square(difference).mean(axis=-1))


def _dissimilarity(images: np.ndarray, reconstructed: np.ndarray) -> np.ndarray:
    import torch

    from anomalylab.training.autoencoder.network import as_tensor
    from anomalylab.training.autoencoder.similarity import similarity

    found = np.empty(images.shape[:3], np.float32)
    for start in range(0, len(images), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        other = torch.from_numpy(reconstructed[some]).permute(0, 3, 1, 2)
        with torch.inference_mode():
            alike = similarity(as_tensor(images[some]), other).mean(dim=1)
        found[some] = 1 - alike.numpy()
    return found
