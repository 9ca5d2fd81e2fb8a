"""What the linked explorer of PC space is made of: the space, and images without loss."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from anomalylab.errors import ParameterError
from anomalylab.pc_space.cloud import RESIDUAL, Cloud
from anomalylab.pc_space.opened import PCSpace
from anomalylab.pictures.encode import data_url, indexed_png, png, to_base64
from anomalylab.pictures.shading import FAINTEST, colour_table, shade, shade_signed
from anomalylab.pictures.thumbnails import outlines
from anomalylab.reports.kit.words import LABELS, short_names

SIGMA = 3
"""Windows outside of the ellipse of so many standard deviations are lit up first."""

N_ANOMALOUS, N_NORMAL = 6, 4
BUDGET = 3_000_000
"""Characters that images may take in the page."""

N_CHECKS = 8
"""Windows of each image whose coordinates the page compares with its own."""

PALETTES = ("inferno", "ice", "amber", "diverging_dark")


@dataclass(frozen=True)
class CarriedImage:
    """An image of the page.

    Parameters
    ----------
    sample_id : str
    label : int or None
    score : float or None
        By the first detector of the run.
    width, height : int
    png : str
        The image in base64.
    """

    sample_id: str
    label: int | None
    score: float | None
    width: int
    height: int
    png: str


def carried_images(pc: PCSpace, sample_ids: Sequence[str] | None = None) -> list[CarriedImage]:
    """Read the images of the page.

    Parameters
    ----------
    pc : PCSpace
    sample_ids : sequence of str, optional
        All of these are taken; by default those of :func:`default_images`, as many as fit.

    Returns
    -------
    list of CarriedImage
        Anomalous ones first, each kind by falling score; in the order given otherwise.
    """
    if sample_ids is not None:
        if not len(sample_ids):
            raise ParameterError("sample_ids is empty; name at least one image")
        return [_read(pc, sample_id) for sample_id in dict.fromkeys(sample_ids)]
    shown: list[CarriedImage] = []
    room = BUDGET
    for sample_id in default_images(pc):
        image = _read(pc, sample_id)
        room -= len(image.png)
        if shown and room < 0:
            break
        shown.append(image)
    return sorted(shown, key=lambda image: (image.label != 1, -(image.score or 0)))


def default_images(pc: PCSpace) -> list[str]:
    """Return images worth exploring, the most telling first.

    Of the anomalous test images those with the highest scores and the one with the lowest, of the
    normal ones those with the highest scores and those in the middle. Without labels, the highest
    scores and the middle of all. Training images if there are no others.
    """
    samples = pc.run.queries if len(pc.run.queries) else pc.samples
    scores = samples["sample_id"].map(pc.scores(pc.run.detectors[0])).fillna(-np.inf)
    ranked = samples.assign(score=scores).sort_values("score", ascending=False, kind="stable")
    is_defect = (ranked["label"] == 1).fillna(False).to_numpy(bool)
    defects = ranked.loc[is_defect, "sample_id"].tolist()
    others = ranked.loc[~is_defect, "sample_id"].tolist()
    if not defects:
        defects, others = others[:N_ANOMALOUS], others[N_ANOMALOUS:]
    top = [*defects[: N_ANOMALOUS - 1], *defects[-1:]]
    middle = others[len(others) // 2 :][: N_NORMAL // 2]
    calm = [*others[: N_NORMAL - len(middle)], *middle]
    turns = [*top[:2], *calm[-1:], *top[2:3], *calm[:1], *top[3:], *calm]
    return list(dict.fromkeys(turns))


def payload(pc: PCSpace, shown: Sequence[CarriedImage]) -> dict[str, Any]:
    """Collect the data of the explorer.

    Parameters
    ----------
    pc : PCSpace
    shown : sequence of CarriedImage

    Returns
    -------
    dict
        The space, the layers of the cloud, and ``images`` with what turns their colours into one
        band.
    """
    space = pc.space
    names = short_names([image.sample_id for image in shown])
    clouds = [pc.cloud(image.sample_id) for image in shown]
    images = zip(shown, clouds, strict=True)
    return {
        "window": space.window,
        "axes": list(clouds[0].axes),
        "up": clouds[0].axes.index(RESIDUAL) if _is_by_residual(pc) else 1,
        "components": _floats(space.components),
        "mean": _floats(space.mean),
        "sigmas": [*space.deviations.tolist(), pc.residual[1]],
        "middles": [*[0.0] * space.n_components, pc.residual[0]],
        "sigma": SIGMA,
        "home": _home(clouds),
        "limit": pc.limit,
        "bins": int(pc.histograms.shape[-1]),
        "extent": pc.extent,
        "grounds": _grounds(pc),
        "odds": _odds(pc),
        "palettes": {name: to_base64(colour_table(name)) for name in PALETTES},
        "faintest": FAINTEST,
        "detector": pc.run.detectors[0],
        "about": _about(pc, shown),
        "start": _start(pc, shown, clouds),
        "images": [_image(pc, image, cloud, names[image.sample_id]) for image, cloud in images],
    }


def band_weights(image: np.ndarray, band: np.ndarray) -> list[float]:
    """Return what red, green and blue are multiplied with, and what is added, to give the band.

    Parameters
    ----------
    image : uint8 ndarray of shape (height, width, 3)
    band : float ndarray of shape (height, width)
        An affine function of the colours.
    """
    colours = image.reshape(-1, 3).astype(float)
    mean, level = colours.mean(axis=0), float(band.mean(dtype=float))
    colours -= mean
    slopes = colours.T @ (band.ravel() - level)
    # colours may lie on a line or in a plane, as those of a grey image do
    weights = np.linalg.pinv(colours.T @ colours, rcond=1e-12, hermitian=True) @ slopes
    return [*weights.tolist(), float(level - weights @ mean)]


def _read(pc: PCSpace, sample_id: str) -> CarriedImage:
    sample = pc.samples.iloc[pc.row(sample_id)]
    image = pc.image(sample_id)
    label = None if pd.isna(sample["label"]) else int(sample["label"])
    height, width = image.shape[:2]
    score = pc.scores(pc.run.detectors[0]).get(sample_id)
    return CarriedImage(sample_id, label, score, width, height, _lossless(image))


def _image(pc: PCSpace, image: CarriedImage, cloud: Cloud, name: str) -> dict[str, Any]:
    mask = pc.mask(image.sample_id)
    size = image.height, image.width
    return {
        "id": image.sample_id,
        "name": name,
        "label": image.label,
        "score": image.score,
        "size": [image.width, image.height],
        "src": image.png,
        "weights": band_weights(pc.image(image.sample_id), pc.band(image.sample_id)),
        "mask": None if mask is None else _mask(mask),
        "contour": [] if mask is None else outlines(mask, size),
        "checks": _checks(cloud),
    }


def _about(pc: PCSpace, shown: Sequence[CarriedImage]) -> str:
    """Say which part of the images the page carries."""
    names = [image.sample_id for image in shown]
    is_test = pc.run.queries["sample_id"].isin(names).sum() == len(names)
    labels = (pc.run.queries if is_test else pc.samples)["label"]
    here = pd.Series([image.label for image in shown], dtype=float)
    kinds = [(labels == label, here == label, name) for label, name in LABELS.items()]
    kinds.append((labels.isna(), here.isna(), "unlabelled"))
    parts = [f"{n.sum()} of {all_.sum()} {name}" for all_, n, name in kinds if n.any()]
    return f"In this file: {' and '.join(parts)} {'test ' if is_test else ''}images, without loss."


def _mask(mask: np.ndarray) -> str:
    """Return a mask as PNG in base64; empty if nothing is marked."""
    return _lossless(mask.astype(np.uint8)) if mask.any() else ""


def _checks(cloud: Cloud) -> list[list[float]]:
    """Return row, column and positions along all axes of windows spread over the image."""
    rows = np.linspace(0, cloud.shape[0] - 1, N_CHECKS).astype(int)
    cols = (np.arange(N_CHECKS) * 5 % N_CHECKS * (cloud.shape[1] - 1)) // max(N_CHECKS - 1, 1)
    along = [cloud.along(axis) for axis in cloud.axes]
    places = zip(rows.tolist(), cols.tolist(), strict=True)
    return [[i, j, *(round(float(a[i, j]), 4) for a in along)] for i, j in places]


def _home(clouds: Sequence[Cloud]) -> dict[str, float]:
    """Return how far the axes reach at first: nearly all windows of all images are in sight."""
    components = [np.quantile(np.abs(cloud.coordinates), 0.9999) for cloud in clouds]
    residuals = [np.quantile(cloud.along(RESIDUAL), 0.9999) for cloud in clouds]
    return {"component": 1.1 * float(max(components)), "residual": 1.1 * float(max(residuals))}


def _is_by_residual(pc: PCSpace) -> bool:
    """Tell whether images are ranked by what the components leave, so that it is shown first."""
    return pc.run.detectors[0] == RESIDUAL


def _start(pc: PCSpace, shown: Sequence[CarriedImage], clouds: Sequence[Cloud]) -> int:
    """Return the image shown first: the one whose defect flies out furthest."""

    def reach(image: CarriedImage, cloud: Cloud) -> float:
        if image.label == 0:
            return -1.0
        known = cloud.on_defect is not None and cloud.on_defect.any()
        far = cloud.residual if _is_by_residual(pc) else cloud.distance
        return float(far[cloud.on_defect if known else ...].max())

    return int(np.argmax([reach(*pair) for pair in zip(shown, clouds, strict=True)]))


def _grounds(pc: PCSpace) -> dict[str, str]:
    """Return pictures of where the normal training windows lie, by pair of axes."""
    pictures = {}
    for number, (first, second) in enumerate(pc.pairs):
        density = pc.density("normal", number)
        density[[0, -1]] = 0  # the outermost cells hold everything beyond
        density[:, [0, -1]] = 0
        pictures[f"{first},{second}"] = data_url(indexed_png(shade(density, "slate")))
    return pictures


def _odds(pc: PCSpace) -> dict[str, Any] | None:
    """Return pictures of the log odds by pair of axes, on one scale; None without a classifier."""
    if pc.coefficients is None:
        return None
    planes = pc.coefficients[: len(pc.pairs)]  # those of the first window size
    end = float(np.abs(planes).max()) or 1.0
    names = [f"{first},{second}" for first, second in pc.pairs]
    shaded = (shade_signed(plane, "diverging_dark", end) for plane in planes)
    pictures = [data_url(indexed_png(picture)) for picture in shaded]
    return {"end": end, "pictures": dict(zip(names, pictures, strict=True))}


def _lossless(image: np.ndarray) -> str:
    """Return PNG in base64; of three equal bands one is kept."""
    if image.ndim == 3 and (image == image[..., :1]).all():
        image = image[..., 0]
    return to_base64(png(image))


def _floats(values: np.ndarray) -> str:
    return to_base64(np.asarray(values, "<f4"))
