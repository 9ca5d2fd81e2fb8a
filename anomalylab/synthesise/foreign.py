"""Textures that belong to nothing: made up, or another image in other colours."""

import numpy as np

from anomalylab.synthesise.paint import offsets, smooth_noise


def made_up(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Make a texture of two colours up: clouds, fibres, stripes or checks, with a grain.

    Parameters
    ----------
    rng : Generator
    shape : (int, int)
        Height and width in pixels.

    Returns
    -------
    texture : float32 ndarray of shape (height, width, 3)
        From 0 to 255.
    """
    pattern = (_clouds, _fibres, _stripes, _checks)[int(rng.integers(4))]
    share = np.clip(pattern(rng, shape), 0, 1)[..., None]
    first, second = rng.uniform(0, 255, (2, 3)).astype(np.float32)
    grain = rng.uniform(0, 14) * rng.standard_normal((*shape, 1), dtype=np.float32)
    return np.clip(first + share * (second - first) + grain, 0, 255)


def in_other_colours(
    rng: np.random.Generator, image: np.ndarray, shape: tuple[int, int]
) -> np.ndarray:
    """Take a piece of another image, mirrored beyond its border, and change its colours twice.

    The two changes are drawn from: negative, solarised, fewer levels, channels exchanged, darker or
    brighter, as the published mixture draws its own from a longer list.

    Parameters
    ----------
    rng : Generator
    image : uint8 ndarray of shape (any height, any width, 3)
    shape : (int, int)
        Height and width of the piece.

    Returns
    -------
    texture : float32 ndarray of shape (height, width, 3)
        From 0 to 255.
    """
    rows, cols = (_mirrored(rng, n, wanted) for n, wanted in zip(image.shape, shape, strict=False))
    texture = image[rows[:, None], cols].astype(np.float32)
    for number in rng.permutation(5)[:2]:
        texture = (_negative, _solarised, _posterised, _exchanged, _lit)[number](rng, texture)
    return texture


def _mirrored(rng: np.random.Generator, n: int, wanted: int) -> np.ndarray:
    """Return ``wanted`` places in turn out of ``n``, to and fro."""
    places = np.arange(wanted) + int(rng.integers(max(1, n - wanted + 1)))
    places %= 2 * n
    return np.where(places < n, places, 2 * n - 1 - places)


def _clouds(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return 0.5 + 0.35 * smooth_noise(rng, shape, float(np.exp(rng.uniform(0, 2.5))))


def _fibres(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    along, across = float(rng.uniform(3, 9)), float(rng.uniform(0.5, 1.5))
    sigma = (along, across) if rng.integers(2) else (across, along)
    return 0.5 + 0.35 * smooth_noise(rng, shape, sigma)


def _stripes(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    dy, _ = offsets(shape, (0.0, 0.0), rng.uniform(0, np.pi))
    return 0.5 + 0.5 * np.sin(dy * np.float32(2 * np.pi / rng.uniform(4, 30)))


def _checks(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    dy, dx = offsets(shape, (0.0, 0.0), rng.uniform(0, np.pi))
    side = np.float32(rng.uniform(4, 24))
    return (np.floor(dy / side) + np.floor(dx / side)) % 2


def _negative(rng: np.random.Generator, texture: np.ndarray) -> np.ndarray:
    return 255 - texture


def _solarised(rng: np.random.Generator, texture: np.ndarray) -> np.ndarray:
    return np.where(texture < rng.uniform(32, 128), texture, 255 - texture)


def _posterised(rng: np.random.Generator, texture: np.ndarray) -> np.ndarray:
    step = np.float32(2 ** rng.integers(4, 7))
    return np.floor(texture / step) * step


def _exchanged(rng: np.random.Generator, texture: np.ndarray) -> np.ndarray:
    return texture[..., rng.permutation(3)]


def _lit(rng: np.random.Generator, texture: np.ndarray) -> np.ndarray:
    return np.clip(texture * rng.uniform(0.5, 1.5) + rng.uniform(-30, 30), 0, 255)
