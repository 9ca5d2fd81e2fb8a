"""From a request to checked samples and their features."""

from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab import datasets, extractors
from anomalylab.errors import DatasetError
from anomalylab.extractors import Extractor
from anomalylab.features import Features, ImageLevel
from anomalylab.images.read import read_image
from anomalylab.runs.request import Request

ON_DEMAND = ("pixels", "band")


def load_samples(request: Request) -> tuple[pd.DataFrame, Path]:
    """Return SAMPLES of the request and the folder that their paths are relative to.

    Raises
    ------
    DatasetError
        If there is no such folder, or no image in it.
    """
    name = request.dataset
    if request.data is None:
        if name is None:
            raise DatasetError(
                "give a folder of images, or --dataset textures for the built-in ones"
            )
        samples = datasets.load(name, None, **request.dataset_params)
    else:
        if not request.data.exists():
            raise DatasetError(f"{request.data} does not exist; give a folder of images")
        name = name or datasets.detect_layout(request.data)
        samples = datasets.load(name, request.data, **request.dataset_params)
    samples.attrs["loader"] = name
    return samples, Path(samples.attrs.get("root") or request.data or "")


def cell_of(extractor: Extractor) -> int:
    """Return the side of a cell of the finest level, in pixels of the resized image."""
    shapes = extractor.shapes()
    if not shapes or extractor.size is None:
        return 1
    return min(round(extractor.size[0] / n_rows) for n_rows, _, _ in shapes.values())


def with_images(
    features: Features, samples: pd.DataFrame, root: Path, *, intensity: str
) -> Features:
    """Add the images themselves as levels that are read on demand: ``pixels`` and ``band``.

    Detectors that are fitted on images name these levels; others never read them.
    """
    paths = [root / path for path in samples["image_path"]]

    def level(name: str) -> ImageLevel:
        extractor = extractors.create(name)

        def read(row: int) -> np.ndarray:
            image = read_image(paths[row], intensity=intensity)
            features: np.ndarray = extractor(image[None])[name][0]
            return features

        return ImageLevel(read, np.arange(len(paths)))

    on_demand = {name: level(name) for name in ON_DEMAND if name not in features.names}
    return Features({**features.levels, **on_demand})
