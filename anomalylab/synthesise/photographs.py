"""Crops of the photographs of brick, grass and gravel that are installed with scikit-image.

The photographs are 512 x 512 grey pictures under the Creative Commons CC0 licence; see
``skimage.data.brick``, ``grass`` and ``gravel``. They are read from the installed package and
never fetched.
"""

from functools import cache
from importlib.resources import files

import numpy as np
from PIL import Image

from anomalylab.errors import DatasetError
from anomalylab.synthesise.scene import Scene, check_size, photograph

_RIGHT = {"train": (0, 0, 296, 512), "test": (296, 0, 512, 512)}
_TOP = {"train": (0, 216, 512, 512), "test": (0, 0, 512, 216)}
_LEFT = {"train": (216, 0, 512, 512), "test": (0, 0, 216, 512)}
REGIONS = {"brick": _RIGHT, "grass": _TOP, "gravel": _LEFT}
"""Photograph -> split -> left, top, right, bottom of the region that its crops come from.

The wall is seen in perspective: mirrored, its left looks like its right, but its top not like its
bottom.
"""

CROP_SIDES = {"brick": (150, 176), "grass": (164, 184), "gravel": (184, 204)}
"""Photograph -> smallest and largest side of a crop, in pixels of the photograph."""

TINTS = {
    "brick": ((92, 46, 36), (172, 112, 88), (234, 226, 212)),
    "grass": ((14, 24, 10), (84, 112, 50), (212, 214, 160)),
    "gravel": ((40, 38, 40), (146, 138, 128), (246, 238, 226)),
}
"""Colours of the darkest, the middle and the brightest grey."""


def crop(rng: np.random.Generator, size: int, *, name: str, split: str) -> Scene:
    """Take a crop of a photograph in the colours of its material, half of them mirrored.

    None is turned, as the light comes from one side.

    Parameters
    ----------
    rng : Generator
    size : int
        Height and width in pixels, at least 32.
    name : {"brick", "grass", "gravel"}
    split : {"train", "test"}
        Crops of the two never share a pixel.

    Returns
    -------
    scene : Scene
        The material fills the picture; ``box`` says where the crop comes from.

    Raises
    ------
    ParameterError
        If ``size`` is below 32.
    DatasetError
        If the installed scikit-image lacks the photograph.
    """
    check_size(size)
    left, top, right, bottom = REGIONS[name][split]
    side = int(rng.integers(*CROP_SIDES[name], endpoint=True))
    col, row = (int(rng.integers(a, b - side + 1)) for a, b in ((left, right), (top, bottom)))
    box = (col, row, col + side, row + side)
    enlarged = grey(name).crop(box).resize((size, size), Image.Resampling.BICUBIC)
    view = np.asarray(enlarged)[:, :: rng.choice([-1, 1])]
    return Scene(photograph(rng, _palette(name)[view]), box=box)


@cache
def grey(name: str) -> Image.Image:
    """Read a photograph, 512 x 512 grey pixels, which is kept.

    Raises
    ------
    DatasetError
        If the installed scikit-image lacks it.
    """
    path = files("skimage") / "data" / f"{name}.png"
    if not path.is_file():
        raise DatasetError(
            f"the installed scikit-image lacks data/{name}.png; reinstall it with "
            "pip install --force-reinstall scikit-image, or choose the category fabric or part"
        )
    with path.open("rb") as file, Image.open(file) as image:
        return image.convert("L")


@cache
def _palette(name: str) -> np.ndarray:
    """Return the colour of each grey level, as float32 (256, 3)."""
    darkest, brightest = np.percentile(np.asarray(grey(name)), [1, 99])
    stops = [darkest, (darkest + brightest) / 2, brightest]
    bands = [np.interp(np.arange(256), stops, band) for band in zip(*TINTS[name], strict=True)]
    return np.stack(bands, axis=1).astype(np.float32)
