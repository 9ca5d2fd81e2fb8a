"""What the recipe found, written down as a run folder."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab.datasets.check import Finding
from anomalylab.pc_space.info import PCSpaceInfo
from anomalylab.pc_space.log_odds import LogOdds
from anomalylab.pc_space.stored import FOLDER
from anomalylab.recipes.pc_space.detector_tables import MAX_FPR, DescribedImages, Outcome, join
from anomalylab.recipes.pc_space.left_out import Others
from anomalylab.recipes.pc_space.projections import SIDE, View
from anomalylab.recipes.pc_space.request import PCSpaceRequest
from anomalylab.recipes.pc_space.tables import coefficients_table, features_table
from anomalylab.runs import roles
from anomalylab.runs.describe import run_info
from anomalylab.runs.info import RunInfo, VerdictInfo
from anomalylab.runs.pictures import Thumbnails
from anomalylab.runs.timing import Timings
from anomalylab.runs.writing import RunWriter

UNPROVEN = ("mahalanobis", "outside")
"""Scores whose bulk has not kept its word: with labels hidden, that of Mahalanobis distances called
three times as many good images of built-in gravel odd as stated. That of the residual kept it."""

UNPROVEN_SENTENCE = (
    "This score ranks the images; how many would lie far out by chance is not known."
)
UNPROVEN_REASON = "Look at the images in the order of their scores."


@dataclass(frozen=True)
class Found:
    """All that a run folder tells.

    Parameters
    ----------
    request : PCSpaceRequest
        As carried out: with what a search chose.
    material : DescribedImages
    view : View
    others : Others or None
        What spaces without some of the images are made of, if there can be any.
    densities : int64 ndarray of shape (2, n_pairs, side, side)
    features : float64 ndarray of shape (n_images, n_features)
    outcomes : dict
        Detector -> what it adds; the first one gives the verdict.
    log_odds : LogOdds or None
    reason : str
        Why there are no odds; empty if there are.
    search : DataFrame or None
        SEARCH.
    """

    request: PCSpaceRequest
    material: DescribedImages
    view: View
    others: Others | None
    densities: np.ndarray
    features: np.ndarray
    outcomes: dict[str, Outcome]
    log_odds: LogOdds | None
    reason: str
    search: pd.DataFrame | None


def write(writer: RunWriter, found: Found, timings: Timings) -> None:
    """Write tables, maps, thumbnails and PC space."""
    images, outcomes = found.material.images, found.outcomes.values()
    writer.table("samples", images.samples)
    for name in ("scores", "metrics", "curves"):
        writer.table(name, join(getattr(outcome, name) for outcome in outcomes))
    writer.table("thresholds", join(outcome.decision.thresholds for outcome in outcomes))
    for name, outcome in found.outcomes.items():
        if outcome.maps is not None:
            writer.score_maps(name, outcome.maps)
    beyond = found.material.described["beyond"]
    ids = images.samples["sample_id"]
    writer.table("features", features_table(ids, beyond, found.features, found.request))
    if found.log_odds is not None:
        coefficients = found.log_odds.coefficients.reshape(found.view.shape)
        writer.table("coefficients", coefficients_table(coefficients, found.request))
    if found.search is not None:
        writer.table("search", found.search)
    with timings.step("draw thumbnails", len(images.samples)):
        shown = images.shown or Thumbnails(images.intensity)
        pictures = shown.table(images.samples, images.masks)
    writer.table("thumbnails", pictures)
    writer.table("timings", timings.table())
    with writer.place(FOLDER) as folder:
        _write_space(folder, found)


def _write_space(folder: Path, found: Found) -> None:
    folder.mkdir()
    for window, space in found.view.spaces.items():
        np.savez(
            folder / f"space_{window}.npz",
            mean=space.mean,
            components=space.components,
            variances=space.variances,
            total_variance=space.total_variance,
        )
    np.save(folder / "histograms.npy", found.material.described["histograms"].astype(np.float32))
    np.save(folder / "density.npy", found.densities)
    if found.log_odds is not None:
        coefficients = found.log_odds.coefficients.reshape(found.view.shape)
        np.save(folder / "coefficients.npy", coefficients)
        found.log_odds.save(folder)


def verdicts_of(found: Found) -> dict[str, VerdictInfo]:
    """Return what each method found, in words that are no more than was proven."""
    return {
        label: proven(label, outcome.decision.verdict) for label, outcome in found.outcomes.items()
    }


def describe(
    found: Found,
    verdicts: dict[str, VerdictInfo],
    findings: list[Finding],
    broken: list[dict],
    command: str,
    out: Path,
) -> RunInfo:
    """Return what ``run.json`` holds."""
    images = found.material.images
    return run_info(
        "pc_space",
        _describe_space(found),
        out=out,
        request=found.request.source,
        command=command,
        samples=images.samples,
        root=images.root,
        verdicts=verdicts,
        findings=findings,
        broken=broken,
        max_fpr=MAX_FPR,
    )


def proven(label: str, verdict: VerdictInfo) -> VerdictInfo:
    """Return a verdict that is no more than was proven, and begins as sentences do."""
    if label in UNPROVEN and verdict.kind != "measured":
        return replace(
            verdict, kind="undecidable", sentence=UNPROVEN_SENTENCE, reason=UNPROVEN_REASON
        )
    return replace(verdict, sentence=verdict.sentence[:1].upper() + verdict.sentence[1:])


def _describe_space(found: Found) -> PCSpaceInfo:
    request, samples = found.request, found.material.samples
    return PCSpaceInfo(
        windows=list(request.windows),
        limits=list(request.limits),
        bins=request.bins,
        pairs=request.pairs,
        extent=found.view.extent,
        side=SIDE,
        n_components=request.n_components,
        orient=request.orient,
        solver=request.solver,
        overflow=request.overflow,
        density=request.density,
        C=request.C,
        is_searched=request.search,
        residual=_bulk_of_residual(found),
        why_no_odds=found.reason,
        labelled_ids=samples["sample_id"].iloc[found.material.labelled].tolist(),
    )


def _bulk_of_residual(found: Found) -> tuple[float, float]:
    """Return mean and deviation of the distances of normal training windows from PC space."""
    training = roles.training_rows(found.material.samples)
    count, total, squares = found.material.described["residual_sums"][training].sum(axis=0)
    mean = total / count
    return float(mean), float(max(squares / count - mean**2, 0) ** 0.5)
