"""One run for each kind of images that a folder holds."""

from collections.abc import Iterator
from dataclasses import replace as changed
from pathlib import Path

from anomalylab.errors import DatasetError, RunError
from anomalylab.runs import image_kinds, roles
from anomalylab.runs.detect import run
from anomalylab.runs.embedded import check_backbone, embedded
from anomalylab.runs.folder import Run
from anomalylab.runs.image_kinds import ImageKinds
from anomalylab.runs.info import FILE
from anomalylab.runs.inputs import load_samples
from anomalylab.runs.request import DetectRequest, ImageKind
from anomalylab.runs.shape import create_extractor
from anomalylab.runs.timing import Timings
from anomalylab.runs.writable import check_folder
from anomalylab.runs.writing import check_output


def run_per_cluster(
    request: DetectRequest, out: Path, *, replace: bool = False
) -> Iterator[tuple[Run, str]]:
    """Find the kinds of images in a folder and run each by itself.

    Each run is a whole one, in ``kind-1``, ``kind-2`` and so on, the kind of most images first. An
    interrupted call is repeated like a run: features are kept in the cache.

    Parameters
    ----------
    request : DetectRequest
    out : path
        Folder of the runs.
    replace : bool
        Whether they may replace runs of other images.

    Yields
    ------
    run : Run
        As soon as it is written.
    typical : str
        ``sample_id`` of the image that its kind is most like.

    Raises
    ------
    DatasetError
        If one kind is found, or the images have splits.
    RunError
        If ``out`` holds anything but runs of kinds, or more of them than there are kinds.
    """
    out = Path(out)
    _check_outer(out)
    check_backbone(request)
    found, ids = kinds_in(request)
    n_kinds = len(found.clusters.sizes)
    if n_kinds < 2:
        raise DatasetError(
            f"one kind of images is found among {len(found.samples)}; run without --per-cluster"
        )
    folders = [out / f"kind-{number}" for number in range(1, n_kinds + 1)]
    _check_others(out, folders)
    for number, folder in enumerate(folders, 1):
        others = set(found.samples["sample_id"]) - set(found.rows_of(number)["sample_id"])
        own = [name for name in ids if name not in others]  # what cannot be read is told in each
        kind = ImageKind(number=number, n_kinds=n_kinds, sample_ids=own)
        done = run(changed(request, image_kind=kind), folder, replace=replace)
        yield done, found.typical_of(number)


def kinds_in(request: DetectRequest) -> tuple[ImageKinds, list[str]]:
    """Embed the images of a request and find their kinds.

    Returns
    -------
    found : ImageKinds
    sample_ids : list of str
        Of all images, also those that cannot be read.

    Raises
    ------
    DatasetError
        If nothing can be computed, or the images have splits.
    """
    samples, root, _ = load_samples(request)
    if not roles.is_unlabelled(samples):
        raise DatasetError(
            "kinds of images can be run apart only in a folder without training and test images; "
            "run each product by itself, with training and test images of its own"
        )
    roles.check_roles(samples)
    extractor = create_extractor(request, samples)
    material, _, _ = embedded(request, samples, root, extractor, Timings())
    return image_kinds.find(material), samples["sample_id"].tolist()


def _check_outer(out: Path) -> None:
    """Refuse a folder for runs that is a run, a file, or holds anything else."""
    if out.is_dir() and (out / FILE).is_file():
        raise RunError(f"{out} holds a run, which may not hold others; choose another with -o")
    check_folder(out)
    foreign = [path.name for path in _entries(out) if not path.name.startswith("kind-")]
    if foreign:
        raise RunError(
            f"{out} is not empty and holds {foreign[0]!r}, which is no run of a kind of images; "
            "choose another folder with -o"
        )


def _check_others(out: Path, folders: list[Path]) -> None:
    """Refuse folders that cannot be written, and an earlier call that found more kinds."""
    for folder in folders:
        check_output(folder)
    further = [path.name for path in _entries(out) if path not in folders]
    if further:
        raise RunError(
            f"{out} holds {further[0]}, of an earlier call that found other kinds than these "
            f"{len(folders)}; choose another folder with -o, or remove it"
        )


def _entries(out: Path) -> list[Path]:
    return sorted(p for p in out.iterdir() if p.name[0] != ".") if out.is_dir() else []
