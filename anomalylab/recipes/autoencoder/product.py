"""Which pixels are of the product, and which groups of called pixels are large enough."""

import numpy as np
from scipy import ndimage
from skimage.morphology import area_opening

from anomalylab.progress import counted
from anomalylab.training.autoencoder.augment import border_colour


def background_of(image: np.ndarray, colour: np.ndarray, tolerance: float) -> np.ndarray:
    """Return the pixels that are like the border and connected to it: bool (height, width).

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)
    colour : uint8 ndarray of shape (3,)
        Of the border, usually.
    tolerance : float
        Largest difference of any channel, as a share of full brightness.
    """
    apart = np.abs(image.astype(np.int16) - colour.astype(np.int16)).max(axis=2)
    numbered, _ = ndimage.label(apart <= 255 * tolerance)
    at_border = (numbered[0], numbered[-1], numbered[:, 0], numbered[:, -1])
    connected = np.unique(np.concatenate(at_border))
    return np.isin(numbered, connected[connected > 0])


class Cleaning:
    """Sets aside the background, and what is too small to be called.

    Parameters
    ----------
    images : uint8 ndarray of shape (n_images, height, width, 3)
        Good ones, whose border tells the colour of the background.
    background : float, optional
        Tolerance of :func:`background_of`; nothing is background if not given.
    min_area : int
        Of groups of called pixels that touch, also by a corner.
    """

    def __init__(self, images: np.ndarray, background: float | None, min_area: int):
        self.tolerance, self.min_area = background, min_area
        self.colour, _ = border_colour(images)

    def cleaned(self, images: np.ndarray, maps: np.ndarray) -> np.ndarray:
        """Return maps in which no threshold calls background or too small a group.

        Parameters
        ----------
        images : uint8 ndarray of shape (n_images, height, width, 3)
        maps : float32 ndarray of shape (n_images, height, width)

        Returns
        -------
        cleaned : float32 ndarray of that shape
            What exceeds a threshold in it is what is left of that in ``maps`` when small groups
            are taken away.
        """
        if self.tolerance is None and self.min_area == 1:
            return maps
        cleaned = np.array(maps)
        for image, residual in counted(zip(images, cleaned, strict=True), len(maps), "cleaning"):
            if self.tolerance is not None:
                residual[background_of(image, self.colour, self.tolerance)] = 0
            if self.min_area > 1:
                residual[:] = area_opening(residual, self.min_area, connectivity=2)
        return cleaned
