"""From a folder of images to a polluted training set, as vectors of one or all levels."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from anomalylab import extractors
from anomalylab.datasets.pollute import pollute
from anomalylab.errors import DatasetError
from anomalylab.features import Features
from anomalylab.registry import unknown_name
from anomalylab.runs.inputs import load_samples
from anomalylab.runs.masks import Masks
from anomalylab.runs.pictures import Thumbnails
from anomalylab.runs.request import DetectRequest


class Polluted(NamedTuple):
    """A training set with defects in it, and which they are.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES, those of the training set.
    is_defect : bool ndarray of shape (n_images,)
    features : Features
        Their maps, row by row.
    root : Path
        Folder that paths are relative to.
    name : str
        Of the data, for readers.
    share : float
        Of the training set that is defective.
    """

    samples: pd.DataFrame
    is_defect: np.ndarray
    features: Features
    root: Path
    name: str
    share: float

    def vectors(self, level: str = "") -> np.ndarray:
        """Return the mean over cells of a level, of all side by side if none: (n_images, d).

        Raises
        ------
        UnknownNameError
            If there is no such level.
        """
        if level and level not in self.features.stored:
            unknown_name("level", level, self.features.stored)
        return self.features.pooled((level,) if level else None).astype(np.float64)

    def thumbnails(self, rows: Sequence[int] | np.ndarray) -> pd.DataFrame:
        """Return THUMBNAILS of some of the images, with the outlines of their defects."""
        return Thumbnails("full").table(self.samples.iloc[list(rows)], Masks(self.root))


def polluted(
    data: str = "",
    dataset: str = "",
    category: str = "",
    *,
    share: float = 0.2,
    seed: int = 0,
    backbone: str = "lite0",
) -> Polluted:
    """Put defects of the test set in place of good training images, and embed what comes of it.

    Parameters
    ----------
    data : str
        Folder of images; built-in ones if empty.
    dataset : str
        Layout of the folder; found out if empty.
    category : str
        Of the data set; what the loader takes if empty.
    share : float in [0, 1)
        Of the training set that becomes defective, rounded down to images.
    seed : int
        Decides which images go and which come.
    backbone : str
        Network that describes the images.

    Raises
    ------
    DatasetError
        If there is no such folder, or images that are needed cannot be read.
    InfeasiblePollution
        If there are too few defects.
    """
    request = DetectRequest(
        data=Path(data) if data else None,
        dataset=dataset or (None if data else "textures"),
        dataset_params={"category": category} if category else {},
    )
    loaded = load_samples(request)
    rows, is_noise = pollute(loaded.samples, share=share).training(share, seed)
    training = loaded.samples.iloc[rows].reset_index(drop=True)
    found = extractors.extract(training, loaded.root, extractors.create(backbone))
    if len(found.broken):
        first = found.broken.iloc[0]
        raise DatasetError(
            f"{len(found.broken)} of {len(training)} images cannot be read, first "
            f"{first['sample_id']} ({first['reason']}); repair them or take them out of the folder"
        )
    is_defect = np.asarray(is_noise, bool)
    names = [str(name) for name in training["category"].unique() if str(name)]
    return Polluted(
        found.samples, is_defect, found.features, loaded.root, ", ".join(names), is_defect.mean()
    )
