"""What the recipe found, written down as a run folder."""

import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from anomalylab import __version__
from anomalylab.compute.threads import n_threads
from anomalylab.datasets.check import Finding
from anomalylab.pc_space.opened import FOLDER
from anomalylab.recipes.pc_space.looks import GRID, SIDE, View
from anomalylab.recipes.pc_space.outcomes import MAX_FPR, Material, Outcome, join
from anomalylab.recipes.pc_space.request import Request
from anomalylab.recipes.pc_space.tables import coefficients_table, features_table
from anomalylab.runs import plugins, provenance, roles
from anomalylab.runs.folder import RunWriter
from anomalylab.runs.shown import thumbnails
from anomalylab.runs.timing import Timings

UNPROVEN = ("mahalanobis", "outside")
"""Scores whose bulk has not kept its word: with labels hidden, that of Mahalanobis distances called
three times as many good images of built-in gravel odd as stated. That of the residual kept it."""

UNPROVEN_WORDS = {
    "sentence": "This score ranks the images; how many would lie far out by chance is not known.",
    "reason": "Look at the images in the order of their scores.",
}


@dataclass(frozen=True)
class Found:
    """All that a run folder tells.

    Parameters
    ----------
    request : Request
        As carried out: with what a search chose.
    material : Material
    view : View
    densities : int64 ndarray of shape (2, n_pairs, side, side)
    features : float64 ndarray of shape (n_images, n_features)
    outcomes : dict
        Detector -> what it adds; the first one gives the verdict.
    coefficients : float64 ndarray of shape (n_planes, bins, bins) or None
    reason : str
        Why there are no odds; empty if there are.
    search : DataFrame or None
        SEARCH.
    """

    request: Request
    material: Material
    view: View
    densities: np.ndarray
    features: np.ndarray
    outcomes: dict[str, Outcome]
    coefficients: np.ndarray | None
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
    if found.coefficients is not None:
        writer.table("coefficients", coefficients_table(found.coefficients, found.request))
    if found.search is not None:
        writer.table("search", found.search)
    with timings.step("draw thumbnails", len(images.samples)):
        pictures = thumbnails(images.samples, images.root, intensity=images.intensity)
    writer.table("thumbnails", pictures)
    writer.table("timings", timings.table())
    _write_space(writer.folder / FOLDER, found)


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
    if found.coefficients is not None:
        np.save(folder / "coefficients.npy", found.coefficients)


def describe(
    found: Found, findings: list[Finding], broken: list[dict], command: str, out: Path
) -> dict[str, Any]:
    """Return what ``run.json`` holds."""
    request, images = found.request, found.material.images
    samples, source = images.samples, request.source
    training = roles.training_rows(samples)
    return {
        "recipe": "kolektor",
        "name": out.name,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "anomalylab_version": __version__,
        "command": command,
        "is_unlabelled": roles.is_unlabelled(samples),
        "dataset": {
            "loader": samples.attrs["loader"],
            "root_name": source.data.resolve().name if source.data else "built-in images",
            "path": _relative(images.root, out) if source.data else None,
            "category": ", ".join(sorted(samples["category"].unique())),
            "params": dict(source.dataset_params),
            "fingerprint": roles.fingerprint(samples, list(images.hashes)),
        },
        "extractor": {
            "name": "band",
            "fingerprint": f"band-{request.orient}",
            "weights": "none",
            "size": list(GRID),
        },
        "pc_space": _describe_space(found),
        "supervised": {"is_possible": not found.reason, "reason": found.reason},
        "intensity": request.intensity,
        "resize": "bilinear",
        "smoothing": 0.0,
        "max_fpr": MAX_FPR,
        "seed": request.seed,
        "detectors": {
            label: {"name": label, "params": {}, "levels": ["band"]} for label in found.outcomes
        },
        "training_ids": samples["sample_id"].iloc[training].tolist(),
        "labelled_ids": samples["sample_id"].iloc[found.material.labelled].tolist(),
        "verdicts": {label: _verdict(label, outcome) for label, outcome in found.outcomes.items()},
        "findings": [{**asdict(finding), "what": finding.message} for finding in findings],
        "broken": broken,
        "versions": provenance.versions(),
        "threads": n_threads(),
        "plugins": [
            {"file": path.name, "sha256": plugins.fingerprint(path)} for path in request.plugins
        ],
    }


def _verdict(label: str, outcome: Outcome) -> dict[str, Any]:
    """Return a verdict that is no more than was proven, and begins as sentences do."""
    verdict = outcome.decision.verdict
    if label in UNPROVEN and verdict["kind"] != "measured":
        return {**verdict, "kind": "undecidable", **UNPROVEN_WORDS}
    sentence = str(verdict["sentence"])
    return {**verdict, "sentence": sentence[:1].upper() + sentence[1:]}


def _describe_space(found: Found) -> dict[str, Any]:
    request = found.request
    return {
        "windows": list(request.windows),
        "limits": list(request.limits),
        "bins": request.bins,
        "pairs": [list(pair) for pair in request.pairs],
        "extent": found.view.extent,
        "side": SIDE,
        "n_components": request.n_components,
        "orient": request.orient,
        "solver": request.solver,
        "overflow": request.overflow,
        "density": request.density,
        "C": request.C,
        "is_searched": request.search,
        "residual": _bulk_of_residual(found),
    }


def _bulk_of_residual(found: Found) -> list[float]:
    """Return mean and deviation of the distances of normal training windows from PC space."""
    training = roles.training_rows(found.material.samples)
    count, total, squares = found.material.described["residual_sums"][training].sum(axis=0)
    mean = total / count
    return [float(mean), float(max(squares / count - mean**2, 0) ** 0.5)]


def _relative(root: Path, out: Path) -> str:
    """Return the way from the run folder to the images, in POSIX form."""
    try:
        return Path(os.path.relpath(root.resolve(), out.resolve())).as_posix()
    except ValueError:  # another drive: the folder has to be given when images are wanted
        return root.name
