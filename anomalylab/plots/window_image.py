"""Where in the image are the selected windows?"""

from collections.abc import Sequence

import holoviews as hv
import numpy as np

from anomalylab.pictures.colours import rgb
from anomalylab.plots.cloud import STILL
from anomalylab.plots.style import SELECTION, bare, equal_scales

SHADE = 0.45
"""Brightness of the picture around what is lit up."""


def window_image(
    image: np.ndarray, heat: np.ndarray | None = None, lit: np.ndarray | None = None
) -> hv.RGB:
    """Show an image under colours of its windows, with some pixels lit and the rest darkened.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)
    heat : uint8 ndarray of shape (height, width, 4), optional
    lit : bool ndarray of shape (height, width), optional
        Centres of the selected windows; nothing is darkened if not given.
    """
    height, width = image.shape[:2]
    if heat is not None:
        alpha = heat[..., 3:] / np.float32(255)
        image = (image * (1 - alpha) + heat[..., :3] * alpha).astype(np.uint8)
    if lit is not None:
        image = _lit(image, lit)
    return hv.RGB(image, bounds=(0, 0, width, height)).opts(**STILL)


def contour(rings: Sequence[np.ndarray], height: int) -> hv.Path:
    """Outline the true defect thinly.

    Parameters
    ----------
    rings : sequence of ndarray of shape (n, 2)
        x and y in pixels, y counted from the top.
    height : int
        Of the image.
    """
    paths = [np.column_stack([ring[:, 0], height - ring[:, 1]]) for ring in rings]
    return hv.Path(paths).opts(color="white", line_width=1.2, **STILL)


def window_frame(bounds: tuple[float, float, float, float] | None) -> hv.Rectangles:
    """Frame a window or a part of the image, left, bottom, right, top; nothing if None."""
    return hv.Rectangles([] if bounds is None else [bounds]).opts(
        fill_alpha=0, line_color=SELECTION, line_width=1.5, line_dash="dashed", **STILL
    )


def image_frame(layers: Sequence, size: tuple[int, int]) -> hv.Overlay:
    """Lay layers over each other as a picture of (height, width) without axes."""
    overlay = layers[0]
    for layer in layers[1:]:
        overlay = overlay * layer
    height, width = size
    options = {
        "xaxis": None,
        "yaxis": None,
        "xlim": (0, width),
        "ylim": (0, height),
        "aspect": width / height,
        "responsive": True,
        "toolbar": "above",
        "active_tools": ["box_select", "wheel_zoom"],
        "hooks": [bare, equal_scales],
        "show_legend": False,
        "border": 0,
    }
    return overlay.opts({"Overlay": options})


def _lit(image: np.ndarray, lit: np.ndarray) -> np.ndarray:
    dark = (image * SHADE).astype(np.uint8)
    dark[lit] = (0.5 * image[lit] + 0.5 * np.array(rgb("amber"))).astype(np.uint8)
    return dark
