"""Apply a finished run to new images: the same network, the same fits, the same thresholds."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from anomalylab import __version__, datasets, detectors, extractors
from anomalylab.compute.threads import n_threads
from anomalylab.errors import WeightsError
from anomalylab.extractors import Extraction, Extractor
from anomalylab.features import Features
from anomalylab.localise import map_max
from anomalylab.runs import provenance
from anomalylab.runs.decide import beyond_training
from anomalylab.runs.describe import broken_records, dataset_info
from anomalylab.runs.detect import TRAINING_FEATURES
from anomalylab.runs.folder import Run, RunWriter, check_output, writing
from anomalylab.runs.info import ExtractorInfo, RunInfo, ScoredWith, VerdictInfo
from anomalylab.runs.inputs import network_size_of, with_images
from anomalylab.runs.measure import why_undefined
from anomalylab.runs.pictures import Thumbnails
from anomalylab.runs.shown import embedding
from anomalylab.runs.timing import Timings
from anomalylab.verdicts import thresholds
from anomalylab.verdicts.unlabelled import verdict

TABLE = "scores.csv"

_TRAINING = "training: "


def score(
    folder: Path, data: Path, out: Path, *, weights: str | None = None, engine: str | None = None
) -> Run:
    """Score new images with the detectors of a finished run; nothing is fitted.

    Parameters
    ----------
    folder : path
        The run folder.
    data : path
        Folder of new images.
    out : path
        Where to write; a run folder again, with ``scores.csv`` beside its tables.
    weights : str, optional
        File of the network's weights, if the run was made with one.
    engine : str, optional
        What runs the network; that of the run if it is installed, else the fastest there is.

    Returns
    -------
    run : Run
        Its verdict says how many lie beyond the training images, and how many by chance.

    Raises
    ------
    RunError
        If the folder holds no run.
    WeightsError
        If the network at hand is not the one of the run.
    DatasetError
        If there is no image.
    """
    check_output(Path(out))
    base = Run(folder)
    extractor = _extractor(base, weights, engine)
    samples = datasets.load("folder", data).assign(split="test")
    timings = Timings()
    with timings.step("embed images", len(samples)):
        extraction = extractors.extract(
            samples,
            Path(data),
            extractor,
            intensity=base.info.intensity,
            resize=base.detect.resize,
        )
    features = with_images(
        extraction.features, extraction.samples, Path(data), intensity=base.info.intensity
    )
    extraction = extraction._replace(features=features)
    with writing(out) as writer:
        verdicts = {}
        scored: list[pd.DataFrame] = []
        for label in base.detectors:
            with timings.step(f"{label}: score", len(extraction.samples)):
                table, words = _score_one(base, label, extraction, extractor, writer)
            scored.append(table)
            verdicts[label] = words
        _tables(base, writer, scored, extraction, Path(data), timings)
        info = scored_info(
            base, verdicts, extraction.samples, extraction.broken, Path(data), Path(out)
        )
        writer.info(replace(info, part=replace(base.detect, extractor=_ran(base, extractor))))
    return Run(out)


def _extractor(base: Run, weights: str | None, engine: str | None) -> Extractor:
    made = base.detect.extractor
    parameters = made.parameters if weights is None else made.parameters | {"weights": weights}
    try:
        return extractors.create_again(made.name, parameters, made.fingerprint, engine=engine)
    except extractors.OtherNetworkError as error:
        raise WeightsError(
            f"the network at hand is not the one of {base.folder} ({made.weights}); give the "
            "file of its weights with --weights"
        ) from error


def _ran(base: Run, extractor: Extractor) -> ExtractorInfo:
    """Return what is recorded of the network, with the engine that ran it now."""
    name = base.detect.extractor.name
    return ExtractorInfo(name=name, fingerprint=extractor.fingerprint, **extractor.describe())


def _score_one(
    base: Run, label: str, extraction: Extraction, extractor: Extractor, writer: RunWriter
) -> tuple[pd.DataFrame, VerdictInfo]:
    detector = detectors.load(base.folder / "detectors" / label)
    scores, maps = detector.score(extraction.features)
    writer.score_maps(label, maps)
    of_training = verdict(_training(base, label)["score"].to_numpy())
    bulk = of_training.bulk
    table = pd.DataFrame(
        {
            "detector": label,
            "sample_id": extraction.samples["sample_id"],
            "role": "query",
            "score": scores,
            "map_max": map_max(maps, network_size_of(extractor), smoothing=base.detect.smoothing),
            "p_value": np.nan if bulk is None else bulk.p_value(scores),
        }
    )
    return table, beyond_training(scores, _default_threshold(base, label), of_training)


def _training(base: Run, label: str) -> pd.DataFrame:
    """Return the scores of the training images, each left out, in the order of the fit."""
    scores = base.table("scores")
    of_detector = scores[scores["detector"] == label].set_index("sample_id")
    return of_detector.loc[base.info.training_ids].reset_index()


def _default_threshold(base: Run, label: str) -> thresholds.Threshold:
    table = base.table("thresholds")
    is_wanted = (table["detector"] == label) & (table["kind"] == "image") & table["is_default"]
    row = table[is_wanted].iloc[0]
    return thresholds.Threshold(
        row["method"], row["value"], row["expected_false"], int(row["n_images"]), row["note"]
    )


def _tables(
    base: Run,
    writer: RunWriter,
    scored: list[pd.DataFrame],
    extraction: Extraction,
    root: Path,
    timings: Timings,
) -> None:
    samples, features = extraction.samples, extraction.features
    queries = pd.concat(scored, ignore_index=True)
    training = pd.concat([_training(base, label) for label in base.detectors], ignore_index=True)
    neighbours = _neighbours(base, features, samples)
    shown = base.table("thumbnails")
    shown = shown[shown["sample_id"].isin(neighbours["neighbour_id"])]
    used = base.samples[base.samples["sample_id"].isin(base.info.training_ids)]
    scores = [queries, _renamed(training.assign(role="training"))]
    writer.table("scores", pd.concat(scores, ignore_index=True))
    writer.table("thresholds", _without_oracles(base.table("thresholds")))
    neighbours["neighbour_id"] = _TRAINING + neighbours["neighbour_id"]
    writer.table("neighbours", neighbours)
    everything = [_renamed(used.assign(split="train")), samples]
    writer.table("samples", pd.concat(everything, ignore_index=True))
    writer.table("metrics", _no_metrics(base.detectors))
    writer.table("embedding", embedding(features, samples["sample_id"]))
    with timings.step("draw thumbnails", len(samples)):
        new = Thumbnails(base.info.intensity).table(samples, root)
    writer.table("thumbnails", pd.concat([new, _renamed(shown)], ignore_index=True))
    writer.table("timings", timings.table())
    _csv(base, queries).to_csv(writer.folder / TABLE, index=False, float_format="%.9g")


def _renamed(table: pd.DataFrame) -> pd.DataFrame:
    """Mark training images as such, because new images may have the same names."""
    return table.assign(sample_id=_TRAINING + table["sample_id"])


def _neighbours(base: Run, features: Features, samples: pd.DataFrame) -> pd.DataFrame:
    """Return the trusted training image nearest to each new one, by pooled features.

    Only images that the run keeps a picture of can be shown, and the folder it was made from need
    not be at hand.
    """
    pooled = np.load(base.folder / TRAINING_FEATURES, allow_pickle=False)
    new = features.pooled()
    ids = np.array(base.info.training_ids)
    is_pictured = np.isin(ids, base.table("thumbnails")["sample_id"].to_numpy(str))
    tables = []
    for label in base.detectors:
        is_trusted = (_training(base, label)["score"] < base.threshold(label)).to_numpy()
        bank, names = pooled[is_trusted & is_pictured], ids[is_trusted & is_pictured]
        nearest = [int(np.linalg.norm(bank - row, axis=1).argmin()) for row in new]
        table = pd.DataFrame({"detector": label, "sample_id": samples["sample_id"]})
        gaps = dict.fromkeys(("row", "col", "neighbour_row", "neighbour_col"), np.nan)
        tables.append(table.assign(neighbour_id=names[nearest], **gaps))
    return pd.concat(tables, ignore_index=True)


def _without_oracles(table: pd.DataFrame) -> pd.DataFrame:
    return table[~table["method"].str.startswith("oracle")]


def _no_metrics(labels: list[str]) -> pd.DataFrame:
    gaps = dict.fromkeys(("value", "low", "high", "ceiling"), np.nan)
    reason = why_undefined(np.array([]))
    return pd.DataFrame(
        {"detector": labels, "metric": "auroc", **gaps, "n_images": 0, "note": reason}
    )


def _csv(base: Run, queries: pd.DataFrame) -> pd.DataFrame:
    limits = {label: base.threshold(label) for label in base.detectors}
    table = queries.drop(columns="role").assign(threshold=queries["detector"].map(limits))
    return table.assign(is_beyond=table["score"] >= table["threshold"])


def scored_info(
    base: Run,
    verdicts: dict[str, VerdictInfo],
    samples: pd.DataFrame,
    broken: pd.DataFrame,
    data: Path,
    out: Path,
) -> RunInfo:
    """Describe new images that a finished run has scored."""
    name = data.resolve().name
    return replace(
        base.info,
        name=out.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        anomalylab_version=__version__,
        command=f"anomalylab score {base.folder.name} {name} -o {out.name}",
        scored_with=ScoredWith(run=base.info.name, dataset=base.info.dataset),
        is_unlabelled=False,
        dataset=dataset_info(samples, data, loader="folder", root_name=name, params={}),
        verdicts=verdicts,
        findings=[],
        broken=broken_records(broken),
        versions=provenance.versions(),
        threads=n_threads(),
    )
