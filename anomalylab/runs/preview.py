"""What a run would do with a folder, before it does anything."""

from anomalylab import detectors, extractors
from anomalylab.datasets.check import check
from anomalylab.datasets.check import describe as describe_report
from anomalylab.runs.detect import create_extractor
from anomalylab.runs.inputs import cell_of, load_samples, network_size_of
from anomalylab.runs.planned import duration, planned
from anomalylab.runs.request import DetectRequest


def describe(request: DetectRequest) -> str:
    """Return what was found, what each image will be used for, and what a run will take.

    Raises
    ------
    DatasetError
        If there is no such folder, or no image in it.
    """
    extractor = create_extractor(request)
    samples, root = load_samples(request)
    report = check(
        samples,
        root,
        size=network_size_of(extractor),
        cell=cell_of(extractor),
        intensity=request.intensity,
    )
    size = (int(samples["height"].median()), int(samples["width"].median()))
    cost = extractors.predict_cost(len(samples), extractor, size)
    lines = [
        describe_report(report),
        "",
        f"A run with {request.backbone} at {_by(extractor.size)}:",
    ]
    lines.append(
        f"  embedding takes about {duration(cost.seconds)} the first time and "
        f"{cost.bytes / 2**20:.0f} MiB of cache"
    )
    for choice in request.detectors:
        detector = detectors.create(choice.name, preset=choice.preset, **choice.params)
        n_bytes = planned(detector, samples, extractor).bytes
        lines.append(f"  {choice.label} takes at most {n_bytes / 2**20:.0f} MiB of memory to fit")
    return "\n".join(lines)


def _by(size: tuple[int, int] | None) -> str:
    return "their own size" if size is None else f"{size[0]} x {size[1]} pixels"
