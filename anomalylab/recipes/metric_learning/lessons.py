"""What a network is trained to tell apart, in each of the experiments."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from anomalylab.errors import DatasetError
from anomalylab.recipes.metric_learning.inputs import Category
from anomalylab.recipes.metric_learning.roles import first_defect

NORMAL, TWIN = "normal", "twin"


class Lesson(NamedTuple):
    """Images to train on.

    Parameters
    ----------
    images : uint8 ndarray of shape (n_images, height, width, 3)
    labels : int ndarray of shape (n_images,) or None
        Number of the class of each; None where twins are made.
    groups : int ndarray of shape (n_images,)
        Images of a group are trained on together or held out together.
    names : tuple of str
        Of the classes; the first one is normal, but for ``classes``.
    extra : dict
        Category -> rows of its test images that are trained on.
    """

    images: np.ndarray
    labels: np.ndarray | None
    groups: np.ndarray
    names: tuple[str, ...]
    extra: dict[str, np.ndarray]

    def extra_of(self, category: str) -> np.ndarray:
        """Return the test images of a category that are trained on, as rows."""
        return self.extra.get(category, np.empty(0, int))


def twins(category: Category) -> Lesson:
    """Take the normal training images; each gets a twin with a drawn defect while it is trained."""
    train = category.roles.train
    return Lesson(category.images[train], None, category.groups[train], (NORMAL, TWIN), {})


def classes(categories: Sequence[Category]) -> Lesson:
    """Take the normal training images of several categories, a class each.

    Raises
    ------
    DatasetError
        If there is one category only.
    """
    if len(categories) < 2:
        names = ", ".join(category.name for category in categories)
        raise DatasetError(
            f"the experiment classes tells categories apart and is given one, {names}; name a "
            "folder that holds several, further folders with --also, or a table with a column "
            "category"
        )
    images = [category.images[category.roles.train] for category in categories]
    groups = [category.groups[category.roles.train] for category in categories]
    first = np.cumsum([0, *(group.max() + 1 for group in groups[:-1])])
    return Lesson(
        np.concatenate(images),
        np.repeat(np.arange(len(categories)), [len(one) for one in images]),
        np.concatenate([group + start for group, start in zip(groups, first, strict=True)]),
        tuple(category.name for category in categories),
        {},
    )


def one_defect(category: Category, wanted: str | None) -> Lesson:
    """Take normal training images and the test images of one type of defect.

    Raises
    ------
    DatasetError
        If there are no test images of that type.
    """
    roles = category.roles
    defect = first_defect(category.samples, roles.test, wanted)
    is_taken = (category.types[roles.test] == defect) & (category.labels[roles.test] == 1)
    extra = roles.test[is_taken]
    rows = np.concatenate([roles.train, extra])
    labels = np.repeat([0, 1], [len(roles.train), len(extra)])
    groups = category.groups[rows]
    return Lesson(category.images[rows], labels, groups, (NORMAL, defect), {category.name: extra})
