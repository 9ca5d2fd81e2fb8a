"""A small finished run of the window embedding, as views and reports read it."""

from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from anomalylab.recipes.pc_space.request import PCSpaceRequest
from anomalylab.recipes.pc_space.run import run

WINDOW = 9
N_NORMAL, N_DEFECTIVE = {"train": 10, "test": 4}, {"train": 4, "test": 3}


def surface(rng, height, width, defect=False):
    """Draw a coloured surface, uint8 (height, width, 3), and the mask of its defect."""
    noise = ndimage.gaussian_filter(rng.normal(size=(height, width)), 1.5, mode="wrap")
    image = 128 + 22 * noise / noise.std()
    mask = np.zeros((height, width), bool)
    if defect:
        row, col = rng.integers(16, height - 28), rng.integers(10, width - 22)
        mask[row : row + 12, col : col + 12] = True
        image[mask] = rng.choice([20, 240])
    tint = np.array([1.0, 0.92, 0.8])
    return np.clip(image[..., None] * tint, 0, 255).astype(np.uint8), mask


def write_kolektor(folder, seed=0, n_normal=N_NORMAL, n_defective=N_DEFECTIVE):
    """Write images in the layout of KolektorSDD2, about 64 x 96 pixels."""
    rng = np.random.default_rng(seed)
    for split in ("train", "test"):
        (folder / split).mkdir(parents=True)
        defective = [False] * n_normal[split] + [True] * n_defective[split]
        for number, defect in enumerate(defective):
            height, width = 96 + rng.integers(-4, 5), 64 + rng.integers(-2, 3)
            image, mask = surface(rng, height, width, defect)
            name = f"{10000 + number}" if split == "train" else f"{20000 + number}"
            Image.fromarray(image).save(folder / split / f"{name}.png")
            truth = np.where(mask, 255, 0).astype(np.uint8)
            Image.fromarray(truth).save(folder / split / f"{name}_GT.png")
    return folder


def make_pc_run(folder: Path, **params):
    """Write images to ``folder / "data"`` and run the recipe on them."""
    data = write_kolektor(folder / "data")
    request = PCSpaceRequest(data=data, **{"windows": (WINDOW,), **params})
    return run(request, folder / "run")
