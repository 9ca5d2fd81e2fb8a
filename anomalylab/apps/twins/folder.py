"""A folder of images, opened for the live view of twins."""

from pathlib import Path

from anomalylab.recipes.tuned_twins.learned import detector_of
from anomalylab.recipes.tuned_twins.material import Material, material_of
from anomalylab.recipes.tuned_twins.trial import Course


def opened(data: Path, preset: str = "cpu", category: str = "") -> Material:
    """Look through a folder at the size that a preset trains with.

    Raises
    ------
    DatasetError
        If there is no such folder, or no image in it.
    UnknownNameError
        If it holds no such product.
    ParameterError
        If it holds several products and none is named, or too few images.
    """
    size = detector_of(Course(preset=preset)).seen_size
    return material_of(data, size, category=category)
