"""The pictures of the explorer: images, patches, values of windows as colours."""

from functools import lru_cache

import numpy as np
from PIL import Image

from anomalylab.pc_space.cloud import RESIDUAL, Cloud
from anomalylab.pc_space.histogram import cells_of
from anomalylab.pc_space.opened import PCSpace
from anomalylab.pictures import map_colours
from anomalylab.pictures.colours import LIGHT
from anomalylab.pictures.encode import data_url, indexed_png, png
from anomalylab.pictures.shading import shade, shade_signed
from anomalylab.pictures.thumbnails import outlines
from anomalylab.plots.cloud import rasterise
from anomalylab.plots.cloud_layers import odds_colours

N_KEPT = 32
"""Images kept in memory, about 0.4 MB each."""

OPACITY = 0.6
"""Of odds over an image, compared with those over a cloud."""

THUMBNAIL = 132
BRIGHTEST = 400
"""Windows a pixel of a small cloud from which on it no longer gets brighter."""

USUAL_THRESHOLD = 5.0
"""Threshold of maps where the run has none: squared distance from PC space over its mean."""


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
        window = image[row : row + cloud.window, col : col + cloud.window]
        return data_url(png(window, level=1))

    def band(self, sample_id: str) -> np.ndarray:
        """Return the one band that windows are cut from, as grey uint8 (height, width, 3)."""
        band = self.pc.band(sample_id)
        grey = np.clip(128 + 42 * band, 0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)

    def distances(self, cloud: Cloud, normal: float) -> np.ndarray:
        """Colour windows by their squared distance from PC space: uint8 (height, width, 4).

        Parameters
        ----------
        cloud : Cloud
        normal : float
            Root mean square of the distance of normal windows.
        """
        values = self.pc.run.thresholds(RESIDUAL, "map")["value"]
        threshold = float(values.iloc[0]) if len(values) else USUAL_THRESHOLD
        steps = map_colours.to_bytes(cloud.residual / (normal**2 or 1.0), threshold)
        return self._placed(map_colours.colours(self.pc.run.map_ramp)[steps], cloud)

    def odds(self, cloud: Cloud, number: int) -> np.ndarray | None:
        """Colour windows by the odds of their bin: uint8 (height, width, 4).

        Parameters
        ----------
        cloud : Cloud
        number : int
            Of a pair of components.

        Returns
        -------
        rgba : uint8 ndarray or None
            None if the run has no odds.
        """
        if self.pc.coefficients is None:
            return None
        table, pair = self.pc.coefficients[number], self.pc.pairs[number]
        x, y = (cloud.coordinates[..., component] for component in pair)
        cells, _ = cells_of(x, y, len(table), self.pc.limit, self.pc.info.overflow)
        of_bins = odds_colours(table)[::-1].transpose(1, 0, 2).reshape(-1, 4).copy()
        of_bins[:, 3] = OPACITY * of_bins[:, 3]
        clear = np.zeros((1, 4), np.uint8)
        return self._placed(np.concatenate([of_bins, clear])[cells], cloud)

    def small_cloud(self, cloud: Cloud, axes: tuple[str, str], half: float) -> str:
        """Return the points of an image as a small picture, one scale for all."""
        x, y = (cloud.along(axis).ravel() for axis in axes)
        bounds = (-half, -half, half, half)
        counts = rasterise(x, y, bounds, (THUMBNAIL, THUMBNAIL))
        rgba = shade(counts, "inferno", vmax=BRIGHTEST)
        night = Image.new("RGBA", (THUMBNAIL, THUMBNAIL), LIGHT["night-live"])
        night.alpha_composite(Image.fromarray(rgba))
        return data_url(png(np.asarray(night.convert("RGB")), level=1))

    def component(self, number: int) -> str:
        """Return a principal component as a picture, blue below 0 and red above."""
        weights = self.pc.space.patches[number]
        return data_url(indexed_png(shade_signed(weights.T[:, ::-1], "diverging")))

    def _contour(self, sample_id: str) -> list[np.ndarray]:
        mask = self.pc.mask(sample_id)
        rings = [] if mask is None else outlines(mask, mask.shape)  # type: ignore[arg-type]
        return [np.array(ring) for ring in rings]

    @staticmethod
    def _placed(rgba: np.ndarray, cloud: Cloud) -> np.ndarray:
        half = cloud.window // 2
        return np.pad(rgba, ((half, half), (half, half), (0, 0)))
