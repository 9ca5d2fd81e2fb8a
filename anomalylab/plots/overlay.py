"""Where in the image does the detector see something?"""

import json

import holoviews as hv
import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.pictures.map_colours import USUAL_RAMP, colours, to_bytes
from anomalylab.plots.style import SELECTION, bare


def overlay(
    image: np.ndarray,
    anomaly_map: np.ndarray,
    *,
    threshold: float,
    opacity: float = 0.6,
    contour: str | None = None,
    cell: tuple[float, float, float, float] | None = None,
    ramp: str = USUAL_RAMP,
) -> hv.Overlay:
    """Lay an anomaly map over its image; below half the threshold it is transparent.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)
    anomaly_map : ndarray of shape (height, width)
    threshold : float
        Of maps; anchors the colours, so that a normal image looks calm.
    opacity : float in [0, 1]
        Of the coloured part.
    contour : str, optional
        Truth as in THUMBNAILS, in pixels of ``image``.
    cell : tuple, optional
        Left, bottom, right and top of a cell to be framed, in pixels from the lower left corner.
    ramp : str
        Of :func:`anomalylab.pictures.map_colours.colours`.

    Returns
    -------
    overlay : hv.Overlay
        ``hv.RGB`` of the image, of the map, and an ``hv.Path`` of the contour if given.
    """
    if image.shape[:2] != anomaly_map.shape:
        raise ParameterError(
            f"image and anomaly map must have one size, not {image.shape[:2]} "
            f"and {anomaly_map.shape}"
        )
    height, width = anomaly_map.shape
    heat = hv.RGB(_heat(anomaly_map, threshold, opacity, ramp), bounds=(0, 0, width, height))
    layers = [*picture(image, cell=cell), heat, *_outline(contour, height)]
    return hv.Overlay(layers).opts(title="Where does the detector see something?", **_frame(image))


def picture(
    image: np.ndarray,
    *,
    cell: tuple[float, float, float, float] | None = None,
    contour: str | None = None,
) -> hv.Overlay:
    """Show an image as it is, with one cell framed and the truth outlined if given.

    Parameters
    ----------
    image, cell, contour
        As for :func:`overlay`.
    """
    layers = [hv.RGB(image, bounds=(0, 0, image.shape[1], image.shape[0]))]
    if cell:
        frame = {"fill_alpha": 0, "line_color": SELECTION, "line_width": 2, "line_dash": "dotted"}
        layers.append(hv.Rectangles([cell]).opts(**frame))
    layers += _outline(contour, image.shape[0])
    return hv.Overlay(layers).opts(**_frame(image))


def _outline(contour: str | None, height: int) -> list[hv.Path]:
    """Return the outlines of the truth as a layer, no layer if there are none."""
    rings = [np.array(ring) for ring in json.loads(contour or "[]")]
    if not rings:
        return []
    paths = [np.column_stack([ring[:, 0], height - ring[:, 1]]) for ring in rings]
    return [hv.Path(paths).opts(color="white", line_width=1.5)]


def _frame(image: np.ndarray) -> dict:
    height, width = image.shape[:2]
    return {
        "xaxis": None,
        "yaxis": None,
        "xlim": (0, width),
        "ylim": (0, height),
        "aspect": width / height,
        "responsive": True,
        "toolbar": None,
        "hooks": [bare],
    }


def _heat(anomaly_map: np.ndarray, threshold: float, opacity: float, ramp: str) -> np.ndarray:
    rgba = colours(ramp)[to_bytes(anomaly_map, threshold)]
    rgba[..., 3] = np.rint(rgba[..., 3] * opacity)
    return rgba
