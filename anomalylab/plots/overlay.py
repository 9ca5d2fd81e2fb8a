"""Where in the image does the detector see something?"""

import json

import holoviews as hv
import numpy as np

from anomalylab.errors import ParameterError
from anomalylab.overlay import colours, to_bytes
from anomalylab.plots.style import hook


def overlay(
    image: np.ndarray,
    anomaly_map: np.ndarray,
    *,
    threshold: float,
    opacity: float = 0.6,
    contour: str | None = None,
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
    bounds = (0, 0, width, height)
    layers = [
        hv.RGB(image, bounds=bounds),
        hv.RGB(_heat(anomaly_map, threshold, opacity), bounds=bounds),
    ]
    if contour:
        rings = [np.array(ring) for ring in json.loads(contour)]
        paths = [np.column_stack([ring[:, 0], height - ring[:, 1]]) for ring in rings]
        layers.append(hv.Path(paths).opts(color="#ffffff", line_width=1.5))
    return hv.Overlay(layers).opts(
        xaxis=None, yaxis=None, data_aspect=1, frame_width=420, toolbar=None, hooks=[hook]
    )


def _heat(anomaly_map: np.ndarray, threshold: float, opacity: float) -> np.ndarray:
    rgba = colours()[to_bytes(anomaly_map, threshold)]
    rgba[..., 3] = np.rint(rgba[..., 3] * opacity)
    return rgba
