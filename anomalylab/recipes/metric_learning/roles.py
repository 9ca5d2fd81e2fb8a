"""Which images networks are trained on, and which they judge.

Where a data set gives no good images to judge, some are taken out of training: what is judged must
not have been trained on.
"""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from anomalylab.errors import DatasetError
from anomalylab.runs.inputs import groups_of

HELD_OUT = 1 / 3
"""Share of the good training images that is judged where no good test images are given."""

MIN_TRAINING = 2


class Roles(NamedTuple):
    """Rows of one category.

    Parameters
    ----------
    train : int ndarray
        Normal, or not known to be anything else.
    test : int ndarray
        Those that are judged.
    n_held_out : int
        Test images that were to be trained on by the data set.
    """

    train: np.ndarray
    test: np.ndarray
    n_held_out: int


def roles_of(samples: pd.DataFrame) -> Roles:
    """Deal the images of a category out.

    Training images are those of the split ``train`` or of no split that are not known to be
    defective; test images are those of the split ``test`` and defective ones of no split. If no
    test image is known to be good, a third of the training images is judged instead; groups of
    near copies stay together.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES of one category, with groups.

    Raises
    ------
    DatasetError
        If fewer than 2 images are left to train on, or none to judge.
    """
    split = samples["split"].to_numpy(object)
    label = samples["label"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    is_test = (split == "test") | ((split == "unlabelled") & (label == 1))
    train = np.flatnonzero(~is_test & (label != 1))
    held = np.empty(0, int)
    if not (is_test & (label == 0)).any():
        train, held = _held_out(train, groups_of(samples))
    if len(train) < MIN_TRAINING:
        raise DatasetError(
            f"{len(train)} of {len(samples)} images of {samples['category'].iloc[0]} can be "
            f"trained on; at least {MIN_TRAINING} are needed, some tens are advisable"
        )
    test = np.sort(np.append(np.flatnonzero(is_test), held))
    if not len(test):
        raise DatasetError(_none_to_judge(samples))
    return Roles(train, test, len(held))


def _none_to_judge(samples: pd.DataFrame) -> str:
    """Say that no image is left to be judged, why, and what to do."""
    told = f"of {len(samples)} images of {samples['category'].iloc[0]} none is left to be judged: "
    if len(set(groups_of(samples))) == len(samples):
        return f"{told}they are too few; add images of other parts, or a folder of test images"
    return (
        f"{told}too many are near copies of one another, or said to belong together; add images of "
        "other parts, or a folder of test images, or take each image as its own with --group-by "
        "nothing"
    )


def _held_out(rows: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows to train on and rows to judge; which ones never depends on a seed."""
    own = groups[rows]
    order = np.random.default_rng(0).permutation(np.unique(own))
    n_wanted = math.floor(HELD_OUT * len(rows))
    sizes = np.array([np.count_nonzero(own == group) for group in order])
    taken = order[np.cumsum(sizes) <= n_wanted]
    is_held = np.isin(own, taken)
    return rows[~is_held], rows[is_held]


def first_defect(samples: pd.DataFrame, test: np.ndarray, wanted: str | None) -> str:
    """Return the type of defect that is trained on: the one that is named, or the first by name.

    Raises
    ------
    DatasetError
        If no test image is known to be defective, or none of that type.
    """
    category = samples["category"].iloc[0]
    judged = samples.iloc[test]
    types = sorted(judged.loc[judged["label"] == 1, "defect_type"].fillna("defect").unique())
    if not types:
        raise DatasetError(
            f"the experiment one-defect trains on defective test images, and {category} has none "
            "that are known to be so; take the experiment twins, which needs none"
        )
    if wanted is not None and wanted not in types:
        raise DatasetError(
            f"{category} has no test images of the type {wanted!r}; it has {', '.join(types)}"
        )
    return str(wanted or types[0])
