"""Real windows along the axes of PC space: what a coordinate looks like."""

from collections.abc import Sequence

import numpy as np

from anomalylab.number_words import minus
from anomalylab.pc_space.cloud import Cloud, patch
from anomalylab.pc_space.opened import PCSpace
from anomalylab.pictures.encode import data_url, png
from anomalylab.reports.pc_space.images import by_score, evenly_spread

STEPS = (-4.5, -3.0, -1.5, 0.0, 1.5, 3.0, 4.5)
"""Standard deviations from the middle at which windows are shown."""

NEAR = 0.6
"""Standard deviations by which a window may be off."""

N_IMAGES = 12


def film_images(pc: PCSpace) -> list[str]:
    """Return the images that windows are taken from, evenly spaced by score."""
    return list(evenly_spread(by_score(pc, pc.run.detectors[0]), N_IMAGES)["sample_id"])


def films(pc: PCSpace, sample_ids: Sequence[str]) -> list[list[dict[str, str]]]:
    """Find windows that lie along each component, and in the middle of the others.

    Parameters
    ----------
    pc : PCSpace
    sample_ids : sequence of str
        Images that windows are taken from.

    Returns
    -------
    films : list of lists of dict
        For each component and each of :data:`STEPS` the ``words`` of the place, and the window as a
        URL ``src``, empty where no window is near; ``name`` is the image that it is from.

    Raises
    ------
    DatasetError
        If an image cannot be read.
    """
    clouds = [pc.cloud(name) for name in sample_ids]
    deviations = pc.space.deviations
    targets = [[step * axis for step in STEPS] for axis in np.eye(pc.space.n_components)]
    return [
        [
            _frame(pc, clouds, target, deviations, step)
            for target, step in zip(row, STEPS, strict=True)
        ]
        for row in targets
    ]


def _frame(
    pc: PCSpace, clouds: list[Cloud], target: np.ndarray, deviations: np.ndarray, step: float
) -> dict[str, str]:
    words = minus(f"{step:+g} σ") if step else "0"
    nearest = [nearest_window(cloud, target, deviations) for cloud in clouds]
    best = int(np.argmin([distance for distance, _, _ in nearest]))
    distance, row, col = nearest[best]
    if distance > NEAR:
        return {"words": words, "src": "", "name": ""}
    cloud = clouds[best]
    window = patch(pc.image(cloud.sample_id), cloud, row, col)
    return {"words": words, "src": data_url(png(window)), "name": cloud.sample_id}


def nearest_window(
    cloud: Cloud, target: np.ndarray, deviations: np.ndarray
) -> tuple[float, int, int]:
    """Return the distance in standard deviations, row and column of the nearest window."""
    distances = ((cloud.coordinates / deviations - target) ** 2).sum(axis=-1)
    row, col = np.unravel_index(int(distances.argmin()), distances.shape)
    return float(np.sqrt(distances[row, col])), int(row), int(col)
