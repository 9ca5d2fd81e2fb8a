"""Images turned, enlarged, tilted and lit a little differently, so that no two are quite the same.

The ranges are those that the published twins were trained with, without mirroring; what lies
outside the image is black.
"""

import math

import numpy as np
import torch
from torch.nn import functional

SHARE = 0.75
"""Chance of each change, apart from the others."""

DEGREES, ZOOM, TILT, LIGHT = 10.0, 1.1, 0.2, 0.2
"""Turned by at most so much; enlarged up to; corners moved by at most so much of half a side;
brightness and contrast changed by at most so much."""

CORNERS = np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])
"""Of an image, as (x, y) from -1 to 1."""


def augmented(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change an image at random, as a slightly different camera and lamp would.

    ``x`` is read at ``H p`` for each pixel ``p``, with ``H`` a random projective map: a turn of up
    to 10 degrees, an enlargement up to 1.1 about a random point, and corners moved by up to a
    tenth of the image. Then ``sigmoid(c logit(x) + logit(b))`` with a contrast ``c`` from 0.8 to
    1.25 and a brightness ``b`` from 0.4 to 0.6.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)
        Stays as it is.
    rng : Generator

    Returns
    -------
    changed : uint8 ndarray of the same shape
    """
    seen = torch.from_numpy(np.array(image, np.float32)).permute(2, 0, 1)[None] / 255
    ways = projection(rng)
    brightness = rng.uniform(0.5 - LIGHT / 2, 0.5 + LIGHT / 2) if rng.random() < SHARE else 0.5
    contrast = (1 - LIGHT) ** rng.uniform(-1, 1) if rng.random() < SHARE else 1.0
    grid = torch.from_numpy(_sampled(ways, image.shape[:2]).astype(np.float32))[None]
    moved = functional.grid_sample(seen, grid, align_corners=False)
    outside = functional.grid_sample(torch.ones_like(seen[:, :1]), grid, align_corners=False)
    lit = torch.sigmoid(
        contrast * torch.logit(moved, eps=1e-3) + math.log(brightness / (1 - brightness))
    )
    changed = (lit * outside * 255).round().clamp(0, 255).to(torch.uint8)
    return changed[0].permute(1, 2, 0).contiguous().numpy()


def projection(rng: np.random.Generator) -> np.ndarray:
    """Draw the projective map from places of the new image to places of the old one.

    Parameters
    ----------
    rng : Generator

    Returns
    -------
    ways : float64 ndarray of shape (3, 3)
        Of ``(x, y, 1)``, with x and y from -1 to 1.
    """
    corners = CORNERS.copy()
    if rng.random() < SHARE:
        corners += rng.uniform(-TILT, TILT, corners.shape)
    if rng.random() < SHARE:
        zoom = rng.uniform(1, ZOOM)
        corners = corners / zoom + rng.uniform(-1, 1, 2) * (1 - 1 / zoom)
    if rng.random() < SHARE:
        angle = math.radians(rng.uniform(-DEGREES, DEGREES))
        turn = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
        corners = corners @ np.array(turn)
    return _through(CORNERS, corners)


def _through(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the projective map that takes four points to four others."""
    rows, wanted = [], []
    for (x, y), (u, v) in zip(before, after, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        wanted += [u, v]
    solved = np.linalg.solve(np.array(rows), np.array(wanted))
    return np.append(solved, 1.0).reshape(3, 3)


def _sampled(ways: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return where each pixel is read, as (x, y) from -1 to 1, of shape (height, width, 2)."""
    y, x = ((np.arange(n) * 2 + 1) / n - 1 for n in size)
    across, down = np.meshgrid(x, y)
    places = np.stack([across, down, np.ones_like(across)], axis=-1) @ ways.T
    return places[..., :2] / places[..., 2:]
