"""Maps refined by a network that has seen no image of those it refines."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from anomalylab.detectors import Refined
from anomalylab.detectors import drawn_copies as drawing
from anomalylab.errors import ParameterError
from anomalylab.features import enlargement
from anomalylab.recipes.pni.request import BLENDS
from anomalylab.recipes.pni.trials import Finished, Images
from anomalylab.training import TrainingPlan

if TYPE_CHECKING:
    from anomalylab.training.refinement import Examples

OWN = "its own training images"


class Refinement(NamedTuple):
    """What a network made of the maps of a trial.

    Parameters
    ----------
    maps : dict
        Share of the refined map -> float32 (n_query, size, size), in the unit of the trial.
    history : DataFrame
        Of the training.
    learnt_from : str
        Categories, joined by commas, or :data:`OWN`.
    """

    maps: dict[float, np.ndarray]
    history: pd.DataFrame
    learnt_from: str


def refine(
    settings: Refined,
    judged: tuple[Images, Finished],
    others: Sequence[tuple[Images, Finished]],
) -> Refinement:
    """Train a network on drawn defects of other categories, and refine the maps of one.

    Where there is no other category, it learns from the training images of the same one; images
    that are judged are never learnt from. Maps of each category are divided by their mean over
    normal images that were left out, so that one network suits all.

    Parameters
    ----------
    settings : Refined
    judged : (Images, Finished)
        The category, and its trial.
    others : sequence of (Images, Finished)
        Other categories and their trials by the same variant.
    """
    from anomalylab.training.refinement import refined_maps, train_refinement

    images, finished = judged
    sources = list(others) or [judged]
    examples = _joined([_examples(settings, *source) for source in sources])
    plan = TrainingPlan(
        epochs=settings.epochs,
        batch_size=16,
        learning_rate=settings.learning_rate,
        validation=0.15,
        seed=settings.seed,
        device=settings.device,
    )
    network, history = train_refinement(examples, width=settings.width, plan=plan, key={})
    material, usual = images.material, float(finished.arrays["usual"])
    seen = drawing.small_images(material.features.subset(material.query), settings.size)
    maps = {
        blend: usual * refined_maps(network, seen, finished.arrays["maps"] / usual, blend=blend)
        for blend in BLENDS
    }
    names = ", ".join(source.name for source, _ in others)
    return Refinement(maps, history, names or OWN)


def _examples(settings: Refined, images: Images, finished: Finished) -> "Examples":
    if images.copies is None:
        raise ParameterError("maps are refined by drawn copies, and none were drawn")
    training, usual = images.training, float(finished.arrays["usual"])
    left_out = drawing.LeftOut(
        [],
        np.empty(0, np.int64),
        finished.arrays["left_out"] / usual,
        finished.arrays["copies"] / usual,
    )
    seen = drawing.small_images(training, settings.size)
    return drawing.examples_of(seen, training.group_numbers, images.copies, left_out)


def _joined(parts: Sequence["Examples"]) -> "Examples":
    """Put examples of several categories one after another; no group lies in two of them."""
    from anomalylab.training.refinement import Examples

    counts = np.cumsum([0, *(int(part.groups.max()) + 1 for part in parts)])
    groups = [part.groups + n for part, n in zip(parts, counts, strict=False)]
    return Examples(
        np.concatenate([part.images for part in parts]),
        np.concatenate([_on_one_grid(parts, part.maps) for part in parts]),
        np.concatenate([part.masks for part in parts]),
        np.concatenate(groups),
    )


def _on_one_grid(parts: Sequence["Examples"], maps: np.ndarray) -> np.ndarray:
    """Enlarge maps to the finest grid of all: categories may have grids of their own."""
    n_rows, n_cols = (max(part.maps.shape[axis] for part in parts) for axis in (1, 2))
    if maps.shape[1:] == (n_rows, n_cols):
        return maps
    rows = enlargement(maps.shape[1], n_rows, "bilinear")
    cols = enlargement(maps.shape[2], n_cols, "bilinear")
    return np.asarray(rows @ maps @ cols.T, np.float32)
