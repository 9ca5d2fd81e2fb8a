"""What scoring new images has in common, whatever kind of run scores them.

The training images of the finished run come along with their scores, marked as such.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab import __version__
from anomalylab.compute.threads import n_threads
from anomalylab.datasets.check import Finding
from anomalylab.errors import RunError
from anomalylab.runs import provenance
from anomalylab.runs.decide import beyond_good, beyond_training
from anomalylab.runs.describe import dataset_info, way_to
from anomalylab.runs.folder import Run
from anomalylab.runs.info import FindingInfo, RunInfo, ScoredWith, VerdictInfo
from anomalylab.runs.limits import GOOD_NEW, Limits, training_rows
from anomalylab.runs.measure import why_undefined
from anomalylab.runs.new_images import NewImages
from anomalylab.runs.replaced import check_replaced
from anomalylab.runs.shifted import shift_findings, shift_of, with_shift
from anomalylab.runs.spreadsheet import write_csv
from anomalylab.runs.writing import RunWriter, check_output
from anomalylab.verdicts import thresholds
from anomalylab.verdicts.shift import shift
from anomalylab.verdicts.unlabelled import verdict

TABLE = "scores.csv"

_TRAINING = "training: "


def finished(folder: Path, out: Path) -> Run:
    """Open the run that is to score.

    Raises
    ------
    RunError
        If there is none, it is damaged, it holds new images that were scored and nothing that was
        fitted, or the output cannot be written or would replace it.
    """
    check_output(out)
    base = Run(folder)
    if base.info.scored_with is not None:
        raise RunError(
            f"{folder} holds new images that {base.info.scored_with.run!r} has scored; score with "
            "that run"
        )
    if out.resolve() == base.folder.resolve():
        raise RunError(f"{out} is the run that scores; choose another folder with -o")
    base.check()
    return base


def check_scored(base: Run, new: NewImages, out: Path, replace: bool) -> None:
    """Refuse to replace a run, or scores of other images or of another run, unless asked to."""
    kind, name = base.info.kind, base.info.name
    check_replaced(out, new.samples, new.root, kind=kind, scored_with=name, replace=replace)


def judge_new(
    base: Run,
    label: str,
    samples: pd.DataFrame,
    scores: np.ndarray,
    map_max: np.ndarray,
    twins: pd.Series,
    limits: Limits,
) -> tuple[pd.DataFrame, VerdictInfo, list[Finding]]:
    """Compare new images with the training images, each left out, or with good new ones.

    Parameters
    ----------
    base : Run
    label : str
        Detector of the run.
    samples : DataFrame
        Rows of SAMPLES of the new images.
    scores, map_max : ndarray of shape (n_images,)
        Their scores, and the maxima of their maps.
    twins : Series of str or None
        Training image that each new one is.
    limits : Limits

    Returns
    -------
    table : DataFrame
        Rows of SCORES.
    words : VerdictInfo
        How many lie beyond the images they are held against, and how many would by chance.
    findings : list of Finding
        Whether new images as a whole score higher than those.
    """
    table, is_new = new_scores(label, samples, scores, map_max), twins.isna().to_numpy()
    if limits.good is not None:
        p_value = thresholds.conformal_p_values(limits.good.scores, scores)
        words = beyond_good(scores, limits.default)
        seen = shift(limits.good.scores, scores[is_new]) if is_new.any() else None
    else:
        training = training_rows(base, label)["score"].to_numpy(float)
        of_training = verdict(training)
        bulk = of_training.bulk
        p_value = np.full(len(scores), np.nan) if bulk is None else bulk.p_value(scores)
        words = beyond_training(scores, limits.default, of_training)
        seen = shift_of(training, of_training, scores[is_new]) if is_new.any() else None
    table = table.assign(p_value=p_value)
    if seen is None:
        return table, words, []
    than = "training images" if limits.good is None else GOOD_NEW
    return table, with_shift(words, seen, than), shift_findings(label, seen, limits.default, than)


def new_scores(
    label: str, samples: pd.DataFrame, scores: np.ndarray, map_max: np.ndarray
) -> pd.DataFrame:
    """Return rows of SCORES of new images, without chances."""
    of_samples = {"detector": label, "sample_id": samples["sample_id"].to_numpy(), "role": "query"}
    return pd.DataFrame(of_samples | {"score": scores, "map_max": map_max, "p_value": np.nan})


def as_training(table: pd.DataFrame, column: str = "sample_id") -> pd.DataFrame:
    """Mark training images as such, because new images may have the same names."""
    return table.assign(**{column: _TRAINING + table[column]})


def write_scores(
    base: Run,
    writer: RunWriter,
    queries: pd.DataFrame,
    samples: pd.DataFrame,
    training_ids: Sequence[str],
    twins: pd.Series,
    limits: Mapping[str, Limits],
) -> None:
    """Write scores, thresholds, samples and metrics, and :data:`TABLE`.

    Parameters
    ----------
    base : Run
    writer : RunWriter
    queries : DataFrame
        Rows of SCORES of the new images.
    samples : DataFrame
        Rows of SAMPLES of the new images.
    training_ids : sequence of str
        Images of the finished run that come along.
    twins : Series of str or None
        Training image that each new one is, see :mod:`anomalylab.runs.recognised`.
    limits : mapping
        Detector -> what its scores are held against.
    """
    labels = list(queries["detector"].unique())
    scores = base.table("scores")
    known = scores[scores["detector"].isin(labels) & scores["sample_id"].isin(training_ids)]
    known = as_training(known.assign(role="training"))
    writer.table("scores", pd.concat([queries, known], ignore_index=True))
    held_against = [limits[label].table for label in labels]
    writer.table("thresholds", pd.concat(held_against, ignore_index=True))
    used = base.samples[base.samples["sample_id"].isin(training_ids)].assign(split="train")
    writer.table("samples", pd.concat([as_training(used), samples], ignore_index=True))
    writer.table("metrics", _no_metrics(labels))
    values = {label: limits[label].default.value for label in labels}
    table = queries.drop(columns="role").assign(threshold=queries["detector"].map(values))
    table = table.assign(is_beyond=table["score"] >= table["threshold"])
    table["recognised_as"] = table["sample_id"].map(
        dict(zip(samples["sample_id"], twins, strict=True))
    )
    with writer.place(TABLE) as path:
        write_csv(table, path)


def _no_metrics(labels: list[str]) -> pd.DataFrame:
    gaps = dict.fromkeys(("value", "low", "high", "ceiling"), np.nan)
    reason = why_undefined(np.array([]))
    return pd.DataFrame(
        {"detector": labels, "metric": "auroc", **gaps, "n_images": 0, "note": reason}
    )


def scored_info(
    base: Run,
    verdicts: Mapping[str, VerdictInfo],
    samples: pd.DataFrame,
    broken: list[dict[str, str]],
    new: NewImages,
    out: Path,
    *,
    findings: Iterable[FindingInfo],
    options: str = "",
) -> RunInfo:
    """Describe new images that a finished run has scored.

    Parameters
    ----------
    base : Run
    verdicts : mapping
        Detector -> verdict.
    samples : DataFrame
        Rows of SAMPLES of the new images.
    broken : list of dict
        Images that were set aside.
    new : NewImages
    out : path
        Where the run goes.
    findings : iterable of FindingInfo
        What a reader should know of the images and the scoring.
    options : str
        Further words of the command that repeats the scoring.
    """
    return replace(
        base.info,
        name=out.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        anomalylab_version=__version__,
        command=f"anomalylab score {base.folder.name} {new.name}{options} -o {out.name}",
        scored_with=ScoredWith(run=base.info.name, dataset=base.info.dataset),
        is_unlabelled=False,
        dataset=dataset_info(
            samples,
            new.root,
            loader=new.loader,
            root_name=new.name,
            params={},
            path=way_to(new.root, out),
        ),
        verdicts=dict(verdicts),
        findings=_distinct(findings),
        broken=broken,
        versions=provenance.versions(),
        threads=n_threads(),
    )


def _distinct(findings: Iterable[FindingInfo]) -> list[FindingInfo]:
    """Return each finding once: what several detectors lead to is said by the first."""
    kept: list[FindingInfo] = []
    for finding in findings:
        if finding not in kept:
            kept.append(finding)
    return kept
