"""What ``run.json`` holds of a finished recipe."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from anomalylab.datasets.check import Finding
from anomalylab.recipes.autoencoder.info import AutoencoderInfo
from anomalylab.recipes.autoencoder.judged import Judged
from anomalylab.recipes.autoencoder.request import HELD_OUT, AutoencoderRequest
from anomalylab.recipes.autoencoder.told import NAME, verdicts
from anomalylab.recipes.metric_learning.inputs import Category
from anomalylab.recipes.unlabelled import taken_to_be_good
from anomalylab.runs.describe import run_info
from anomalylab.runs.info import RunInfo
from anomalylab.training.device import chosen_device


def part_of(request: AutoencoderRequest, category: Category, main: Judged) -> AutoencoderInfo:
    """Return what the recipe adds to ``run.json``."""
    detector = main.trained.detector
    compared = request.of_latents()
    architecture, latent = main.trained.key
    parameters: dict[str, Any] = asdict(detector)
    return AutoencoderInfo(
        category=category.name,
        architecture=architecture,
        latent=latent,
        latents=list(request.latents),
        latents_on=compared[0].architecture if compared else "",
        loss=detector.loss,
        residual=detector.residual,
        denoise=detector.denoise,
        preset=request.preset,
        parameters={k: v for k, v in parameters.items() if k not in ("levels", "grid", "seed")},
        size=detector.seen_size,
        highest=main.highest,
        quantile=request.quantile,
        background=request.background,
        min_area=request.min_area,
        n_train=len(category.roles.train) - len(main.held_out),
        n_held_out=len(main.held_out),
        n_test=len(category.roles.test),
        n_held_out_for_test=category.roles.n_held_out,
        n_planted=len(main.planted),
        n_unlabelled=int(np.isnan(category.labels[category.roles.train]).sum()),
        device=str(chosen_device(detector.device)),
    )


def describe(
    request: AutoencoderRequest,
    category: Category,
    part: AutoencoderInfo,
    tables: Mapping[str, pd.DataFrame],
    out: Path,
) -> RunInfo:
    """Return what ``run.json`` holds."""
    return run_info(
        NAME,
        part,
        out=out,
        request=request.source,
        command=request.command(out),
        samples=category.samples,
        root=category.root,
        verdicts=verdicts(tables, part),
        findings=[
            *findings_of(request, part),
            *taken_to_be_good(category.labels[category.roles.train]),
            *category.findings,
        ],
        broken=category.broken,
        max_fpr=request.source.max_fpr,
    )


def findings_of(request: AutoencoderRequest, part: AutoencoderInfo) -> list[Finding]:
    """Say what is worth little, and what was taken out of training."""
    found = []
    if part.architecture == "tiny":
        message = "the network is a tiny one for trials: what it finds says nothing of the method"
        found.append(Finding("warning", "tiny_network", message, "take the preset cpu"))
    if part.n_held_out_for_test:
        message = (
            "no test image is known to be good: a third of the training images is judged "
            f"instead, and not trained on ({part.n_held_out_for_test})"
        )
        found.append(Finding("note", "held_out", message))
    if part.n_held_out:
        message = (
            f"the threshold and the epoch that is kept are chosen by {part.n_held_out} of "
            f"{part.n_held_out + part.n_train} images, which were not learnt from; that may make "
            "the threshold a little low"
        )
        found.append(Finding("note", "chosen_by_held_out", message))
    if request.preset == "seed" and part.parameters.get("validation") == HELD_OUT:
        message = "the published training holds out nothing; a tenth is held out here, for tau"
        found.append(Finding("note", "held_out_in_seed", message))
    return found
