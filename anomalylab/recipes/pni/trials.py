"""One category judged by one variant, kept as it is done, or found again."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from anomalylab.detectors import Detector
from anomalylab.detectors import drawn_copies as drawing
from anomalylab.errors import AnomalyLabError, StorageError, TrainingStopped
from anomalylab.features import Features
from anomalylab.progress import stage
from anomalylab.recipes.pni.ensemble import averaged
from anomalylab.recipes.pni.explain import explained
from anomalylab.recipes.pni.request import DETECTOR, ENSEMBLE, VARIANTS, PNIRequest
from anomalylab.runs.outcome import Material, check_training
from anomalylab.storage.blocks import Arrays, BlockStore
from anomalylab.studies.code import fingerprint

KIND = "pni"
"""What finished trials are filed under in the cache."""

DECIDING = (
    "compute",
    "detectors",
    "extractors",
    "recipes/pni/ensemble.py",
    "recipes/pni/explain.py",
    "recipes/pni/trials.py",
    "synthesise",
    "training",
)
"""Rooms and modules whose code decides what a trial comes to."""

N_FOLDS = 3
"""Fits that leave training images out, so that their maps and those of drawn copies are honest."""


class Trial(NamedTuple):
    """What tells one trial from all others: the key of its tables, in its order."""

    category: str
    variant: str
    seed: int


class Finished(NamedTuple):
    """A trial and what came of it.

    Parameters
    ----------
    trial : Trial
    arrays : mapping
        ``scores`` (n_query,), ``maps`` (n_query, n_rows, n_cols), ``counts`` (n_bank, n_kinds,
        n_fallbacks), ``allowed``, ``seconds``; the curve of the network; ``left_out`` and
        ``copies``, maps of training images and of their drawn copies by fits without them, and
        ``usual``, the mean of the former; of the variant ``pni`` what
        :func:`~anomalylab.recipes.pni.explain.explained` gives; empty if it failed.
    reason : str
        Why it failed; empty if it did not.
    """

    trial: Trial
    arrays: Arrays
    reason: str


@dataclass(frozen=True)
class Images:
    """The images of a category as one backbone or several describe them.

    Parameters
    ----------
    name : str
    materials : sequence of Material
        One a backbone.
    copies : Drawn or None
        Of the training images, with drawn defects; None if maps are not refined.
    refusal : str
        Why nothing can be fitted on them; empty if it can.
    """

    name: str
    materials: Sequence[Material]
    copies: drawing.Drawn | None
    refusal: str = ""

    @property
    def material(self) -> Material:
        """What the first backbone makes of them."""
        return self.materials[0]

    @property
    def training(self) -> Features:
        """Of the training images."""
        return self.material.features.subset(self.material.training)


def copies_of(request: PNIRequest, material: Material) -> drawing.Drawn | None:
    """Draw defects into copies of the training images, if maps are to be refined."""
    refined = request.refined()
    if refined is None:
        return None
    return drawing.drawn(
        material.features.subset(material.training),
        material.extractor,
        copies=refined.copies,
        size=refined.size,
        seed=refined.seed,
    )


def trials_of(request: PNIRequest, images: Images) -> Iterator[Finished]:
    """Judge the images of a category by each variant, and keep each as it is done."""
    for variant, use in VARIANTS.items():
        yield _kept(request, images, variant, [request.detector(use)])
    if request.with_ensemble:
        yield _kept(request, images, ENSEMBLE, members_of(request, images))


def members_of(request: PNIRequest, images: Images) -> list[Any]:
    """Return the detectors of an ensemble: one a backbone, or one a level where there is one."""
    whole = request.detector("both")
    if len(images.materials) > 1:
        return [whole] * len(images.materials)
    levels = whole.chosen_levels(images.training.shapes)
    return [request.detector("both", levels=(level,)) for level in levels]


def _kept(request: PNIRequest, images: Images, variant: str, members: Sequence[Any]) -> Finished:
    trial = Trial(images.name, variant, request.seed)
    if images.refusal:
        return Finished(trial, {}, images.refusal)
    store, name = BlockStore(KIND), _name(images, variant, members)
    arrays, reason = store.read(name), ""
    if arrays is None:
        try:
            with stage(f"{images.name}, {variant}"):
                arrays = _judged(images, variant, members)
            store.write(name, arrays)
        except (StorageError, TrainingStopped):
            raise
        except AnomalyLabError as error:
            arrays, reason = {}, str(error)
    return Finished(trial, arrays, reason)


def _judged(images: Images, variant: str, members: Sequence[Any]) -> dict[str, np.ndarray]:
    if variant != ENSEMBLE:
        return _of_one(members[0], images.material, images.copies, is_explained=variant == DETECTOR)
    several = len(images.materials) > 1
    materials = images.materials if several else [images.material] * len(members)
    for member, material in zip(members, materials, strict=True):
        check_training(material, {variant: member})
    copies = None if several else images.copies
    parts = [
        _of_one(member, material, copies, is_explained=False)
        for member, material in zip(members, materials, strict=True)
    ]
    usual = [float(part["usual"]) for part in parts]
    joined = {
        name: averaged([part[name] for part in parts], usual)
        for name in ("maps", "left_out", "copies")
        if all(len(part[name]) for part in parts)
    }
    return {
        "copies": np.empty((0, 1, 1), np.float32),
        **joined,
        "scores": joined["maps"].max(axis=(1, 2)),
        "counts": np.sum([part["counts"] for part in parts], axis=0),
        "allowed": np.mean([part["allowed"] for part in parts]),
        "usual": joined["left_out"].mean(),
        "seconds": np.sum([part["seconds"] for part in parts]),
        **packed_curve([]),
    }


def _of_one(
    detector: Any, material: Material, copies: drawing.Drawn | None, *, is_explained: bool
) -> dict[str, np.ndarray]:
    """Fit and score, and score what was left out of other fits."""
    begin = time.perf_counter()
    training = material.features.subset(material.training)
    query = material.features.subset(material.query)
    fitted = detector.unfitted().fit(training)
    scores, maps = fitted.score(query)
    counts = [len(fitted.bank_), fitted.n_kinds, int(fitted.n_fallbacks(query).sum())]
    arrays = {
        "scores": scores,
        "maps": maps,
        "counts": np.array(counts),
        "allowed": np.array(fitted.allowed_share(query)),
        "seconds": np.array(time.perf_counter() - begin),
        **packed_curve(fitted.history_),
        **(explained(fitted, material, scores, maps[0].size) if is_explained else {}),
    }
    return {**arrays, **_left_out(detector, training, copies)}


def _left_out(
    detector: Detector, training: Features, copies: drawing.Drawn | None
) -> dict[str, np.ndarray]:
    nothing = np.empty(0, np.int64)
    some = copies or drawing.Drawn(training.subset(nothing), nothing, nothing, nothing)
    found = drawing.score_left_out(detector, training, some, N_FOLDS)
    return {
        "left_out": found.maps,
        "copies": found.of_copies,
        "usual": np.array(found.maps.mean()),
    }


def packed_curve(history: Sequence[Sequence[Any]]) -> dict[str, np.ndarray]:
    """Return a training curve as arrays, empty where nothing was trained."""
    epoch, part, measure, value = ([row[i] for row in history] for i in range(4))
    return {
        "curve_epoch": np.array(epoch, np.int64),
        "curve_part": np.array(part, str),
        "curve_measure": np.array(measure, str),
        "curve_value": np.array(value, np.float64),
    }


def _name(images: Images, variant: str, members: Sequence[Any]) -> str:
    """Return a name made of all that a trial depends on."""
    material = images.material
    facts = {
        "code": fingerprint(DECIDING),
        "variant": variant,
        "members": [_plain(asdict(member)) for member in members],
        "extractors": [one.extractor.fingerprint for one in images.materials],
        "resize": [material.request.resize, material.request.intensity],
        "images": material.samples["content_hash"].tolist(),
        "groups": material.features.group_numbers.tolist(),
        "rows": [material.training.tolist(), material.query.tolist()],
        "copies": "" if images.copies is None else _digest(images.copies.images),
    }
    return hashlib.blake2b(json.dumps(facts).encode(), digest_size=16).hexdigest()


def _digest(images: np.ndarray) -> str:
    return hashlib.blake2b(np.ascontiguousarray(images).data, digest_size=16).hexdigest()


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters without where they are computed."""
    return {k: v for k, v in parameters.items() if k != "device"}
