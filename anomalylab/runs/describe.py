"""What every run says of itself, put together from the request and its samples."""

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from anomalylab import __version__
from anomalylab.compute.threads import n_threads
from anomalylab.datasets.check import Finding
from anomalylab.images.read import content_hash
from anomalylab.runs import plugins, provenance, roles
from anomalylab.runs.info import DatasetInfo, FindingInfo, PluginInfo, RunInfo, VerdictInfo
from anomalylab.runs.replaced import BUILT_IN, BUILT_IN_LOADER
from anomalylab.runs.request import DetectRequest


def run_info(
    kind: str,
    part: Any,
    *,
    out: Path,
    request: DetectRequest,
    command: str,
    samples: pd.DataFrame,
    root: Path,
    verdicts: Mapping[str, VerdictInfo],
    findings: Iterable[Finding],
    broken: list[dict[str, str]],
    max_fpr: float,
) -> RunInfo:
    """Describe a finished run.

    Parameters
    ----------
    kind : str
    part : object
        What the kind adds.
    out : path
        The run folder.
    request : DetectRequest
    command : str
        The command that repeats the run.
    samples : DataFrame
        Rows of SAMPLES that were used; ``samples.attrs["loader"]`` names their loader.
    root : path
        Folder that their paths are relative to.
    verdicts : mapping
        Detector -> verdict, in the order asked for.
    findings : iterable of Finding
    broken : list of dict
        Images that were set aside.
    max_fpr : float
    """
    training = roles.training_rows(samples)
    return RunInfo(
        kind=kind,
        part=part,
        name=out.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        anomalylab_version=__version__,
        command=command,
        is_unlabelled=roles.is_unlabelled(samples),
        dataset=dataset_info(
            samples,
            root,
            loader=str(samples.attrs["loader"]),
            root_name=_name_of(request, str(samples.attrs["loader"])),
            params={
                name: value.resolve().name if isinstance(value, Path) else value
                for name, value in request.dataset_params.items()
            },
            path=way_to(root, out) if request.data else None,
        ),
        verdicts=dict(verdicts),
        intensity=request.intensity,
        max_fpr=max_fpr,
        seed=request.seed,
        training_ids=samples["sample_id"].iloc[training].tolist(),
        findings=[finding_info(finding) for finding in findings],
        broken=broken,
        versions=provenance.versions(),
        threads=n_threads(),
        plugins=[PluginInfo(file=p.name, sha256=plugins.fingerprint(p)) for p in request.plugins],
    )


def _name_of(request: DetectRequest, loader: str) -> str:
    if request.data is None:
        return BUILT_IN if loader == BUILT_IN_LOADER else loader
    return request.data.resolve().name


def dataset_info(
    samples: pd.DataFrame,
    root: Path,
    *,
    loader: str,
    root_name: str,
    params: dict[str, Any],
    path: str | None = None,
) -> DatasetInfo:
    """Describe the images of a run; their fingerprint is made of their hashes and roles."""
    hashes = samples["content_hash"]
    if hashes.isna().any():
        hashes = pd.Series([content_hash(root / path) for path in samples["image_path"]])
    return DatasetInfo(
        loader=loader,
        root_name=root_name,
        category=", ".join(sorted(samples["category"].unique())),
        fingerprint=roles.fingerprint(samples, list(hashes)),
        params=params,
        path=path,
    )


def finding_info(finding: Finding) -> FindingInfo:
    """Keep what the check of the data noticed."""
    return FindingInfo(
        severity=finding.severity,
        message=finding.message,
        advice=finding.advice,
        n=finding.n,
        paths=list(finding.paths),
    )


def broken_records(broken: pd.DataFrame) -> list[dict[str, str]]:
    """Return path and reason of each image that was set aside."""
    return [{str(k): str(v) for k, v in row.items()} for row in broken.to_dict("records")]


def way_to(root: Path, out: Path) -> str:
    """Return the way from the run folder to the images, in POSIX form."""
    try:
        return Path(os.path.relpath(root.resolve(), out.resolve())).as_posix()
    except ValueError:  # another drive: the folder has to be given when images are wanted
        return root.name
