"""The recipe: a folder of images in, PC space and a run folder out."""

from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab.compute.window_space import WindowSpace
from anomalylab.pc_space.log_odds import LogOdds
from anomalylab.recipes.pc_space import odds, spaces
from anomalylab.recipes.pc_space.blocks import Images
from anomalylab.recipes.pc_space.inputs import check_images, load
from anomalylab.recipes.pc_space.left_out import look_left_out
from anomalylab.recipes.pc_space.looks import View, log_odds_maps, look_at_all
from anomalylab.recipes.pc_space.outcomes import Material, Outcome, learn, supervised, unsupervised
from anomalylab.recipes.pc_space.record import Found, describe, write
from anomalylab.recipes.pc_space.request import Request
from anomalylab.recipes.pc_space.search import search
from anomalylab.recipes.pc_space.tables import features_of
from anomalylab.runs import roles
from anomalylab.runs.folder import Run, check_output, writing
from anomalylab.runs.timing import Timings

N_DEVIATIONS = 8.0
"""Deviations along the first component that densities reach to at least."""

EXTENT_OVER_LIMIT = 1.5


def run(request: Request, out: Path) -> Run:
    """Fit PC space, look at all images in it, learn the odds, measure and write a run folder.

    Whatever is wrong with the request, the data or the output folder is said before the long work
    starts. Finished blocks of images are kept in the cache, so that an interrupted run goes on
    where it was, with the same numbers.

    Parameters
    ----------
    request : Request
    out : path
        The run folder; it appears whole or not at all.

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
    with timings.step("check images", len(samples)):
        images, findings, broken = check_images(samples, root, request)
    found = _find(request, images, timings)
    with writing(out) as writer:
        write(writer, found, timings)
        writer.info(describe(found, findings, broken, request.command(out), out))
    return Run(out)


def _find(request: Request, images: Images, timings: Timings) -> Found:
    samples = images.samples
    folds, table = deal_folds(samples, request.seed), None
    if request.search:
        with timings.step("search", int((folds >= 0).sum())):
            request, table = search(request, images, folds)
    training = _by_fold(roles.training_rows(samples), folds)
    fitted, without = {}, {}
    for window in request.windows:
        with timings.step(f"PC space of {window} px windows", sum(map(len, training.values()))):
            fitted[window], without[window] = _spaces(request, images, window, training)
    view = _view(request, fitted)
    with timings.step("project windows", len(samples)):
        described, densities = look_at_all(images, view, _groups(samples))
    _leave_out(images, without[view.window], training, described, timings)
    material = Material(images, described, folds, request.seed)
    features = features_of(
        described["histograms"], samples[["height", "width"]].to_numpy(int), request
    )
    reason = odds.why_impossible(samples)
    outcomes, log_odds = (
        ({}, None) if reason else _learn(material, features, view, request, timings)
    )
    with timings.step("judge without labels", len(samples)):
        outcomes |= unsupervised(material)
    return Found(request, material, view, densities, features, outcomes, log_odds, reason, table)


def _learn(
    material: Material, features: np.ndarray, view: View, request: Request, timings: Timings
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


def deal_folds(samples: pd.DataFrame, seed: int) -> np.ndarray:
    """Return the fold of each training image; -1 for images that are only judged."""
    folds = np.full(len(samples), -1)
    is_training = (samples["split"] != "test").to_numpy()
    folds[is_training] = odds.folds_of(samples.loc[is_training, "label"], seed)
    return folds


def _spaces(
    request: Request, images: Images, window: int, training: dict[int, np.ndarray]
) -> tuple[WindowSpace, dict[int, WindowSpace]]:
    """Return the space of all normal training images, and those without each of the folds.

    There are none of the latter with one fold, or if sums of windows are not what is fitted.
    """
    if request.solver == "incremental":
        rows = np.sort(np.concatenate(list(training.values())))
        return spaces.incremental(images, window, rows, request.n_components), {}
    parts = spaces.moments_by_fold(images, window, training)
    whole = spaces.fit(parts.values(), request.n_components)
    if len(parts) == 1 or window != request.windows[0]:
        return whole, {}
    others = {fold: [parts[other] for other in parts if other != fold] for fold in parts}
    return whole, {fold: spaces.fit(kept, request.n_components) for fold, kept in others.items()}


def _leave_out(
    images: Images,
    without: dict[int, WindowSpace],
    training: dict[int, np.ndarray],
    described: dict[str, np.ndarray],
    timings: Timings,
) -> None:
    """Score training images anew, each in the space of the other folds."""
    if not without:
        return
    with timings.step("project windows, left out", sum(map(len, training.values()))):
        seen = look_left_out(images, without, training)
    rows = seen.pop("rows")
    for name, values in seen.items():
        described[name][rows] = values


def _by_fold(rows: np.ndarray, folds: np.ndarray) -> dict[int, np.ndarray]:
    return {int(fold): rows[folds[rows] == fold] for fold in np.unique(folds[rows])}


def _view(request: Request, fitted: dict[int, WindowSpace]) -> View:
    deviation = float(np.sqrt(fitted[request.windows[0]].variances[0]))
    extent = max(EXTENT_OVER_LIMIT * request.limits[0], N_DEVIATIONS * deviation)
    return View(fitted, request.planes, request.bins, request.overflow, extent)


def _groups(samples: pd.DataFrame) -> dict[int | None, np.ndarray]:
    """Return which images each density is made of, and the images of none."""
    normal, anomalous = roles.training_rows(samples), roles.spare_rows(samples)
    others = np.setdiff1d(np.arange(len(samples)), np.concatenate([normal, anomalous]))
    return {0: normal, 1: anomalous, None: others}
