"""Which pictures make up the built-in images, and what each of them is."""

import zlib
from dataclasses import asdict, dataclass

import numpy as np

from anomalylab import synthesise
from anomalylab.errors import ParameterError
from anomalylab.registry import unknown_name
from anomalylab.synthesise.scene import check_size
from anomalylab.synthesise.surfaces import SURFACES, damage, draw

GENERATOR_VERSION = 1
"""Raised whenever the same recipe gives other pixels, so that old caches are not taken for new."""

PRESETS = {
    "easy": {"brick": 0.95, "fabric": 0.9, "grass": 1.0, "gravel": 1.0, "part": 0.9},
    "hard": {"brick": 0.42, "fabric": 0.42, "grass": 0.52, "gravel": 0.52, "part": 0.2},
}
"""Contrast of the defects by preset and category.

Chosen with the default numbers and size by nearest cells of lite0 (block4, block6, block7; mean
distance to the five nearest, maximum over cells): easy gives an image AUROC above 0.98, hard one
between 0.75 and 0.9.
"""

_ROLES = ("train", "good", "defect", "unlabelled", "train_defect")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that the pixels depend on.

    Parameters
    ----------
    category : {"brick", "fabric", "grass", "gravel", "part"}
    preset : {"easy", "hard"}
        Sets ``contrast`` unless that is given.
    contrast : float in [0, 1], optional
        Strength of the defects.
    n_train, n_test_good, n_test_defect, n_train_defect : int
        Numbers of images; the defects take turns. Most methods train on good images alone.
    size : int
        Height and width in pixels, at least 32.
    seed : int
        Not negative.

    Raises
    ------
    UnknownNameError
        If there is no such category or preset.
    ParameterError
        If a number is out of range.
    """

    category: str = "part"
    preset: str = "easy"
    contrast: float | None = None
    n_train: int = 60
    n_test_good: int = 20
    n_test_defect: int = 20
    n_train_defect: int = 0
    size: int = 224
    seed: int = 0

    def __post_init__(self) -> None:
        if self.category not in SURFACES:
            unknown_name("category of textures", self.category, SURFACES)
        if self.preset not in PRESETS:
            unknown_name("preset of textures", self.preset, PRESETS)
        if self.contrast is not None and not 0 <= self.contrast <= 1:
            raise ParameterError(f"contrast must lie in [0, 1], not {self.contrast}")
        for name in ("n_train", "n_test_good", "n_test_defect", "n_train_defect", "seed"):
            if getattr(self, name) < 0:
                raise ParameterError(f"{name} must not be negative, but is {getattr(self, name)}")
        check_size(self.size)

    @property
    def strength(self) -> float:
        """Contrast given, or else that of the preset."""
        if self.contrast is not None:
            return float(self.contrast)
        return PRESETS[self.preset][self.category]

    def record(self) -> dict:
        """Return what the pixels depend on, with the version of the generator, for JSON."""
        known = asdict(self) | {"contrast": self.strength, "generator": GENERATOR_VERSION}
        omitted = {"preset"} if self.n_train_defect else {"preset", "n_train_defect"}
        return {name: value for name, value in known.items() if name not in omitted}


@dataclass(frozen=True)
class Picture:
    """One picture of a recipe: what it is and what draws it.

    Parameters
    ----------
    role : {"train", "good", "defect", "unlabelled", "train_defect"}
    index : int
        Its number within the role.
    kind : str
        Name of a defect, or ``"good"``.
    """

    role: str
    index: int
    kind: str = "good"

    def paint(
        self, recipe: Recipe
    ) -> tuple[np.ndarray, np.ndarray | None, tuple[int, int, int, int] | None]:
        """Return the image, its mask if it has a defect, and its crop box if it is a photograph."""
        rng = np.random.default_rng(
            [recipe.seed, zlib.crc32(recipe.category.encode()), _ROLES.index(self.role), self.index]
        )
        split = "train" if self.role in ("train", "unlabelled", "train_defect") else "test"
        scene = draw(recipe.category, rng, recipe.size, split)
        if self.kind == "good":
            return scene.image, None, scene.box
        image, mask = damage(scene, recipe.category, self.kind, rng, recipe.strength)
        return image, mask, scene.box


def kinds(n: int) -> list[str]:
    """Return the names of ``n`` defects, taking turns."""
    names = synthesise.usual()
    return [names[i % len(names)] for i in range(n)]
