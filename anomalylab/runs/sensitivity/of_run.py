"""The sensitivity of a run, as a step of it."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd

from anomalylab.datasets.check import Finding
from anomalylab.detectors import Detector, TrainedDetector
from anomalylab.errors import DatasetError
from anomalylab.number_words import listed
from anomalylab.runs.candidates import candidates_of
from anomalylab.runs.info import VerdictInfo
from anomalylab.runs.outcome import Material, Outcome
from anomalylab.runs.planned import LISTED
from anomalylab.runs.request import QUICK, DetectRequest
from anomalylab.runs.sensitivity.choose import Choice, Offer, choose
from anomalylab.runs.sensitivity.plan import EFFORTS, Wish
from anomalylab.runs.sensitivity.words import with_sensitivity
from anomalylab.runs.sensitivity.write import Beneath, Instrument, Measured, write_if_measured
from anomalylab.runs.timing import Timings
from anomalylab.runs.writing import RunWriter


def effort_of(request: DetectRequest, labels: pd.Series) -> str:
    """Return what a request asks for; if it says nothing, quick unless all labels are known.

    Parameters
    ----------
    request : DetectRequest
    labels : Series
        Of the training images, missing where unknown.
    """
    return request.sensitivity or (QUICK if labels.isna().any() else "none")


def beneath_of(material: Material) -> Beneath:
    """Return the images of a run as what defects are planted in."""
    request = material.request
    return Beneath(
        samples=material.samples,
        root=material.root,
        features=material.features,
        training=material.training,
        extractor=material.extractor,
        intensity=request.intensity,
        resize=request.resize,
        smoothing=request.smoothing,
    )


class Taken(NamedTuple):
    """What a run goes on with."""

    material: Material
    detectors: dict[str, Detector]
    """Label -> detector, the one of the verdict first."""

    choice: Choice | None
    """None if there was none to make."""

    findings: list[Finding]
    """Why the choice could not be made, or which settings it left out."""


def take(
    materials: Sequence[Material], candidates: Sequence[Mapping[str, Detector]], timings: Timings
) -> Taken:
    """Return the detectors of a run: those asked for, or the best and the second of candidates.

    Parameters
    ----------
    materials : sequence of Material
        One for each size; the preferred first where the request leaves the choice.
    candidates : sequence of mapping
        Of each of them, label -> detector; the preferred first likewise.
    timings : Timings
    """
    material, detectors = materials[0], dict(candidates[0])
    if not material.request.is_auto:
        return Taken(material, detectors, None, [])
    offers = [Offer(beneath_of(m), some) for m, some in zip(materials, candidates, strict=True)]
    try:
        choice = choose(offers, timings, seed=material.request.seed)
    except DatasetError as error:
        first = next(iter(detectors))
        words = f"{first} was taken because it is best on average, not chosen on these images"
        finding = Finding("warning", "not_chosen", f"{words}: {error}", "add images")
        return Taken(material, {first: detectors[first]}, None, [finding])
    at = choice.place
    shown = {name: candidates[at][name] for name in choice.shown}
    return Taken(materials[at], shown, choice, _left_out(offers, candidates_of(material.request)))


def _left_out(offers: Sequence[Offer], wanted: Mapping[str, Detector]) -> list[Finding]:
    """Say which settings memory had no room for; trained ones are compared at one size."""
    left = [
        f"{label} at {offer.words}"
        for offer in offers
        for label, detector in wanted.items()
        if not {label, label + LISTED} & offer.candidates.keys()
        and (offer is offers[0] or not isinstance(detector, TrainedDetector))
    ]
    if not left:
        return []
    words = f"memory had no room to compare {listed(left)}"
    return [Finding("note", "not_compared", words, "use a smaller --size or fewer images")]


def add_sensitivity(
    writer: RunWriter,
    material: Material,
    chosen: Mapping[str, Detector],
    outcomes: Mapping[str, Outcome],
    choice: Choice | None,
    timings: Timings,
) -> tuple[dict[str, VerdictInfo], list[Finding]]:
    """Measure what would have been seen, write it, and tell it in the verdicts.

    Parameters
    ----------
    writer : RunWriter
    material : Material
    chosen : mapping
        Label -> detector.
    outcomes : mapping
        Label -> what was found.
    choice : Choice or None
        Its planted images are used, if there was a choice.
    timings : Timings

    Returns
    -------
    verdicts : dict
        Label -> verdict.
    findings : list of Finding
        Why it was not measured, if it could not be.
    """
    effort = effort_of(material.request, material.samples["label"].iloc[material.training])
    measure = partial(_measured, material, chosen, outcomes, choice, timings, effort)
    limits = {label: one.decision.threshold for label, one in outcomes.items()}
    table, findings = write_if_measured(writer, effort, measure, limits)
    verdicts = {
        label: with_sensitivity(
            outcome.decision.verdict, table[table["detector"] == label], len(material.query)
        )
        for label, outcome in outcomes.items()
    }
    return verdicts, findings


def _measured(
    material: Material,
    chosen: Mapping[str, Detector],
    outcomes: Mapping[str, Outcome],
    choice: Choice | None,
    timings: Timings,
    effort: str,
) -> Measured:
    """Return planted images, and scores of them, in images that stand out by nothing themselves."""
    beneath = beneath_of(material)
    is_below = np.all([outcome.is_below for outcome in outcomes.values()], axis=0)
    usable = material.training[is_below]
    if choice is not None and effort == QUICK:
        places = np.flatnonzero(np.isin(choice.planted.rows, usable))
        if not len(places):
            raise DatasetError("every image that defects were planted in stands out by itself")
        scored = {label: choice.scored[label].subset(places) for label in chosen}
        return Measured(beneath, choice.planted.subset(places), scored)
    if choice is not None:
        usable = np.setdiff1d(usable, choice.deciding)
    wish, seed = Wish(per_cell=EFFORTS[effort]), material.request.seed
    return Instrument.of_detectors(beneath, chosen).measure(usable, wish, timings, seed=seed)
