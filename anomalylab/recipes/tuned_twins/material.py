"""The images of a folder by use: to learn from, kept aside, or labelled defects."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab.errors import DatasetError, ParameterError
from anomalylab.images.masks import read_mask
from anomalylab.images.read import read_image
from anomalylab.number_words import listed, plural
from anomalylab.progress import counted
from anomalylab.runs.inputs import groups_of
from anomalylab.runs.request import DetectRequest
from anomalylab.studies.material import listed as products_of
from anomalylab.training import split

ASIDE = 0.25
"""Share of the good images, whole groups of them, that no training sees, at most."""

MOST_ASIDE = 24
"""Images aside, about, at most: scores and planted defects are measured on them."""

FEWEST = 8
"""Images that twins are tried with."""


@dataclass(frozen=True)
class Material:
    """Images of one product.

    Parameters
    ----------
    name : str
        Of the folder.
    samples : DataFrame
        Rows of SAMPLES.
    root : path
        Folder that their paths are relative to.
    size : (height, width)
        Images are resized to this, whatever their shape.
    learn, aside : int ndarray
        Rows of images that are taken for good: to learn from, and never learnt from.
    good : int ndarray
        Rows of test images that are labelled good.
    types : dict
        Type of labelled defect -> its rows.
    """

    name: str
    samples: pd.DataFrame
    root: Path
    size: tuple[int, int]
    learn: np.ndarray
    aside: np.ndarray
    good: np.ndarray
    types: dict[str, np.ndarray]
    _known: dict[int, np.ndarray] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def is_vouched(self) -> bool:
        """Whether somebody says that the images to learn from are good."""
        labels = self.samples["label"].iloc[self.learn]
        return bool((labels == 0).to_numpy(bool, na_value=False).all())

    def image(self, row: int) -> np.ndarray:
        """Return an image, uint8 (height, width, 3); it is read once.

        Raises
        ------
        ImageError
            If its file cannot be used.
        """
        with self._lock:
            known = self._known.get(row)
        if known is None:
            path = self.root / self.samples["image_path"].iloc[row]
            known = read_image(path, size=self.size)
            with self._lock:
                self._known[row] = known
        return known

    def images(self, rows: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return several images, uint8 (n_images, height, width, 3)."""
        read = counted(np.asarray(rows).tolist(), len(rows), "reading images")
        return np.stack([self.image(row) for row in read])

    def mask(self, row: int) -> np.ndarray | None:
        """Return where an image is defective, bool (height, width); None if nobody marked it."""
        path = self.samples["mask_path"].iloc[row]
        return None if pd.isna(path) else read_mask(self.root / path, self.size)

    def lesson(self, n_images: int) -> tuple[np.ndarray, np.ndarray]:
        """Return rows of so many images to learn from, evenly chosen, and their groups."""
        n_images = min(n_images, len(self.learn))
        rows = self.learn[np.linspace(0, len(self.learn) - 1, n_images).round().astype(int)]
        return rows, groups_of(self.samples)[rows]


def material_of(
    data: Path, size: tuple[int, int], *, category: str = "", seed: int = 0
) -> Material:
    """Look through a folder of images of one product.

    Parameters
    ----------
    data : path
        Folder of images, or a table of their paths. Where nothing is known of them, all are taken
        for good.
    size : (height, width)
    category : str
        Product to take; the only one if empty.
    seed : int
        Draws which images stay aside.

    Returns
    -------
    material : Material

    Raises
    ------
    DatasetError
        If there is no such folder, or no image in it.
    UnknownNameError
        If there is no such product.
    ParameterError
        If it holds several products and none is named, or fewer than :data:`FEWEST` images to
        learn from.
    """
    data = Path(data)
    if not data.exists():
        raise DatasetError(f"{data} does not exist; give a folder of images")
    name, samples, root = _product(data, category)
    is_defect = (samples["label"] == 1).to_numpy(bool, na_value=False)
    is_test = (samples["split"] == "test").to_numpy()
    fit = np.flatnonzero(~is_defect & ~is_test)
    if len(fit) < FEWEST:
        raise ParameterError(
            f"{data} holds {plural(len(fit), 'image')} to learn from; at least {FEWEST} good ones "
            "are needed, of which a quarter stays aside"
        )
    learn, aside = split(groups_of(samples)[fit], min(ASIDE, MOST_ASIDE / len(fit)), seed)
    types = samples["defect_type"].where(samples["defect_type"].notna(), "defective")
    return Material(
        name,
        samples,
        root,
        size,
        fit[learn],
        fit[aside],
        np.flatnonzero(~is_defect & is_test & samples["label"].notna().to_numpy()),
        {
            str(name): np.flatnonzero(is_defect & (types == name).to_numpy())
            for name in sorted(types[is_defect].unique())
        },
    )


def _product(data: Path, category: str) -> tuple[str, pd.DataFrame, Path]:
    """Return what a product is called, its samples, and the folder that they lie in."""
    found = products_of(DetectRequest(data=data), (category,) if category else ())
    if len(found) > 1:
        names = [one.name for one in found]
        raise ParameterError(
            f"{data} holds {len(found)} products ({listed(names[:4])}"
            f"{' ...' if len(names) > 4 else ''}); name one with --category"
        )
    return category or data.resolve().name, found[0].samples, found[0].root
