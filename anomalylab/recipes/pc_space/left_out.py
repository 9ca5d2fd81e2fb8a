"""Training images seen from the PC space of the others, for scores that need no labels.

A space that was made of an image finds less to wonder at in it. Normal training images are
therefore scored fold by fold, each by the windows of the other folds; that shifts no histogram.
"""

from collections.abc import Mapping

import numpy as np
from tqdm.auto import tqdm

from anomalylab.compute.threads import in_pieces
from anomalylab.compute.window_space import WindowSpace
from anomalylab.compute.window_statistics import STATISTICS
from anomalylab.recipes.pc_space.blocks import Images, in_blocks, known_or_computed, tick
from anomalylab.recipes.pc_space.looks import GRID, SIGMAS, without_labels
from anomalylab.recipes.pc_space.spaces import digest
from anomalylab.storage.blocks import Arrays, BlockStore


def look_left_out(
    images: Images, spaces: Mapping[int, WindowSpace], folds: Mapping[int, np.ndarray]
) -> dict[str, np.ndarray]:
    """Score images without labels, each in the space of its fold.

    Parameters
    ----------
    images : Images
    spaces : mapping
        Number of a fold -> PC space of the images of all other folds.
    folds : mapping
        Number of a fold -> rows of its images.

    Returns
    -------
    described : dict
        ``rows``, those of all folds; ``scores`` and a map under each of
        the statistics, in their order.
    """
    store, n_images = BlockStore("window looks"), sum(len(folds[fold]) for fold in spaces)
    parts: list[Arrays] = []
    with tqdm(total=n_images, desc="projecting windows, left out", unit="image", delay=2) as bar:
        for fold, space in spaces.items():
            parts += [_block(images, space, rows, store, bar) for rows in in_blocks(folds[fold])]
    rows = np.concatenate([folds[fold] for fold in spaces])
    seen = {
        name: np.concatenate([part[name] for part in parts]) for name in (*STATISTICS, "scores")
    }
    return {"rows": rows, **seen}


def _block(
    images: Images, space: WindowSpace, rows: np.ndarray, store: BlockStore, bar: tqdm
) -> Arrays:
    name = images.key(rows, "look left out", digest(space), GRID, SIGMAS)

    def work(row: int) -> dict[str, np.ndarray]:
        band = images.band(row)
        seen = without_labels(band.shape, space, *space.project(band))
        tick(bar)
        return seen

    def compute() -> Arrays:
        seen = in_pieces(work, map(int, rows))
        return {key: np.stack([one[key] for one in seen]) for key in seen[0]}

    return known_or_computed(store, name, len(rows), compute, bar)
