"""Woven fabric: a twill whose threads vary a little, slightly turned and stretched every time."""

import numpy as np

from anomalylab.synthesise.paint import offsets, smooth_noise
from anomalylab.synthesise.scene import Scene, check_size, halve, photograph

WARP, WEFT = np.array([66, 92, 136], np.float32), np.array([178, 184, 190], np.float32)
"""Colours of the threads that run down and across."""
THREADS_ACROSS = 28
FLOAT = 2
"""A warp thread passes over this many weft threads, then under one."""


def fabric(rng: np.random.Generator, size: int) -> Scene:
    """Weave a piece of fabric.

    Parameters
    ----------
    rng : Generator
    size : int
        Height and width in pixels, at least 32.

    Returns
    -------
    scene : Scene
        The fabric fills the picture.

    Raises
    ------
    ParameterError
        If ``size`` is below 32.
    """
    check_size(size)
    shape = (2 * size, 2 * size)
    down, across = _thread_coordinates(rng, shape)
    colours = _weave(rng, down, across)
    return Scene(photograph(rng, colours))


def _thread_coordinates(
    rng: np.random.Generator, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return where each pixel lies, counted in weft threads down and warp threads across."""
    dy, dx = offsets(shape, (shape[0] / 2, shape[1] / 2), np.deg2rad(rng.normal(0, 1.2)))
    pitch = shape[1] / THREADS_ACROSS * rng.uniform(0.98, 1.02, size=2).astype(np.float32)
    start = rng.uniform(100, 200, size=2).astype(np.float32)
    sway = [0.08 * smooth_noise(rng, shape, shape[0] / 9) for _ in range(2)]
    return start[0] + dy / pitch[0] + sway[0], start[1] + dx / pitch[1] + sway[1]


def _weave(rng: np.random.Generator, down: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Return the colours of a twill at half the resolution of the coordinates."""
    weft, warp = np.floor(down), np.floor(across)
    phase = (weft + warp) % np.float32(FLOAT + 1)
    is_warp = phase < FLOAT
    down, across = down - weft, across - warp
    width = _roundness(np.where(is_warp, across, down))
    length = _roundness(np.where(is_warp, (phase + down) / FLOAT, across))
    thickness = rng.normal(1, 0.035, size=(2, 512)).astype(np.float32)
    fibres = smooth_noise(rng, down.shape, (3.0, 0.8))
    shade = 0.42 + 0.58 * width * (0.62 + 0.38 * length)
    shade *= np.where(is_warp, thickness[0][_thread(warp)], thickness[1][_thread(weft)])
    shade *= 1 + 0.07 * np.where(is_warp, fibres, fibres.T)
    seen_warp, seen = halve(shade * is_warp), halve(shade)
    return seen_warp[..., None] * WARP + (seen - seen_warp)[..., None] * WEFT


def _thread(number: np.ndarray) -> np.ndarray:
    return number.astype(np.int32) % 512


def _roundness(fraction: np.ndarray) -> np.ndarray:
    """Return the height of a round thread at ``fraction`` of its width."""
    return np.sqrt(np.clip(4 * fraction * (1 - fraction), 0, 1))
