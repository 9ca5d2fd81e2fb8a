"""From a request to images that can be used, refused early if they cannot."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from anomalylab.datasets.check import Finding, check
from anomalylab.errors import DatasetError, ImageError, ParameterError
from anomalylab.images.files import read_bytes
from anomalylab.images.read import decode_image, hash_of
from anomalylab.progress import counted
from anomalylab.recipes.pc_space.image_blocks import Images, Room, band_of
from anomalylab.recipes.pc_space.planned import check_memory, check_search, check_windows
from anomalylab.recipes.pc_space.projections import SIDE
from anomalylab.recipes.pc_space.request import PCSpaceRequest
from anomalylab.recipes.pc_space.search import BINS, LIMITS_PER_PIXEL, N_COMPONENTS, WINDOWS
from anomalylab.runs import roles
from anomalylab.runs.inputs import load_samples
from anomalylab.runs.pictures import Thumbnails

ABOUT_RESIZING = ("mixed_sizes", "squeezed", "other_shape")
"""Findings that matter only where images are resized, which they are not here."""


def load(request: PCSpaceRequest) -> tuple[pd.DataFrame, Path]:
    """Return SAMPLES of a request and the folder that their paths are relative to.

    Raises
    ------
    DatasetError
        If there are no images, or none to fit on or to judge.
    ParameterError
        If a window is larger than an image, or planes and bins need more memory than is free.
    """
    samples, root, _ = load_samples(request.source)
    roles.check_roles(samples)
    check_sizes(samples, request.windows)
    _check_costs(request, len(samples))
    return samples, root


def _check_costs(request: PCSpaceRequest, n_images: int) -> None:
    """Refuse what memory cannot hold; a search chooses one window among its own."""
    n_windows, k, bins = len(request.windows), request.n_components, request.bins
    windows = request.windows
    if request.search:
        n_windows, k, bins, windows = 1, max(N_COMPONENTS), max(BINS), WINDOWS
        check_search(n_images, k, BINS, len(LIMITS_PER_PIXEL))
    if request.solver == "exact":
        check_windows(max(windows))
    check_memory(n_images, n_windows, k, bins, SIDE)


def check_sizes(samples: pd.DataFrame, windows: Sequence[int]) -> None:
    """Refuse windows that do not fit into every image.

    Raises
    ------
    ParameterError
        Naming the smallest image and both sizes.
    """
    smallest = int(samples[["height", "width"]].min(axis=1).to_numpy().argmin())
    row, window = samples.iloc[smallest], max(windows)
    if min(row["height"], row["width"]) < window:
        raise ParameterError(
            f"{row['sample_id']!r} has {row['width']} x {row['height']} pixels and is smaller than "
            f"the window of {window}; choose a smaller window or leave the image out"
        )


def _told(findings: list[Finding]) -> list[Finding]:
    """Return findings as they hold here: nothing is resized, and anomalous images teach odds."""
    kept = [finding for finding in findings if finding.what not in ABOUT_RESIZING]
    return [
        replace(finding, message=finding.message.replace("fitting", "PC space"))
        if finding.what == "anomalous_training"
        else finding
        for finding in kept
    ]


def check_images(
    samples: pd.DataFrame, root: Path, request: PCSpaceRequest
) -> tuple[Images, list[Finding], list[dict]]:
    """Look through all files and set aside those that cannot be read.

    Returns
    -------
    usable : Images
    findings : list of Finding
    broken : list of dict
        ``sample_id`` and ``reason`` of images set aside.

    Raises
    ------
    DatasetError
        If something forbids going on, or too few images are left.
    """
    size = int(samples["height"].median()), int(samples["width"].median())
    report = check(samples, root, size=size, cell=1, intensity=request.intensity)
    if not report.is_usable:
        worst = report.findings[0]
        raise DatasetError(f"{worst.message}; {worst.advice}")

    samples = report.with_whole_masks(samples)
    images, broken = read_images(samples, root, request.intensity, request.orient)
    roles.check_roles(images.samples)
    return images, _told(report.findings), broken


def read_images(
    samples: pd.DataFrame, root: Path, intensity: str, orient: str
) -> tuple[Images, list[dict]]:
    """Read all files once and set aside those that cannot be read.

    Parameters
    ----------
    samples : DataFrame
        Rows of SAMPLES.
    root : path
        Folder that their paths are relative to.
    intensity, orient : str
        How images are read and turned into one band.

    Returns
    -------
    usable : Images
        Perhaps none.
    broken : list of dict
        ``sample_id`` and ``reason`` of images set aside.
    """
    shown, room = Thumbnails(intensity), Room()

    def look(path: str) -> Looked | ImageError:
        return _look(root / path, intensity, orient, shown, room)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        looked = list(
            counted(pool.map(look, samples["image_path"]), len(samples), "reading images")
        )
    is_read = [isinstance(found, Looked) for found in looked]
    broken = [
        {"sample_id": sample_id, "reason": found.reason}
        for sample_id, found in zip(samples["sample_id"], looked, strict=True)
        if isinstance(found, ImageError)
    ]
    attrs = samples.attrs
    samples = samples[is_read].reset_index(drop=True)
    samples.attrs = attrs
    usable = [found for found in looked if isinstance(found, Looked)]
    samples["content_hash"] = [found.content_hash for found in usable]
    images = Images(
        samples,
        root,
        samples["content_hash"].tolist(),
        intensity,
        orient,
        {row: found.band for row, found in enumerate(usable) if found.band is not None},
        shown,
    )
    return images, broken


class Looked(NamedTuple):
    """What one reading of an image gives: its hash, and its band if there is room for it."""

    content_hash: str
    band: np.ndarray | None


def _look(
    path: Path, intensity: str, orient: str, shown: Thumbnails, room: Room
) -> Looked | ImageError:
    """Read and decode an image once; its thumbnail is made on the way."""
    try:
        content = read_bytes(path)
        image = decode_image(content, path, intensity=intensity)
    except ImageError as error:
        return error
    name = hash_of(content)
    shown.see(name, image)
    return Looked(name, room.take(band_of(image, orient)))
