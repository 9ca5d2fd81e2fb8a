"""What ``run.json`` holds of a run of the auto-encoder."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class AutoencoderInfo:
    """The part of a run of the auto-encoder.

    Parameters
    ----------
    category : str
    architecture : str
        Of the main training.
    latent : int
    latents : list of int
        That were compared.
    latents_on : str
        Architecture that they were compared on; empty if none were.
    loss, residual : str
    denoise : bool
    preset : str
    parameters : dict
        Of the detector ``autoencoder``.
    size : tuple of int
        Height and width that images were resized to.
    highest : float
        Residual of level 255 of the pictures: the threshold of level ``k`` is
        ``k * highest / 255``.
    quantile : float
        Of the highest residuals of good images held out, that tau was taken from.
    background : float, optional
    min_area : int
    n_train, n_held_out, n_test : int
    n_held_out_for_test : int
        Good images that were taken from training to be judged, as no others are given.
    n_planted : int
    n_unlabelled : int
        Of the images to learn from and those held out: taken to be good, as nobody labelled them.
    device : str
    """

    category: str
    architecture: str
    latent: int
    latents: list[int] = field(default_factory=list)
    latents_on: str = ""
    loss: str = "l2"
    residual: str = "l2"
    denoise: bool = False
    preset: str = "cpu"
    parameters: dict[str, Any] = field(default_factory=dict)
    size: tuple[int, int] = (128, 128)
    highest: float = 1.0
    quantile: float = 0.98
    background: float | None = None
    min_area: int = 1
    n_train: int = 0
    n_held_out: int = 0
    n_test: int = 0
    n_held_out_for_test: int = 0
    n_planted: int = 0
    n_unlabelled: int = 0
    device: str = "cpu"

    @property
    def known_as(self) -> str:
        """What images that are learnt from are called, see :func:`known_as`."""
        return known_as(self.n_unlabelled, self.n_train + self.n_held_out)


def known_as(n_unlabelled: int, n_images: int) -> str:
    """Return what images that are learnt from are called: good only where somebody says so.

    Examples
    --------
    >>> known_as(0, 5), known_as(5, 5), known_as(1, 5)
    ('good', 'unlabelled', 'partly labelled')
    """
    if not n_unlabelled:
        return "good"
    return "unlabelled" if n_unlabelled >= n_images else "partly labelled"
