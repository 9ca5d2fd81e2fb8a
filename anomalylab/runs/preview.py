"""What a run would do with a folder, before it does anything."""

import pandas as pd

from anomalylab import extractors
from anomalylab.datasets.check import describe as describe_report
from anomalylab.errors import ParameterError
from anomalylab.extractors import Extractor
from anomalylab.progress import stage
from anomalylab.runs import near_copies
from anomalylab.runs.candidates import candidates_of
from anomalylab.runs.embedded import checked
from anomalylab.runs.inputs import load_samples
from anomalylab.runs.planned import affordable, check_costs, duration, planned
from anomalylab.runs.request import DetectRequest
from anomalylab.runs.shape import create_extractor, create_extractors
from anomalylab.runs.small_pictures import SmallPictures


def preview(request: DetectRequest) -> tuple[str, bool]:
    """Look at a folder as a run would.

    Returns
    -------
    words : str
        What was found, what each image will be used for, and what a run will take.
    is_usable : bool
        False if a run would refuse it; the words say why.

    Raises
    ------
    DatasetError
        If there is no such folder, or no image in it.
    """
    create_extractor(request)
    samples, root, _ = load_samples(request)
    at_sizes = create_extractors(request, samples)
    extractor = at_sizes[0]
    with stage("load the network"):
        extractor.shapes()
    with stage("check images"):
        report = checked(samples, root, extractor, request)
        copies = near_copies.find(samples, root, SmallPictures(request.intensity))
        report = near_copies.told(report, copies)
    lines = [describe_report(report), ""]
    with stage("plan"):
        refused = [_plan(request, samples, one, lines) for one in at_sizes]
    return "\n".join(lines), report.is_usable and not any(refused)


def _plan(
    request: DetectRequest, samples: pd.DataFrame, extractor: Extractor, lines: list[str]
) -> bool:
    """Add what a run at one size takes to the lines; return whether a detector is refused."""
    size = (int(samples["height"].median()), int(samples["width"].median()))
    cost = extractors.predict_cost(len(samples), extractor, size)
    lines.append(f"A run with {request.backbone} at {_by(extractor.size)}:")
    lines.append(
        f"  embedding takes about {duration(cost.seconds)} the first time and "
        f"{cost.bytes / 2**20:.0f} MiB of cache"
    )
    chosen = candidates_of(request)
    if request.is_auto:
        chosen = affordable(samples, extractor, chosen)
        lines.append("  the detector is chosen among these, by planted defects:")
    try:
        for label, detector in chosen.items():
            n_bytes = planned(detector, samples, extractor).bytes
            lines.append(f"  {label} takes at most {n_bytes / 2**20:.0f} MiB of memory to fit")
        check_costs(samples, extractor, chosen)
    except ParameterError as error:
        lines.append(f"  ERROR: {error}")
        return True
    return False


def _by(size: tuple[int, int] | None) -> str:
    return "their own size" if size is None else f"{size[0]} x {size[1]} pixels"
