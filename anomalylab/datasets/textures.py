"""Built-in images: five surfaces with generated defects, whose exact masks are known.

Brick, grass and gravel are crops of photographs that are installed with scikit-image, training and
test crops from disjoint regions; fabric and part are drawn. They are written once, in the layout of
MVTec AD, and read back like any other data.
"""

from collections import Counter
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab.datasets import Option, register, registry
from anomalylab.datasets._whole import cache_folder, holds, write_png, write_record, write_whole
from anomalylab.datasets.mvtec_ad import CATEGORY
from anomalylab.errors import DatasetError, ParameterError
from anomalylab.progress import counted
from anomalylab.registry import unknown_name
from anomalylab.synthesise.recipe import PRESETS, Picture, Recipe, kinds

RECIPE = "textures.json"
CROPS = "crops.csv"
"""Left, top, right, bottom of each picture in its photograph; written for photographs only."""


@register(
    "textures",
    options={
        "category": CATEGORY,
        "preset": Option(help="built-in images: contrast of defects", choices=tuple(PRESETS)),
    },
)
def load(
    root: Path | None = None,
    *,
    category: str = "part",
    preset: str = "easy",
    contrast: float | None = None,
    n_train: int = 60,
    n_test_good: int = 20,
    n_test_defect: int = 20,
    n_train_defect: int = 0,
    size: int = 224,
    seed: int = 0,
) -> pd.DataFrame:
    """Write built-in images unless they are there, and list them.

    Parameters
    ----------
    root : Path, optional
        Folder to write to; by default one in the user's cache, see :func:`make_textures`.
    category, preset, contrast, n_train, n_test_good, n_test_defect, n_train_defect, size, seed
        See :class:`Recipe`.

    Returns
    -------
    samples : DataFrame
        SAMPLES as the loader ``mvtec_ad`` gives them; ``samples.attrs["root"]`` is the folder that
        their paths are relative to.

    Raises
    ------
    UnknownNameError
        If there is no such category or preset.
    ParameterError
        If a number is out of range.
    DatasetError
        If ``root`` holds other images of that category, or cannot be written to.
    """
    root = make_textures(
        root,
        category=category,
        preset=preset,
        contrast=contrast,
        n_train=n_train,
        n_test_good=n_test_good,
        n_test_defect=n_test_defect,
        n_train_defect=n_train_defect,
        size=size,
        seed=seed,
    )
    samples = registry.create("mvtec_ad", root=root, category=category)
    samples.attrs["root"] = str(root)
    return samples


def make_textures(folder: Path | None = None, **params) -> Path:
    """Write built-in images in the layout of MVTec AD, whole or not at all, unless they are there.

    Parameters
    ----------
    folder : Path, optional
        By default a folder in the user's cache, or in that of the environment variable
        ``ANOMALYLAB_CACHE``, named by a hash of the recipe.
    **params
        See :class:`Recipe`.

    Returns
    -------
    folder : Path
        Holds ``<category>/train/<good or defect>``, ``<category>/test/<good or defect>``,
        ``<category>/ground_truth/<defect>/<stem>_mask.png`` and the recipe.

    Raises
    ------
    UnknownNameError, ParameterError
        See :class:`Recipe`.
    DatasetError
        If ``folder`` holds other images of that category, or cannot be written to.
    """
    recipe = _recipe(params)
    folder = cache_folder("textures", recipe.record()) if folder is None else Path(folder)
    target = folder / recipe.category
    if not holds(target, RECIPE, recipe.record()):
        write_whole(target, lambda part: _write_layout(part, recipe), name=RECIPE)
    return folder


