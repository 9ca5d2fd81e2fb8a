"""More images of what there are some of: turned, mirrored, with noise; made once and kept."""

import hashlib
import json
import math
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from anomalylab.compute.threads import in_pieces
from anomalylab.storage.kept import keep, recall
from anomalylab.training.autoencoder.options import Augmentation

FRAME = 0.02
"""Width of the border whose colour is looked at, as a share of the shorter side."""

SAME = 12.0
"""Standard deviation of that colour, of 255, up to which it is one and the same."""

_FILE = "images.npy"
_VERSION = 1
"""Raised when the same images begin to give other copies."""

Colour = tuple[int, int, int]


def augmented(images: np.ndarray, how: Augmentation, seed: int) -> np.ndarray:
    """Return images and copies of them.

    Row ``i`` is made of image ``i % n_images``; the first rows are the images themselves.

    Parameters
    ----------
    images : uint8 ndarray of shape (n_images, height, width, 3)
    how : Augmentation
    seed : int

    Returns
    -------
    augmented : uint8 ndarray of shape (max(n_images, how.n_images), height, width, 3)
        Memory-mapped from the cache, where it can be kept; found there again.
    """
    n_rows = max(len(images), how.n_images)
    if n_rows == len(images):
        return images
    record = {
        "version": _VERSION,
        "how": asdict(how),
        "seed": seed,
        "shape": images.shape,
        "images": hashlib.blake2b(np.ascontiguousarray(images).data, digest_size=16).hexdigest(),
    }
    key = f"augmented images {json.dumps(record, sort_keys=True)}"
    folder = recall(key)
    if folder is None:
        made = _made(images, n_rows, how, seed)
        keep(key, partial(_write, made))
        folder = recall(key)
        if folder is None:
            return made
    kept: np.ndarray = np.load(folder / _FILE, mmap_mode="r", allow_pickle=False)
    return kept


def border_colour(images: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the usual colour of the border of images, and how much it varies, of 255.

    Parameters
    ----------
    images : uint8 ndarray of shape (n_images, height, width, 3)

    Returns
    -------
    colour : uint8 ndarray of shape (3,)
        The median over pixels of the border.
    deviation : float
        Standard deviation in and among images, mean over colours.
    """
    width = max(1, round(FRAME * min(images.shape[1:3])))
    inside = np.zeros(images.shape[1:3], bool)
    inside[width:-width, width:-width] = True
    pixels = images[:, ~inside].reshape(-1, 3)
    return np.median(pixels, axis=0).astype(np.uint8), float(pixels.std(axis=0).mean())


def _made(images: np.ndarray, n_rows: int, how: Augmentation, seed: int) -> np.ndarray:
    made = np.empty((n_rows, *images.shape[1:]), np.uint8)
    made[: len(images)] = images
    fill = _fill(images, how.fill)

    def make(row: int) -> None:
        rng = np.random.default_rng([seed, row])
        made[row] = _copy(images[row % len(images)], how, fill, rng)

    in_pieces(make, range(len(images), n_rows))
    return made


def _fill(images: np.ndarray, name: str) -> Colour | None:
    """Return the colour beyond the border; None to mirror the image there."""
    if name == "black":
        return (0, 0, 0)
    if name == "reflect":
        return None
    (red, green, blue), deviation = border_colour(images)
    return None if name == "auto" and deviation > SAME else (int(red), int(green), int(blue))


def _copy(
    image: np.ndarray, how: Augmentation, fill: Colour | None, rng: np.random.Generator
) -> np.ndarray:
    angle = rng.uniform(-how.rotation, how.rotation)
    turned = _turned(image, angle, fill) if how.rotation else image
    if how.is_flipped:
        turned = turned[:: rng.choice([1, -1]), :: rng.choice([1, -1])]
    if not how.noise:
        return turned
    noise = rng.standard_normal(image.shape, np.float32) * (255 * how.noise)
    return np.rint(turned + noise).clip(0, 255).astype(np.uint8)


def _turned(image: np.ndarray, angle: float, fill: Colour | None) -> np.ndarray:
    if fill is not None:
        picture = Image.fromarray(image)
        return np.asarray(picture.rotate(angle, Image.Resampling.BILINEAR, fillcolor=fill))
    height, width = image.shape[:2]
    beyond = math.ceil((math.hypot(height, width) - min(height, width)) / 2) + 1
    around = [(beyond, beyond), (beyond, beyond), (0, 0)]
    picture = Image.fromarray(np.pad(image, around, mode="symmetric"))
    turned = np.asarray(picture.rotate(angle, Image.Resampling.BILINEAR))
    return turned[beyond : beyond + height, beyond : beyond + width]


def _write(images: np.ndarray, folder: Path) -> None:
    np.save(folder / _FILE, images, allow_pickle=False)
