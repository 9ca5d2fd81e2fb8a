"""What an auto-encoder is trained with, and what is compared afterwards, by name."""

from dataclasses import dataclass

from anomalylab.errors import ParameterError
from anomalylab.registry import unknown_name

LOSSES = ("l2", "ssim")
"""What is made small, see :mod:`anomalylab.training.autoencoder.reconstruction_losses`."""

RESIDUALS = ("l2", "sum_sq", "mean_abs", "max_abs", "ssim")
"""What is left of a pixel, see :mod:`anomalylab.training.autoencoder.residuals`."""

FILLS = ("auto", "black", "border", "reflect")
"""What stands beyond the border of an image that is turned."""


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Copies of images: turned, mirrored, with noise.

    Parameters
    ----------
    n_images : int
        About as many come out, the images themselves first; fewer than there are add none.
    rotation : float
        Largest angle, in degrees either way.
    is_flipped : bool
        Mirror left and right, up and down, each in half of the copies.
    noise : float
        Standard deviation of noise that is added to copies, as a share of full brightness.
    fill : {"auto", "black", "border", "reflect"}
        What stands beyond the border of an image that is turned: black, the usual colour of the
        border, or the image mirrored. ``auto`` takes the colour of the border where that is nearly
        the same in and among images, and mirrors elsewhere.

    Raises
    ------
    ParameterError
        If a value cannot be used.
    UnknownNameError
        If there is no such fill.
    """

    n_images: int = 2016
    rotation: float = 180.0
    is_flipped: bool = True
    noise: float = 0.02
    fill: str = "auto"

    def __post_init__(self) -> None:
        if self.fill not in FILLS:
            unknown_name("fill of turned images", self.fill, FILLS)
        if self.n_images < 1:
            raise ParameterError(f"n_images must be at least 1, not {self.n_images}")
        if not 0 <= self.rotation <= 180:
            raise ParameterError(f"rotation must lie in 0 to 180 degrees, not {self.rotation}")
        if not 0 <= self.noise < 1:
            raise ParameterError(f"noise must lie in [0, 1), not {self.noise}")
