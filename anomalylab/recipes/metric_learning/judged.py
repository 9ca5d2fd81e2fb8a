"""What a trained network makes of the images of a category: arrays that can be kept."""

from typing import Protocol

import numpy as np
import pandas as pd

from anomalylab.recipes.metric_learning.distances import nearest_normal, plane
from anomalylab.recipes.metric_learning.inputs import Category
from anomalylab.recipes.metric_learning.lessons import Lesson
from anomalylab.recipes.metric_learning.shown import measured, pictured
from anomalylab.recipes.planted import planted
from anomalylab.storage.blocks import Arrays

LOGIT, DISTANCE = "logit", "distance"
"""What the heat is of: the class that is not normal; the distance to the nearest normal image."""

PLANTED = ("scratch", "spot", "stain")
"""Defects that are planted where no labelled image tells how well a network judges."""

CURVE = ("epoch", "part", "measure", "value")


class Network(Protocol):
    """A trained network, see :class:`anomalylab.training.embedding.EmbeddingNet`."""

    history: pd.DataFrame

    def embed(self, images: np.ndarray) -> np.ndarray:
        """Return float32 (n_images, n_dims) of uint8 (n_images, height, width, 3)."""
        ...

    def heat(
        self,
        images: np.ndarray,
        *,
        of: str,
        nearest: np.ndarray | None = None,
        distance: str = "cosine",
        reference: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return float32 (n_images, n_rows, n_cols), at least 0."""
        ...

    def channel_means(self, images: np.ndarray) -> np.ndarray:
        """Return float32 (n_images, n_channels), what heat is compared with."""
        ...


def judge(
    network: Network, category: Category, lesson: Lesson, *, distance: str, twin: str
) -> dict[str, np.ndarray]:
    """Embed the images of a category and measure distances, places in a plane, and heat.

    Parameters
    ----------
    network : Network
    category : Category
    lesson : Lesson
        What it was trained on.
    distance : {"cosine", "euclidean"}
    twin : str
        Kind of defect that twins were made of.

    Returns
    -------
    arrays : dict
        ``train_rows``, ``test_rows``: of the category; ``train_distance``, ``train_nearest``,
        ``test_distance``, ``test_nearest``: nearest ones are rows of the category; ``places``, of
        both; ``heat_rows``, ``pictured_rows``, ``heat_distance`` and perhaps ``heat_logit``;
        ``planted``, float (2, n_planted): distances without and with a planted defect.
    """
    roles, images = category.roles, category.images
    trained = np.concatenate([roles.train, lesson.extra_of(category.name)])
    of_trained, of_test = network.embed(images[trained]), network.embed(images[roles.test])
    normal, groups = of_trained[: len(roles.train)], category.groups[roles.train]
    own = category.groups[trained]
    train = nearest_normal(of_trained, normal, distance=distance, groups=groups, own_groups=own)
    test = nearest_normal(of_test, normal, distance=distance)
    return {
        "train_rows": trained,
        "test_rows": roles.test,
        "train_distance": train[0],
        "train_nearest": roles.train[train[1]],
        "test_distance": test[0],
        "test_nearest": roles.train[test[1]],
        "places": plane(np.concatenate([of_trained, of_test]), distance),
        "planted": _planted(network, category, normal, distance, twin),
        **_heat(network, category, lesson, test, normal, distance),
    }


def _heat(
    network: Network,
    category: Category,
    lesson: Lesson,
    judged: tuple[np.ndarray, np.ndarray],
    normal: np.ndarray,
    distance: str,
) -> dict[str, np.ndarray]:
    """Return heat of test images, each compared with the normal image that is nearest to it.

    Where classes are categories, none of them is not normal, and there is no heat of its logit.
    """
    test, (scores, nearest) = category.roles.test, judged
    chosen = pictured(scores, category.types[test])
    is_marked = category.samples["mask_path"].notna().to_numpy(bool)[test]
    places = measured(is_marked & (category.labels[test] == 1), chosen)
    images, beside = category.images[test[places]], nearest[places]
    reference = network.channel_means(category.images[category.roles.train[beside]])
    heat = {
        "heat_rows": test[places],
        "pictured_rows": test[chosen],
        f"heat_{DISTANCE}": network.heat(
            images, of=DISTANCE, nearest=normal[beside], distance=distance, reference=reference
        ),
    }
    is_normal_a_class = lesson.labels is None or bool(lesson.extra)
    if is_normal_a_class:
        heat[f"heat_{LOGIT}"] = network.heat(images, of=LOGIT, reference=reference)
    return heat


def _planted(
    network: Network, category: Category, normal: np.ndarray, distance: str, twin: str
) -> np.ndarray:
    """Return distances of test images before and after a defect is planted, if none is labelled."""
    test = category.roles.test
    if not len(test) or (category.labels[test] == 1).any():
        return np.empty((2, 0))
    kinds = tuple(kind for kind in PLANTED if kind != twin)  # none that it was trained on
    found = planted(category.images[test], kinds)
    if not len(found.rows):
        return np.empty((2, 0))
    before = category.images[test[found.rows]]
    return np.stack(
        [
            nearest_normal(network.embed(images), normal, distance=distance)[0]
            for images in (before, found.images)
        ]
    )


def packed_curve(history: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return a training curve as arrays."""
    return {
        "curve_epoch": history["epoch"].to_numpy(np.int64),
        "curve_part": history["part"].to_numpy(str),
        "curve_measure": history["measure"].to_numpy(str),
        "curve_value": history["value"].to_numpy(np.float64),
    }


def unpacked_curve(arrays: Arrays) -> pd.DataFrame:
    """Return a training curve of arrays."""
    return pd.DataFrame({name: arrays[f"curve_{name}"] for name in CURVE})
