"""What a study will take, told before it is begun."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from anomalylab import extractors
from anomalylab.detectors import Detector, RefitPool, pool_of
from anomalylab.errors import AnomalyLabError
from anomalylab.extractors import Extractor
from anomalylab.features import Features
from anomalylab.number_words import plural
from anomalylab.runs.planned import duration, shapes_of
from anomalylab.runs.shape import create_extractor
from anomalylab.studies.cells import Cell, cells_of, ranking_of
from anomalylab.studies.check import Checked, checked
from anomalylab.studies.material import Listed
from anomalylab.studies.polluted import pollution_of
from anomalylab.studies.spec import StudyRequest
from anomalylab.studies.worker import detectors_of

SHARE_OF_REFIT = 0.05
"""What a training set takes of a refit where there is a fast pool; measured are 0.01 to 0.2."""

BUILDING = 8
"""Refits that building a pool takes, at most."""

BESIDES = 0.05
"""Seconds of a training set for thresholds, metrics and writing."""

PIXELS = 4e-8
"""Seconds of a pixel that is measured against masks."""

OF_A_WORKER = 3.5e8
"""Bytes of a process before it holds anything."""


def plan(request: StudyRequest, n_workers: int) -> str:
    """Say what a study would compute, and about how long that takes if nothing is known yet.

    Parameters
    ----------
    request : StudyRequest
    n_workers : int

    Returns
    -------
    words : str
        Several lines.

    Raises
    ------
    AnomalyLabError
        Where the study itself would refuse.
    """
    found = checked(request)
    detectors = detectors_of(request)
    lines = [*_categories(request, found), ""]
    n_cells = n_rankings = n_sets = n_healed = 0
    embedding = computing = 0.0
    n_bytes = 0
    for category in found.categories:
        cells = list(cells_of(request, category.name))
        extractor = create_extractor(category.source, category.samples)
        sets = training_sets(cells)
        rankings = {ranking for cell in cells if (ranking := ranking_of(cell))}
        n_cells, n_rankings, n_sets = (
            n_cells + len(cells),
            n_rankings + len(rankings),
            n_sets + sets.total(),
        )
        for ranking in rankings:
            sets[ranking.scorer] += 1
        sets.pop("", None)
        healed = [cell for cell in cells if _is_healed(request, cell)]
        n_healed += len(healed)
        size = tuple(int(category.samples[side].median()) for side in ("height", "width"))
        cost = extractors.predict_cost(len(category.samples), extractor, size)  # type: ignore
        embedding += cost.seconds
        computing += _seconds(
            request, category, extractor, detectors, sets, _refits(request, healed)
        )
        n_bytes = max(n_bytes, _bytes(category, extractor, detectors) + cost.bytes)
    lines += [
        f"{plural(n_cells, 'cell')}, at most {plural(n_sets, 'different training set')}, "
        f"{plural(n_rankings, 'ranking')} (each serves all shares to reject)",
        *_of_healing(n_healed),
        f"embedding takes about {duration(embedding)} the first time",
        f"the cells take about {duration(computing / n_workers)} with "
        f"{plural(n_workers, 'worker')}, less what is known from before; right within a factor of "
        "three or so",
        f"memory: up to {(n_bytes + OF_A_WORKER) * n_workers / 2**30:.1f} GB in all workers",
    ]
    return "\n".join(lines)


def _categories(request: StudyRequest, found: Checked) -> list[str]:
    lines = []
    for category in found.categories:
        pollution = pollution_of(request.polluted_by, category.samples)
        lines.append(
            f"{category.name}: {len(pollution.normal)} good training images, up to "
            f"{len(pollution.pollutants)} defective ones for them, "
            f"{len(pollution.validation)} images to be judged"
        )
    return lines + [f"left out: {name}: {why}" for name, why in found.left_out.items()]


def training_sets(cells: Sequence[Cell]) -> Counter[str]:
    """Count the training sets of each detector that are told apart by their keys alone.

    Those without pollution are one, and those from which nothing is removed are one for each seed,
    whatever the strategy.
    """
    different = set()
    for cell in cells:
        seed = cell.seed if cell.pollution or cell.reject else -1
        how = (cell.strategy, cell.scorer) if cell.reject else ("", "")
        different.add((cell.detector, cell.pollution, seed, cell.reject, *how))
    return Counter(key[0] for key in different)


def _of_healing(n_healed: int) -> list[str]:
    sets = plural(n_healed, "training set")
    what = "two fits each, and pixels one of the auto-encoder for each set of kept images"
    return [f"images come back healed to {sets}, which takes {what}"] if n_healed else []


def _is_healed(request: StudyRequest, cell: Cell) -> bool:
    """Tell whether images that left come back healed, where any can have left."""
    strategy = request.strategies.get(cell.strategy)
    return bool(cell.reject and strategy is not None and strategy.heals)


def _refits(request: StudyRequest, healed: Sequence[Cell]) -> Counter[str]:
    """Count the fits that healing takes, whatever pools there are, by detector.

    Each cell is fitted without the healed images, to judge them, and with those that pass. An
    auto-encoder is trained once for all detectors that are fitted on the same images.
    """
    fits = Counter({label: 2 * n for label, n in Counter(c.detector for c in healed).items()})
    by_pixels = [cell for cell in healed if request.strategies[cell.strategy].heals == "pixels"]
    repairs = {cell[cell._fields.index("pollution") :] for cell in by_pixels}
    return fits + Counter({request.healing.healer.label: len(repairs)})


def _seconds(
    request: StudyRequest,
    category: Listed,
    extractor: Extractor,
    detectors: Mapping[str, Detector],
    n_sets: Mapping[str, int],
    n_refits: Mapping[str, int],
) -> float:
    """Estimate what all training sets of a category take one core."""
    n_train = len(pollution_of(request.polluted_by, category.samples).normal)
    seconds = 0.0
    for label in {**n_sets, **n_refits}:
        n = n_sets.get(label, 0)
        refit = (
            detectors[label]
            .plan(n_train, shapes_of(detectors[label], category.samples, extractor))
            .seconds
        )
        seconds += n_refits.get(label, 0) * refit
        if _is_fast(detectors[label], extractor):
            seconds += (BUILDING + n * SHARE_OF_REFIT) * refit
        else:
            seconds += n * refit
    n_measured = sum(n_sets.values())
    size = {"network": extractor.size, "mask": None}.get(request.places, (0, 0))
    height, width = size or tuple(category.samples[side].median() for side in ("height", "width"))
    n_judged = len(pollution_of(request.polluted_by, category.samples).validation)
    return seconds + n_measured * (BESIDES + n_judged * height * width * PIXELS)


def _bytes(category: Listed, extractor: Extractor, detectors: Mapping[str, Detector]) -> int:
    """Estimate what the greatest detector takes, with its pool."""
    n_images = len(category.samples)
    return max(
        one.plan(n_images, shapes_of(one, category.samples, extractor)).bytes
        for one in detectors.values()
    )


def _is_fast(detector: Detector, extractor: Extractor) -> bool:
    """Tell whether there is a pool that is faster than refits, by making a tiny one."""
    rng = np.random.default_rng(0)
    levels = {
        name: rng.random((4, *shape), np.float32) for name, shape in extractor.shapes().items()
    }
    try:
        return type(pool_of(detector, Features(levels))) is not RefitPool
    except AnomalyLabError:
        return False
