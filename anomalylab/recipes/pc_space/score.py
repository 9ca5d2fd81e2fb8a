"""Project new images into the PC space of a finished run; nothing is fitted."""

import dataclasses
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab.compute.window_statistics import STATISTICS
from anomalylab.datasets.check import Finding
from anomalylab.errors import DatasetError
from anomalylab.pc_space import log_odds
from anomalylab.pc_space.opened import PCSpace
from anomalylab.pc_space.stored import FOLDER
from anomalylab.recipes.pc_space.decide_by_labels import unmeasured
from anomalylab.recipes.pc_space.image_blocks import Images
from anomalylab.recipes.pc_space.inputs import ABOUT_RESIZING, check_sizes, read_images
from anomalylab.recipes.pc_space.planned import check_memory
from anomalylab.recipes.pc_space.projections import View, log_odds_maps, project_all
from anomalylab.recipes.pc_space.run_folder import proven
from anomalylab.recipes.pc_space.scorable import check_options, left_out, methods, part
from anomalylab.recipes.pc_space.tables import features_of, features_table
from anomalylab.runs import recognised
from anomalylab.runs.describe import finding_info
from anomalylab.runs.enlarged import write_enlarged
from anomalylab.runs.folder import Run
from anomalylab.runs.info import FindingInfo, VerdictInfo
from anomalylab.runs.limits import Limits, asked_options, check_asked, limits_of_run
from anomalylab.runs.new_images import NewImages, check_brightness, checked, list_new
from anomalylab.runs.pictures import Thumbnails
from anomalylab.runs.scored import (
    check_scored,
    finished,
    judge_new,
    new_scores,
    scored_info,
    write_scores,
)
from anomalylab.runs.sensitivity.carried import carry_over
from anomalylab.runs.suspects import write_suspects
from anomalylab.runs.timing import Timings
from anomalylab.runs.writing import RunWriter, writing


@dataclass(frozen=True)
class MethodScores:
    """What one method says of the new images; rows of ``table`` and ``maps`` as the samples."""

    table: pd.DataFrame
    words: VerdictInfo
    maps: np.ndarray
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class ProjectedImages:
    """New images, and what was seen of them; rows belong together.

    Parameters
    ----------
    images : Images
    view : View
        Of the finished run.
    described : dict
        See :func:`anomalylab.recipes.pc_space.projections.project_all`.
    features : float64 ndarray of shape (n_images, n_features)
        What the classifier sees.
    """

    images: Images
    view: View
    described: dict[str, np.ndarray]
    features: np.ndarray

    @property
    def samples(self) -> pd.DataFrame:
        """Rows of SAMPLES."""
        return self.images.samples


def score(
    folder: Path,
    data: Path,
    out: Path,
    *,
    weights: str | None = None,
    engine: str | None = None,
    max_false_alarms: float | None = None,
    calibrate_on: Path | None = None,
    replace: bool = False,
) -> Run:
    """Score new images by the methods of a finished PC space that a run keeps whole.

    Parameters
    ----------
    folder : path
        The run folder.
    data : path
        Folder of new images or table of their paths, of any sizes that hold a window.
    out : path
        Where to write; a run folder again, with ``scores.csv`` beside its tables.
    weights, engine : str, optional
        Of a network, which there is none of here; refused.
    max_false_alarms : float in (0, 1), optional
        Share of good images that may lie beyond the threshold that views start from.
    calibrate_on : path, optional
        Refused: only runs of detectors take good new images.
    replace : bool
        Whether what is written may replace a run, or scores of other images.

    Returns
    -------
    run : Run
        Its findings say which methods of the finished run score no new images.

    Raises
    ------
    RunError
        If the folder holds no run of this kind.
    DatasetError
        If there is no image that can be read.
    ParameterError
        If an image is smaller than a window, or weights or an engine are named.
    """
    check_options(weights, engine, calibrate_on)
    out, timings = Path(out), Timings()
    pc = PCSpace(finished(Path(folder), out))
    new = list_new(Path(data))
    check_asked(pc.run, new, None, max_false_alarms)
    may_replace = partial(check_scored, pc.run, new, out, replace)
    may_replace()
    _check_room(new.samples, pc)
    with timings.step("check images", len(new.samples)):
        findings = _checked(new, pc)
    with timings.step("read images", len(new.samples)):
        images, broken = _read(new, pc)
    with timings.step("project windows", len(images.samples)):
        seen = _project(images, pc)
    learnt_from = pc.samples["sample_id"].iloc[_training_rows(pc.run)].tolist()
    twins = recognised.by_content(pc.run, learnt_from, seen.samples)
    with writing(out, may_replace) as writer:
        judged = {}
        limits = {name: limits_of_run(pc.run, name, max_false_alarms) for name in methods(pc)}
        for name in limits:
            with timings.step(f"{name}: score", len(images.samples)):
                judged[name] = _judge(name, seen, twins, limits[name], pc)
        findings += recognised.findings(pc.run, seen.samples, twins)
        findings += [told for one in judged.values() for told in one.findings]
        findings += _write(writer, judged, seen, twins, limits, pc, timings)
        told = scored_info(
            pc.run,
            carry_over(pc.run, writer, _with_limits(judged, limits)),
            seen.samples,
            broken,
            new,
            out,
            options=asked_options(max_false_alarms, None),
            findings=[*_set_aside(broken), *map(finding_info, findings), *left_out(pc)],
        )
        writer.info(dataclasses.replace(told, part=part(pc, has_odds="odds" in judged)))
        write_suspects(writer.folder)
        write_enlarged(writer, new.root)
    return Run(out)


def _with_limits(
    judged: dict[str, MethodScores], limits: dict[str, Limits]
) -> dict[str, tuple[VerdictInfo, Limits]]:
    return {name: (one.words, limits[name]) for name, one in judged.items()}