def make_unlabelled(
    folder: Path, *, n_normal: int = 60, n_anomalous: int = 6, **params
) -> pd.DataFrame:
    """Write one flat folder of good and defective images in random order, the truth beside it.

    Parameters
    ----------
    folder : Path
        Must not exist. The truth is written to ``<folder>_truth.csv`` next to it.
    n_normal, n_anomalous : int
        Numbers of images; the defects take turns.
    **params
        ``category``, ``preset``, ``contrast``, ``size`` and ``seed`` of :class:`Recipe`.

    Returns
    -------
    truth : DataFrame
        One row an image: ``image_path`` (relative to ``folder``), ``label``, ``defect_type``.

    Raises
    ------
    UnknownNameError, ParameterError
        See :class:`Recipe`.
    DatasetError
        If ``folder`` exists or cannot be written to.
    """
    recipe = _recipe(params)
    folder = Path(folder)
    if min(n_normal, n_anomalous) < 0:
        raise ParameterError(f"numbers must not be negative, not {n_normal} and {n_anomalous}")
    if folder.exists():
        raise DatasetError(f"{str(folder)!r} exists already; choose another folder")
    pictures = [Picture("unlabelled", i) for i in range(n_normal)]
    pictures += [Picture("unlabelled", n_normal + i, k) for i, k in enumerate(kinds(n_anomalous))]
    order = np.random.default_rng(recipe.seed).permutation(len(pictures))
    named = {f"{number:04d}.png": pictures[i] for number, i in enumerate(order)}
    jobs = named.items()
    write_whole(
        folder,
        lambda part: _paint_all(recipe, [(p, part / name) for name, p in jobs]),
        name=RECIPE,
    )
    truth = pd.DataFrame(
        {
            "image_path": list(named),
            "label": [int(picture.kind != "good") for picture in named.values()],
            "defect_type": [picture.kind for picture in named.values()],
        }
    )
    truth.to_csv(folder.with_name(f"{folder.name}_truth.csv"), index=False)
    return truth


def _recipe(params: dict) -> Recipe:
    known = [field.name for field in fields(Recipe)]
    for name in params:
        if name not in known:
            unknown_name("option of textures", name, known)
    return Recipe(**params)


def _write_layout(folder: Path, recipe: Recipe) -> None:
    """Write images, masks, crop boxes and the recipe in the layout of MVTec AD."""
    jobs = [(Picture("train", i), Path("train", "good", _file(i))) for i in range(recipe.n_train)]
    jobs += [
        (Picture("good", i), Path("test", "good", _file(i))) for i in range(recipe.n_test_good)
    ]
    counts: Counter[str] = Counter()  # numbers go on, so that each mask belongs to one image
    for role, split, n in (
        ("defect", "test", recipe.n_test_defect),
        ("train_defect", "train", recipe.n_train_defect),
    ):
        for i, kind in enumerate(kinds(n)):
            jobs.append((Picture(role, i, kind), Path(split, kind, _file(counts[kind]))))
            counts[kind] += 1
    boxes = _paint_all(recipe, [(picture, folder / path) for picture, path in jobs])
    crops = [
        (path.as_posix(), *box)
        for (_, path), box in zip(jobs, boxes, strict=True)
        if box is not None
    ]
    if crops:
        columns = ["image_path", "left", "top", "right", "bottom"]
        pd.DataFrame(crops, columns=columns).to_csv(folder / CROPS, index=False)
    write_record(folder, RECIPE, recipe.record())


def _file(index: int) -> str:
    return f"{index:03d}.png"


def _paint_all(recipe: Recipe, jobs: Collection[tuple[Picture, Path]]) -> list:
    """Paint each picture into its file, and its mask where it belongs; return the crop boxes."""

    def paint(job: tuple[Picture, Path]) -> tuple[int, int, int, int] | None:
        picture, path = job
        image, mask, box = picture.paint(recipe)
        write_png(image, path)
        if mask is not None and picture.role in ("defect", "train_defect"):
            truth = path.parents[2] / "ground_truth" / picture.kind / f"{path.stem}_mask.png"
            write_png(np.where(mask, 255, 0).astype(np.uint8), truth)
        return box

    with ThreadPoolExecutor() as pool:
        return list(counted(pool.map(paint, jobs), len(jobs), "painting images"))
