"""Where the product is in a picture, as far as its border tells."""

import numpy as np
from PIL import Image
from scipy import ndimage

SIDE = 256
"""Pixels of the longer side that are looked at."""

_TOLERANCE = 10.0
"""Grey levels by which an even background may differ from its middle colour, at least."""
_EVEN = 0.6
"""Share of the border that must have one colour."""
_SMALLEST = 0.05
_LARGEST = 0.97
_IN_ONE_PIECE = 0.8


def product_mask(image: np.ndarray) -> np.ndarray | None:
    """Tell the product from an even background.

    The background is what has the colour of the border, within four median deviations, and hangs
    together with it. The rest is the product if it is one large piece; a surface that fills the
    picture, or a cluttered background, tells nothing.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)

    Returns
    -------
    mask : bool ndarray of shape (height, width), or None
        None if the product cannot be told from what is around it.
    """
    height, width = image.shape[:2]
    shrink = max(1.0, max(height, width) / SIDE)
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    small = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX), np.float32)
    is_border = np.ones(small.shape[:2], bool)
    is_border[2:-2, 2:-2] = False
    colour = np.median(small[is_border], axis=0)
    difference = np.abs(small - colour).max(axis=2)
    tolerance = max(_TOLERANCE, 4 * 1.48 * float(np.median(difference[is_border])))
    if (difference[is_border] <= tolerance).mean() < _EVEN:
        return None
    product = _largest_piece(_without_background(difference <= tolerance, is_border))
    if product is None:
        return None
    enlarged = Image.fromarray(product).resize((width, height), Image.Resampling.NEAREST)
    return np.asarray(enlarged, bool)


def _without_background(is_even: np.ndarray, is_border: np.ndarray) -> np.ndarray:
    """Return what neither hangs together with the border nor is a crumb of the background."""
    pieces, _ = ndimage.label(is_even)
    background = np.isin(pieces, np.unique(pieces[is_border & is_even]))
    return ndimage.binary_opening(ndimage.binary_fill_holes(~background))


def _largest_piece(product: np.ndarray) -> np.ndarray | None:
    """Return the largest piece, a pixel smaller all round, if it is most of the product."""
    pieces, n_pieces = ndimage.label(product)
    if n_pieces == 0:
        return None
    areas = np.bincount(pieces.ravel())[1:]
    largest = pieces == areas.argmax() + 1
    share = areas.max() / product.size
    is_told = _SMALLEST <= share <= _LARGEST and areas.max() >= _IN_ONE_PIECE * areas.sum()
    return ndimage.binary_erosion(largest) if is_told else None
