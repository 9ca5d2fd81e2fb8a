"""The recipe: a folder of images in, PC space and a run folder out."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab.compute.window_space import WindowSpace
from anomalylab.pc_space.log_odds import LogOdds
from anomalylab.recipes.pc_space import odds
from anomalylab.recipes.pc_space.detector_tables import (
    DescribedImages,
    Outcome,
    learn,
    supervised,
    unsupervised,
)
from anomalylab.recipes.pc_space.image_blocks import Images
from anomalylab.recipes.pc_space.inputs import check_images, load
from anomalylab.recipes.pc_space.left_out import Others, fit_window, project_left_out
from anomalylab.recipes.pc_space.projections import View, log_odds_maps, project_all
from anomalylab.recipes.pc_space.request import PCSpaceRequest
from anomalylab.recipes.pc_space.run_folder import Found, describe, write
from anomalylab.recipes.pc_space.search import search
from anomalylab.recipes.pc_space.sensitivity import add_sensitivity
from anomalylab.recipes.pc_space.tables import features_of
from anomalylab.runs import roles
from anomalylab.runs.enlarged import write_enlarged
from anomalylab.runs.folder import Run
from anomalylab.runs.recall import write_recall
from anomalylab.runs.replaced import check_replaced
from anomalylab.runs.suspects import write_suspects
from anomalylab.runs.timing import Timings
from anomalylab.runs.writing import check_output, writing

N_DEVIATIONS = 8.0
"""Deviations along the first component that densities reach to at least."""

EXTENT_OVER_LIMIT = 1.5


def run(request: PCSpaceRequest, out: Path, *, replace: bool = False) -> Run:
    """Fit PC space, project all images into it, learn the odds, measure and write a run folder.

    Whatever is wrong with the request, the data or the output folder is said before the long work
    starts. Finished blocks of images are kept in the cache, so that an interrupted run goes on
    where it was, with the same numbers.

    Parameters
    ----------
    request : PCSpaceRequest
    out : path
        The run folder; it appears whole or not at all.
    replace : bool
        Whether it may replace a run of other images, or of another kind.

    Returns
    -------
    run : Run

    Raises
    ------
    AnomalyLabError
        One of its kinds, for whatever the user can mend.
    """
    out, timings = Path(out), Timings()
    check_output(out)
    samples, root = load(request)
    may_replace = partial(check_replaced, out, samples, root, kind="pc_space", replace=replace)
    may_replace()
    check_output(out, 4 * len(samples) * request.bins**2)
    with timings.step("check images", len(samples)):
        images, findings, broken = check_images(samples, root, request)
    found = _find(request, images, timings)
    with writing(out, may_replace) as writer:
        verdicts, unseen = add_sensitivity(writer, found, timings)
        write(writer, found, timings)
        findings += unseen
        writer.info(describe(found, verdicts, findings, broken, request.command(out), out))
        write_recall(writer)
        write_suspects(writer.folder)
        write_enlarged(writer, root)
    return Run(out)


def _find(request: PCSpaceRequest, images: Images, timings: Timings) -> Found:
    samples = images.samples
    folds, table = odds.deal_folds(samples, request.seed), None
    if request.search:
        with timings.step("search", int((folds >= 0).sum())):
            request, table = search(request, images, folds)
    training = odds.by_fold(roles.training_rows(samples), folds)
    fitted, others = {}, {}
    for window in request.windows:
        with timings.step(f"PC space of {window} px windows", sum(map(len, training.values()))):
            fitted[window], others[window] = fit_window(request, images, window, training)
    view = _view(request, fitted)
    with timings.step("project windows", len(samples)):
        described, densities = project_all(images, view, _groups(samples))
    _leave_out(others[view.window], described, timings)
    material = DescribedImages(images, described, folds, request.seed)
    features = features_of(
        described["histograms"], samples[["height", "width"]].to_numpy(int), request
    )
    reason = odds.why_impossible(samples)
    outcomes, log_odds = (
        ({}, None) if reason else _learn(material, features, view, request, timings)
    )
    with timings.step("judge without labels", len(samples)):
        outcomes |= unsupervised(material)
    return Found(
        request,
        material,
        view,
        others[view.window],
        densities,
        features,
        outcomes,
        log_odds,
        reason,
        table,
    )


def _learn(
    material: DescribedImages,
    features: np.ndarray,
    view: View,
    request: PCSpaceRequest,
    timings: Timings,
) -> tuple[dict[str, Outcome], LogOdds]:
    n_images = len(features)
    with timings.step("odds and random forest", n_images):
        judged, fitted = learn(material, features, request.C)
    log_odds = odds.kept(fitted)
    with timings.step("log-odds maps", n_images):
        maps = log_odds_maps(material.images, view, log_odds.of_a_unit.reshape(view.shape))
    with timings.step("judge by labels", n_images):
        outcomes = supervised(material, judged, maps)
    return outcomes, log_odds


def _leave_out(others: Others | None, described: dict[str, np.ndarray], timings: Timings) -> None:
    """Score training images anew, each in the space of those of other groups."""
    if others is None:
        return
    with timings.step("project windows, left out", len(others.rows)):
        rows, seen = project_left_out(others)
    for name, values in seen.items():
        described[name][rows] = values


def _view(request: PCSpaceRequest, fitted: dict[int, WindowSpace]) -> View:
    deviation = float(np.sqrt(fitted[request.windows[0]].variances[0]))
    extent = max(EXTENT_OVER_LIMIT * request.limits[0], N_DEVIATIONS * deviation)
    return View(fitted, request.planes, request.bins, request.overflow, extent)


def _groups(samples: pd.DataFrame) -> dict[int | None, np.ndarray]:
    """Return which images each density is made of, and the images of none."""
    normal, anomalous = roles.training_rows(samples), roles.spare_rows(samples)
    others = np.setdiff1d(np.arange(len(samples)), np.concatenate([normal, anomalous]))
    return {0: normal, 1: anomalous, None: others}
