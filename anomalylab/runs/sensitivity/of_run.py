"""The sensitivity of a run, as a step of it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from anomalylab.datasets.check import Finding
from anomalylab.detectors import Detector
from anomalylab.errors import DatasetError
from anomalylab.runs.info import VerdictInfo
from anomalylab.runs.outcome import Material, Outcome
from anomalylab.runs.request import QUICK, DetectRequest
from anomalylab.runs.sensitivity.plan import EFFORTS, Wish
from anomalylab.runs.sensitivity.words import with_sensitivity
from anomalylab.runs.sensitivity.write import Beneath, write_sensitivity
from anomalylab.runs.timing import Timings
from anomalylab.runs.writing import RunWriter
from anomalylab.schema import SENSITIVITY


def effort_of(request: DetectRequest, labels: pd.Series) -> str:
    """Return what a request asks for; if it says nothing, quick unless all labels are known.

    Parameters
    ----------
    request : DetectRequest
    labels : Series
        Of the training images, missing where unknown.
    """
    return request.sensitivity or (QUICK if labels.isna().any() else "none")


def add_sensitivity(
    writer: RunWriter,
    material: Material,
    chosen: Mapping[str, Detector],
    outcomes: Mapping[str, Outcome],
    timings: Timings,
) -> tuple[dict[str, VerdictInfo], list[Finding]]:
    """Measure what would have been seen, write it, and tell it in the verdicts.

    Returns
    -------
    verdicts : dict
        Label -> verdict.
    findings : list of Finding
        Why it was not measured, if it could not be.
    """
    effort = effort_of(material.request, material.samples["label"].iloc[material.training])
    table, findings = pd.DataFrame(columns=list(SENSITIVITY.columns)), []
    if effort in EFFORTS:
        try:
            table = _measured(writer, material, chosen, outcomes, timings, effort)
        except DatasetError as error:
            findings = [Finding("note", str(error), "add images")]
    verdicts = {
        label: with_sensitivity(
            outcome.decision.verdict, table[table["detector"] == label], len(material.query)
        )
        for label, outcome in outcomes.items()
    }
    return verdicts, findings


def _measured(
    writer: RunWriter,
    material: Material,
    chosen: Mapping[str, Detector],
    outcomes: Mapping[str, Outcome],
    timings: Timings,
    effort: str,
) -> pd.DataFrame:
    request = material.request
    beneath = Beneath(
        samples=material.samples,
        root=material.root,
        features=material.features,
        training=material.training,
        extractor=material.extractor,
        intensity=request.intensity,
        resize=request.resize,
        smoothing=request.smoothing,
    )
    is_below = np.all([outcome.is_below for outcome in outcomes.values()], axis=0)
    return write_sensitivity(
        writer,
        beneath,
        chosen,
        {label: outcome.decision.threshold for label, outcome in outcomes.items()},
        is_below,
        Wish(per_cell=EFFORTS[effort]),
        timings,
        seed=request.seed,
    )
