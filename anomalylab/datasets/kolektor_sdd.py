"""KolektorSDD, the first one: eight photographs of each of fifty boards.

``kosNN/PartM.jpg`` with ``kosNN/PartM_label.bmp`` (or ``.png``). A board is one item: its
photographs are never split between training and test.

Tabernik et al. (2020). Segmentation-Based Deep-Learning Approach for Surface-Defect Detection.
Journal of Intelligent Manufacturing 31. https://www.vicos.si/resources/kolektorsdd
Licence of the images: CC BY-NC-SA 4.0.
"""

from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from anomalylab.datasets import register
from anomalylab.datasets._listing import (
    finding,
    holds,
    labels_from_masks,
    list_files,
    samples_table,
)
from anomalylab.datasets._masks import match_masks
from anomalylab.errors import DatasetError, ParameterError


@register("kolektor_sdd", fits=lambda root: holds(root, "kos*/*_label.*"))
def load(root: Path, *, test_share: float = 1 / 3, seed: int = 0) -> pd.DataFrame:
    """List the images and split them by board.

    Parameters
    ----------
    root : Path
        Folder that holds ``kos01`` and so on.
    test_share : float in (0, 1)
        Share of the boards that are for testing, rounded; at least one, and not all.
    seed : int
        Of the draw of boards.

    Returns
    -------
    samples : DataFrame
        Rows of SAMPLES and a column ``item``, the board.

    Raises
    ------
    ParameterError
        If ``test_share`` lies outside (0, 1).
    DatasetError
        If there is no image, or a single board.
    """
    if not 0 < test_share < 1:
        raise ParameterError(f"test_share must lie between 0 and 1, not {test_share}")
    listing = list_files(root)
    masks = {path: _board(path) for path in listing.images if _is_mask(path)}
    images = [path for path in listing.images if path not in masks]
    matches = match_masks(images, masks)
    found = [matches.masks.get(path) for path in images]
    labels = labels_from_masks(root, found)
    test_boards = _draw({_board(path) for path in images}, test_share, seed)
    category = root.resolve().name
    rows = [
        {
            "category": category,
            "split": "test" if _board(path) in test_boards else "train",
            "label": label,
            "defect_type": None if label is None else ("good", "defect")[label],
            "image_path": path,
            "mask_path": mask,
            "item": _board(path),
        }
        for path, mask, label in zip(images, found, labels, strict=True)
    ]
    without = [path for path, mask in zip(images, found, strict=True) if mask is None]
    findings = [
        *matches.findings,
        *finding("images_without_mask", without),
    ]
    expected = "kosNN/PartM.jpg with kosNN/PartM_label.bmp"
    return samples_table(root, rows, ignored=listing.ignored, findings=findings, expected=expected)


def _is_mask(path: str) -> bool:
    return PurePosixPath(path).stem.lower().endswith("_label")


def _board(path: str) -> str:
    return PurePosixPath(path).parent.as_posix()


def _draw(boards: set[str], share: float, seed: int) -> set[str]:
    if len(boards) == 1:
        raise DatasetError(
            f"all images belong to one board, {min(boards)!r}; splitting by board needs two"
        )
    n_test = int(np.clip(round(share * len(boards)), 1, max(1, len(boards) - 1)))
    order = np.random.default_rng(seed).permutation(sorted(boards))
    return set(order[:n_test].tolist())
