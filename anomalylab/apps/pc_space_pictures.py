"""The pictures of the explorer: images, patches, values of windows as colours."""

import base64
import io
from functools import lru_cache

import numpy as np
from PIL import Image

from anomalylab import overlay
from anomalylab.plots.cloud import NIGHT, rasterise
from anomalylab.plots.cloud_layers import odds_colours
from anomalylab.recipes.pc_space.cloud import Cloud
from anomalylab.recipes.pc_space.opened import PCSpace
from anomalylab.shading import png, shade, shade_signed
from anomalylab.thumbnails import outlines

N_KEPT = 32
"""Images kept in memory, about 0.4 MB each."""

THUMBNAIL = 132
BRIGHTEST = 400
"""Windows a pixel of a small cloud from which on it no longer gets brighter."""

DEVIATIONS_SHOWN = 3.0
"""Distance from PC space, in root mean squares of normal windows, that is drawn amber."""


class WindowPictures:
    """Pictures of the images of a run, drawn when asked for.

    Parameters
    ----------
    pc : PCSpace
    """

    def __init__(self, pc: PCSpace):
        self.pc = pc
        self.image = lru_cache(maxsize=N_KEPT)(pc.image)
        self.contour = lru_cache(maxsize=N_KEPT)(self._contour)

    def patch(self, cloud: Cloud, row: int, col: int) -> str:
        """Return the pixels of a window as a data URL."""
        image = self.image(cloud.sample_id)
        return _url(image[row : row + cloud.window, col : col + cloud.window])

    def band(self, sample_id: str) -> np.ndarray:
        """Return the one band that windows are cut from, as grey uint8 (height, width, 3)."""
        band = self.pc.band(sample_id)
        grey = np.clip(128 + 42 * band, 0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)

    def distances(self, cloud: Cloud, normal: float) -> np.ndarray:
        """Colour windows by their distance from PC space: uint8 (height, width, 4).

        Parameters
        ----------
        cloud : Cloud
        normal : float
            Root mean square of the distance of normal windows.
        """
        values = np.sqrt(cloud.residual) / (normal or 1.0)
        return self._placed(overlay.colours()[overlay.to_bytes(values, DEVIATIONS_SHOWN)], cloud)

    def odds(self, cloud: Cloud) -> np.ndarray | None:
        """Colour windows by the odds of their bin: uint8 (height, width, 4); None if unknown."""
        if self.pc.coefficients is None:
            return None
        table = self.pc.coefficients[0]
        n_bins, pair = len(table), self.pc.pairs[0]
        places = (cloud.coordinates[..., list(pair)] / self.pc.limit + 1) * n_bins / 2
        bins = np.clip(places.astype(int), 0, n_bins - 1)
        colours = odds_colours(table)[::-1].transpose(1, 0, 2)
        rgba = colours[bins[..., 0], bins[..., 1]]
        rgba[((places < 0) | (places >= n_bins)).any(axis=-1)] = 0
        return self._placed(rgba, cloud)

    def small_cloud(self, cloud: Cloud, axes: tuple[str, str], half: float) -> str:
        """Return the points of an image as a small picture, one scale for all."""
        x, y = (cloud.along(axis).ravel() for axis in axes)
        bounds = (-half, -half, half, half)
        counts = rasterise(x, y, bounds, (THUMBNAIL, THUMBNAIL))
        rgba = shade(counts, "inferno", vmax=BRIGHTEST)
        night = Image.new("RGBA", (THUMBNAIL, THUMBNAIL), NIGHT)
        night.alpha_composite(Image.fromarray(rgba))
        return _url(np.asarray(night.convert("RGB")))

    def component(self, number: int) -> str:
        """Return a principal component as a picture, blue below 0 and red above."""
        weights = self.pc.space.patches[number]
        return "data:image/png;base64," + base64.b64encode(
            png(shade_signed(weights.T[:, ::-1], "diverging"))
        ).decode("ascii")

    def _contour(self, sample_id: str) -> list[np.ndarray]:
        mask = self.pc.mask(sample_id)
        rings = [] if mask is None else outlines(mask, mask.shape)  # type: ignore[arg-type]
        return [np.array(ring) for ring in rings]

    @staticmethod
    def _placed(rgba: np.ndarray, cloud: Cloud) -> np.ndarray:
        half = cloud.window // 2
        return np.pad(rgba, ((half, half), (half, half), (0, 0)))


def _url(pixels: np.ndarray) -> str:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
