"""From listed images to what detectors work on: checked, embedded, near copies put together."""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from anomalylab import extractors
from anomalylab.datasets.check import Report, check
from anomalylab.errors import DatasetError, ParameterError
from anomalylab.extractors import Extractor
from anomalylab.runs import near_copies, roles
from anomalylab.runs.describe import broken_records
from anomalylab.runs.inputs import cell_of, network_size_of, with_images
from anomalylab.runs.outcome import Material
from anomalylab.runs.pictures import Thumbnails
from anomalylab.runs.request import DetectRequest
from anomalylab.runs.shape import create_extractor
from anomalylab.runs.small_pictures import SmallPictures, seen_by
from anomalylab.runs.timing import Timings


def check_backbone(request: DetectRequest) -> None:
    """Refuse a backbone that is no network.

    Raises
    ------
    ParameterError
        If so.
    """
    if create_extractor(request).on_demand:
        raise ParameterError(
            f"{request.backbone} is no network; keep the backbone lite0: detectors such as "
            "window_pca look at the images themselves whatever the backbone"
        )


def embedded(
    request: DetectRequest,
    samples: pd.DataFrame,
    root: Path,
    extractor: Extractor,
    timings: Timings,
) -> tuple[Material, Report, list[dict[str, str]]]:
    """Check and embed images and find near copies.

    Returns
    -------
    material : Material
        What detectors work on.
    report : Report
        Of the check, with what is to be said of near copies.
    broken : list of dict
        Images that were set aside.

    Raises
    ------
    DatasetError
        If nothing can be computed.
    """
    with timings.step("check images", len(samples)):
        report = _refused(checked(samples, root, extractor, request))
    samples = report.with_whole_masks(samples)
    shown, small = Thumbnails(request.intensity), SmallPictures(request.intensity)
    with timings.step("embed images", len(samples)):
        extraction = extractors.extract(
            samples,
            root,
            extractor,
            intensity=request.intensity,
            resize=request.resize,
            seen=seen_by(shown, small),
        )
    with timings.step("find near copies", len(samples)):
        copies = near_copies.find(extraction.samples, root, small)
    samples, report = copies.grouped(), _refused(near_copies.told(report, copies))
    roles.check_roles(samples, request.max_false_alarms)
    features = with_images(extraction.features, samples, root, intensity=request.intensity)
    training, query = roles.training_rows(samples), roles.query_rows(samples)
    material = Material(request, root, extractor, samples, features, training, query, shown)
    return material, report, broken_records(extraction.broken)


def at_size(material: Material, extractor: Extractor, timings: Timings) -> Material:
    """Embed the images of a run at another size, too."""
    request, samples = material.request, material.samples
    with timings.step("embed images at {} x {}".format(*extractor.size or ()), len(samples)):
        extraction = extractors.extract(
            samples, material.root, extractor, intensity=request.intensity, resize=request.resize
        )
    if len(extraction.broken):
        first = extraction.broken.iloc[0]
        raise DatasetError(f"{first['sample_id']} was readable a moment ago: {first['reason']}")
    features = with_images(extraction.features, samples, material.root, intensity=request.intensity)
    return replace(material, extractor=extractor, features=features)


def checked(
    samples: pd.DataFrame, root: Path, extractor: Extractor, request: DetectRequest
) -> Report:
    """Check the images of a request as its network will see them."""
    return check(
        samples,
        root,
        size=network_size_of(extractor),
        cell=cell_of(extractor),
        intensity=request.intensity,
    )


def _refused(report: Report) -> Report:
    """Return a report, or raise its worst finding where that says that nothing can be computed."""
    if not report.is_usable:
        worst = report.findings[0]
        raise DatasetError(f"{worst.message}; {worst.advice}")
    return report