def _check_room(listed: pd.DataFrame, pc: PCSpace) -> None:
    """Refuse images that are smaller than a window, or more than memory holds."""
    check_sizes(listed, pc.windows)
    n_images, info = len(listed) + len(pc.samples), pc.info
    check_memory(n_images, len(pc.windows), info.n_components, info.bins, info.side)


def _checked(new: NewImages, pc: PCSpace) -> list[Finding]:
    """Look through the images; nothing is resized, and broken files are told once all are read."""
    size = int(new.samples["height"].median()), int(new.samples["width"].median())
    found = checked(new, pc.run, size=size, cell=1)
    return [finding for finding in found if finding.what not in (*ABOUT_RESIZING, "broken_files")]


def _read(new: NewImages, pc: PCSpace) -> tuple[Images, list[dict]]:
    images, later = read_images(new.samples, new.root, pc.run.info.intensity, pc.info.orient)
    early = new.samples.attrs["broken"]
    broken = [{"sample_id": item["path"], "reason": item["reason"]} for item in early] + later
    if not len(images.samples):
        first = broken[0]
        raise DatasetError(
            f"none of the {len(broken)} images in {str(new.root)!r} can be read; "
            f"{first['sample_id']!r}: {first['reason']}"
        )
    return images, broken


def _project(images: Images, pc: PCSpace) -> ProjectedImages:
    info, samples = pc.info, images.samples
    view = View(pc.spaces, info.planes, info.bins, info.overflow, info.extent)
    described, _ = project_all(images, view, {None: np.arange(len(samples))})
    sizes = samples[["height", "width"]].to_numpy(int)
    return ProjectedImages(
        images, view, described, features_of(described["histograms"], sizes, info)
    )


def _set_aside(broken: list[dict]) -> list[FindingInfo]:
    if not broken:
        return []
    first, paths = broken[0], [item["sample_id"] for item in broken]
    files = "1 file is" if len(broken) == 1 else f"{len(broken)} files are"
    message = f"{files} set aside; {first['sample_id']!r}: {first['reason']}"
    return [FindingInfo(severity="warning", message=message, n=len(broken), paths=paths[:20])]


def _judge(
    name: str, seen: ProjectedImages, twins: pd.Series, limits: Limits, pc: PCSpace
) -> MethodScores:
    if name == "odds" and pc.log_odds is not None:
        return _by_odds(seen, twins, limits, pc, pc.log_odds)
    scores, maps = seen.described["scores"][:, STATISTICS.index(name)], seen.described[name]
    scores, maps = recognised.as_left_out(pc.run, name, twins, scores, maps)
    highest = maps.max(axis=(1, 2))
    table, words, told = judge_new(pc.run, name, seen.samples, scores, highest, twins, limits)
    return MethodScores(table, proven(name, words), maps, tuple(told))


def _by_odds(
    seen: ProjectedImages,
    twins: pd.Series,
    limits: Limits,
    pc: PCSpace,
    fitted: log_odds.LogOdds,
) -> MethodScores:
    scores = fitted(seen.features)
    maps = log_odds_maps(seen.images, seen.view, fitted.of_a_unit.reshape(seen.view.shape))
    scores, maps = recognised.as_left_out(pc.run, "odds", twins, scores, maps)
    words = unmeasured(scores, limits.default)
    table = new_scores("odds", seen.samples, scores, maps.max(axis=(1, 2)))
    return MethodScores(table, proven("odds", words), maps)


def _write(
    writer: RunWriter,
    judged: dict[str, MethodScores],
    seen: ProjectedImages,
    twins: pd.Series,
    limits: dict[str, Limits],
    pc: PCSpace,
    timings: Timings,
) -> list[Finding]:
    """Write tables and arrays; return what the thumbnails tell."""
    samples, base = seen.samples, pc.run
    rows = _training_rows(base)
    queries = pd.concat([one.table for one in judged.values()], ignore_index=True)
    training_ids = base.samples["sample_id"].iloc[rows].tolist()
    write_scores(base, writer, queries, samples, training_ids, twins, limits)
    for name, one in judged.items():
        writer.score_maps(name, one.maps)
    beyond = seen.described["beyond"]
    writer.table("features", features_table(samples["sample_id"], beyond, seen.features, pc.info))
    with timings.step("draw thumbnails", len(samples)):
        shown = seen.images.shown or Thumbnails(base.info.intensity)
        pictures = shown.table(samples, seen.images.masks)
        writer.table("thumbnails", pictures)
    writer.table("timings", timings.table())
    counts = np.concatenate([pc.histograms[rows], seen.described["histograms"]])
    has_odds = "odds" in judged
    if has_odds:
        writer.table("coefficients", base.table("coefficients"))
    with writer.place(FOLDER) as folder:
        _keep_space(base.folder / FOLDER, folder, counts, has_odds=has_odds)
    return check_brightness(base, pictures)


def _training_rows(base: Run) -> np.ndarray:
    """Return the rows of the images that PC space was made of or the classifier learned from."""
    is_fitted = base.samples["sample_id"].isin(base.info.training_ids)
    return np.flatnonzero(is_fitted | (base.samples["split"] == "train"))


def _keep_space(source: Path, folder: Path, histograms: np.ndarray, *, has_odds: bool) -> None:
    """Copy what was fitted, with the histograms of the images at hand."""
    folder.mkdir()
    fitted = ["density.npy", log_odds.FILE, *(["coefficients.npy"] if has_odds else [])]
    for path in [*source.glob("space_*.npz"), *(source / name for name in fitted)]:
        if path.is_file() and not path.is_symlink():
            shutil.copyfile(path, folder / path.name)
    np.save(folder / "histograms.npy", histograms.astype(np.float32))
