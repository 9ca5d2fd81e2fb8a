"""The five built-in surfaces by name, and the defects that suit them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from anomalylab import synthesise
from anomalylab.registry import unknown_name
from anomalylab.synthesise.fabric import fabric
from anomalylab.synthesise.paint import smooth_noise
from anomalylab.synthesise.part import part
from anomalylab.synthesise.photographs import crop
from anomalylab.synthesise.scene import Scene

FOREIGN = {"brick": "gravel", "grass": "gravel", "gravel": "grass"}
"""Where photographed surfaces get their swapped patches from."""

GROUND = {"brick": (58, 46, 42), "grass": (112, 80, 54), "gravel": (128, 94, 62)}
"""Colour of what lies behind them: a cavity, soil, sand."""

SCALE = {"grass": 1.5, "gravel": 1.7, "part": 0.75}
"""Factor on the size of defects: larger where a busy surface hides small ones."""


def draw(category: str, rng: np.random.Generator, size: int, split: str) -> Scene:
    """Draw a picture without defect.

    Parameters
    ----------
    category : {"brick", "fabric", "grass", "gravel", "part"}
    rng : Generator
    size : int
        Height and width in pixels, at least 32.
    split : {"train", "test"}
        Region of the photograph; drawn surfaces do not depend on it.

    Returns
    -------
    scene : Scene

    Raises
    ------
    UnknownNameError
        If there is no such category.
    ParameterError
        If ``size`` is below 32.
    DatasetError
        If the installed scikit-image lacks the photograph.
    """
    if category not in SURFACES:
        unknown_name("category of textures", category, SURFACES)
    return SURFACES[category](rng, size, split)


def damage(
    scene: Scene, category: str, kind: str, rng: np.random.Generator, contrast: float
) -> tuple[np.ndarray, np.ndarray]:
    """Put a defect on a picture.

    Parameters
    ----------
    scene : Scene
        From :func:`draw`, of the same category.
    category : str
    kind : str
        Name of a registered defect.
    rng : Generator
    contrast : float in [0, 1]

    Returns
    -------
    image : uint8 ndarray of shape (height, width, 3)
    mask : bool ndarray of shape (height, width)

    Raises
    ------
    UnknownNameError
        If there is no such defect.
    ParameterError
        If ``contrast`` lies outside [0, 1].
    """
    extra: dict[str, Any] = {"scale": SCALE.get(category, 1.0)}
    if kind == "missing_part":
        extra["behind"] = _ground(rng, category, scene) if category in GROUND else scene.behind
    if kind == "patch_swap" and category in FOREIGN:
        extra["source"] = draw(FOREIGN[category], rng, len(scene.image), "test").image
    defect = synthesise.registry.get(kind)
    return defect(scene.image, rng, contrast, where=scene.where, **extra)


def _ground(rng: np.random.Generator, category: str, scene: Scene) -> np.ndarray:
    grain = 1 + 0.08 * smooth_noise(rng, scene.image.shape[:2], 1.2)
    return np.clip(grain[..., None] * np.array(GROUND[category], np.float32), 0, 255)


def _of_photograph(name: str, rng: np.random.Generator, size: int, split: str) -> Scene:
    return crop(rng, size, name=name, split=split)


def _drawn(surface: Callable, rng: np.random.Generator, size: int, split: str) -> Scene:
    return surface(rng, size)


SURFACES: dict[str, Callable[[np.random.Generator, int, str], Scene]] = {
    "brick": partial(_of_photograph, "brick"),
    "fabric": partial(_drawn, fabric),
    "grass": partial(_of_photograph, "grass"),
    "gravel": partial(_of_photograph, "gravel"),
    "part": partial(_drawn, part),
}
"""Category -> function of rng, size and split."""
