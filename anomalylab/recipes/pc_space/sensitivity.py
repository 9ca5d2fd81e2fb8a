"""What the residual would have seen: planted defects, in spaces without the images beneath them."""

from functools import partial
from pathlib import Path

import numpy as np

from anomalylab import extractors
from anomalylab.compute.blas import one_blas_thread
from anomalylab.compute.window_statistics import STATISTICS
from anomalylab.datasets.check import Finding
from anomalylab.detectors import Detector
from anomalylab.detectors.window_pca import WindowPCA
from anomalylab.errors import DatasetError
from anomalylab.features import Features, ImageLevel
from anomalylab.pc_space.info import GRID, PCSpaceInfo
from anomalylab.recipes.pc_space import odds
from anomalylab.recipes.pc_space.image_blocks import Images
from anomalylab.recipes.pc_space.inputs import read_images
from anomalylab.recipes.pc_space.left_out import Others, fit_window
from anomalylab.recipes.pc_space.run_folder import Found, verdicts_of
from anomalylab.recipes.pc_space.scorable import check_options
from anomalylab.runs import roles
from anomalylab.runs.folder import Run
from anomalylab.runs.info import VerdictInfo
from anomalylab.runs.inputs import groups_of
from anomalylab.runs.originals import Originals
from anomalylab.runs.sensitivity.again import listed_again, refuse_broken, training_places
from anomalylab.runs.sensitivity.measure import score_by_fits
from anomalylab.runs.sensitivity.of_run import effort_of
from anomalylab.runs.sensitivity.plan import EFFORTS, Wish
from anomalylab.runs.sensitivity.words import with_sensitivity
from anomalylab.runs.sensitivity.write import Beneath, Instrument, Measured, write_if_measured
from anomalylab.runs.timing import Timings
from anomalylab.runs.writing import RunWriter

METHOD = "residual"
"""What is measured: the one of the scores that need no labels which gives a verdict."""


def add_sensitivity(
    writer: RunWriter, found: Found, timings: Timings
) -> tuple[dict[str, VerdictInfo], list[Finding]]:
    """Measure what the residual would have seen, write it, and tell it in its verdict.

    Parameters
    ----------
    writer : RunWriter
    found : Found
    timings : Timings

    Returns
    -------
    verdicts : dict
        Method -> verdict.
    findings : list of Finding
        Why it was not measured, if it could not be.
    """
    samples, request = found.material.samples, found.request
    training = roles.training_rows(samples)
    effort = effort_of(request.source, samples["label"].iloc[training])
    limit = found.outcomes[METHOD].decision.threshold
    scores = found.material.described["scores"][training, STATISTICS.index(METHOD)]

    def measure() -> Measured:
        instrument = _instrument(found.material.images, found.others, request.solver)
        usable, wish = training[scores < limit], Wish(per_cell=EFFORTS[effort])
        return instrument.measure(usable, wish, timings, seed=request.seed)

    table, findings = write_if_measured(writer, effort, measure, {METHOD: limit})
    verdicts = verdicts_of(found)
    verdicts[METHOD] = with_sensitivity(verdicts[METHOD], table, len(found.material.query))
    return verdicts, findings


def instrument_of_run(base: Run, data: Path | None, weights: str | None) -> Instrument:
    """Return what a finished run measures planted defects with.

    Parameters
    ----------
    base : Run
    data : path, optional
        Where the images are now, if they were moved.
    weights : str, optional
        Refused: there is no network.

    Raises
    ------
    DatasetError
        If images are gone or changed, or none can be left out.
    ParameterError
        If weights are given.
    """
    check_options(weights, None, None)
    info, listed = base.info.part_of(PCSpaceInfo), listed_again(base)
    root, intensity = Originals(base, data).root, base.info.intensity
    images, broken = read_images(listed, root, intensity, info.orient)
    refuse_broken(base, broken)
    is_other = (images.samples["content_hash"] != base.samples["content_hash"]).to_numpy()
    names = base.samples["sample_id"][is_other & base.samples["content_hash"].notna()]
    refuse_broken(base, [{"sample_id": name, "reason": "it has changed"} for name in names])
    folds = odds.deal_folds(images.samples, base.info.seed)
    training = odds.by_fold(training_places(base), folds)
    _, others = fit_window(info, images, info.windows[0], training)
    return _instrument(images, others, info.solver)


def _instrument(images: Images, others: Others | None, solver: str) -> Instrument:
    """Return the residual, in spaces that some images are left out of.

    Raises
    ------
    DatasetError
        If none can be left out.
    """
    if others is None:
        why = "all are copies of one" if solver == "exact" else f"the solver is {solver}"
        raise DatasetError(
            f"no image can be left out of the PC space, because {why}; what would have been seen "
            "is left out"
        )
    bands = ImageLevel(partial(_band, images), np.arange(len(images.samples)))
    beneath = Beneath(
        samples=images.samples,
        root=images.root,
        features=Features({"band": bands}, groups_of(images.samples)),
        training=others.rows,
        extractor=extractors.create("band", orient=images.orient),
        intensity=images.intensity,
        resize="bilinear",
        smoothing=0.0,
        map_size=GRID,
    )
    fit = partial(_without_others, others)
    score = partial(score_by_fits, fit, beneath.features, beneath.training)
    return Instrument(beneath, {METHOD: score})


def _band(images: Images, row: int) -> np.ndarray:
    return images.band(row)[..., None]


@one_blas_thread()
def _without_others(others: Others, kept: np.ndarray) -> Detector:
    """Return the residual in the space of the training images of some rows."""
    window, n_components = others.whole.window, others.whole.n_components
    total = others.moments_without(np.setdiff1d(others.rows, kept))
    detector = WindowPCA(window=window, n_components=n_components, grid=GRID)
    return detector.fit_moments({window: total}, near={window: others.whole})
