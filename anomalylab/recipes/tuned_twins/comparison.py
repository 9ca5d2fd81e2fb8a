"""Which of two trainings ranks defects better that neither was tuned on.

Both are asked about the same images: defects that are planted in good images aside, and the
labelled defects of the folder. A type that was looked at before the settings were chosen is kept
apart: what was chosen on it proves nothing on it.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from anomalylab import synthesise
from anomalylab.detectors.metric_learning import LOOKS_LIKE
from anomalylab.metrics import auroc
from anomalylab.metrics.delong import paired_auroc_difference
from anomalylab.recipes.tuned_twins.material import Material
from anomalylab.recipes.tuned_twins.trial import Judge
from anomalylab.synthesise.planted import MIN_WIDTH, plant
from anomalylab.synthesise.product import product_mask

PLANTED = "planted "
"""Begins the name of a type of planted defects, as ``planted scratch``."""

LEVEL = 0.9
"""Of the intervals of all types together."""

MOST_OF_A_TYPE = 60
"""Images of a labelled type of defect, evenly chosen."""

_WIDTHS = (0.03, 0.07)
"""Of planted defects, as shares of an image's shorter side, in turn."""

_CONTRASTS = (0.4, 0.4, 0.8, 0.8)


def type_of_kind(kind: str) -> str:
    """Return the type that planted defects of a kind make up: ``scratch``, ``planted scratch``."""
    return PLANTED + kind.replace("_", " ")


def types_like(kind: str) -> list[str]:
    """Return the types of planted defects that are, or look like, twins of a kind."""
    alike = (kind, *LOOKS_LIKE.get(kind, ()))
    return [type_of_kind(one) for one in alike if one in synthesise.usual()]


@dataclass(frozen=True)
class Exam:
    """What both trainings are asked.

    Parameters
    ----------
    good : uint8 ndarray of shape (n_images, height, width, 3)
        Good images that no training saw.
    defects : dict
        Type of defect -> uint8 ndarray of shape (n_images, height, width, 3).
    """

    good: np.ndarray
    defects: dict[str, np.ndarray]


def exam_of(material: Material, *, seed: int = 0) -> Exam:
    """Plant defects in images aside, and gather the labelled ones.

    Parameters
    ----------
    material : Material
    seed : int

    Returns
    -------
    exam : Exam
        Types of which no defect could be planted are left out.
    """
    aside = material.images(material.aside)
    defects = {}
    for number, kind in enumerate(synthesise.usual()):
        planted = [_planted(image, kind, i, seed + 1000 * number) for i, image in enumerate(aside)]
        found = [one for one in planted if one is not None]
        if found:
            defects[type_of_kind(kind)] = np.stack(found)
    for name, rows in material.types.items():
        defects[name] = material.images(rows[:: -(-len(rows) // MOST_OF_A_TYPE)])
    good = np.concatenate([aside, material.images(material.good)]) if len(material.good) else aside
    return Exam(good, defects)


def compared(
    exam: Exam, tuned: Judge, untouched: Judge, seen: Collection[str] = ()
) -> pd.DataFrame:
    """Compare two trainings by type of defect.

    Parameters
    ----------
    exam : Exam
    tuned, untouched : Judge
    seen : collection of str
        Types that were looked at before the settings were chosen.

    Returns
    -------
    comparison : DataFrame
        ``type``, ``n_images``, ``n_good``, ``is_planted``, ``is_seen``, AUROC against the good
        images in ``tuned`` and ``untouched``, and their ``difference`` from ``low`` to ``high``: of
        the types that were not seen, all intervals together hold with 90 % confidence.
    """
    good = [judge.distances(exam.good)[0] for judge in (tuned, untouched)]
    n_fresh = sum(name not in seen for name in exam.defects)
    level = 1 - (1 - LEVEL) / max(1, n_fresh)
    rows = []
    for name, images in exam.defects.items():
        labels = np.repeat([0, 1], [len(exam.good), len(images)])
        scores = [
            np.concatenate([of_good, judge.distances(images)[0]])
            for of_good, judge in zip(good, (tuned, untouched), strict=True)
        ]
        difference, low, high = paired_auroc_difference(labels, *scores, level=level)
        rows.append(
            {
                "type": name,
                "n_images": len(images),
                "n_good": len(exam.good),
                "is_planted": name.startswith(PLANTED),
                "is_seen": name in seen,
                "tuned": auroc(labels, scores[0]),
                "untouched": auroc(labels, scores[1]),
                "difference": difference,
                "low": low,
                "high": high,
            }
        )
    return pd.DataFrame(rows)


def finding(comparison: pd.DataFrame) -> str:
    """Return what a comparison found on types that were not looked at, in a sentence or two."""
    fresh = comparison[~comparison["is_seen"]]
    if fresh.empty:
        return (
            "Every type of defect was looked at before these settings were chosen: nothing here "
            "tells whether they are better."
        )
    better, worse = int((fresh["low"] > 0).sum()), int((fresh["high"] < 0).sum())
    means = f"on average AUROC {fresh['tuned'].mean():.2f} against {fresh['untouched'].mean():.2f}"
    types = "1 type" if len(fresh) == 1 else f"{len(fresh)} types"
    if not better and not worse:
        return (
            f"On {types} of defects that were not looked at, your twins and the untouched ones "
            f"cannot be told apart beyond chance: {means}."
        )
    return (
        f"Of {types} of defects that were not looked at, your twins rank {better} better and "
        f"{worse} worse than the untouched ones beyond chance: {means}."
    )


def _planted(image: np.ndarray, kind: str, number: int, seed: int) -> np.ndarray | None:
    """Plant a defect of the width that is due, or a narrower one; None if none fits."""
    short, where = min(image.shape[:2]), product_mask(image)
    due = _WIDTHS[number % len(_WIDTHS)]
    for share in (due, min(_WIDTHS)):
        planted = plant(
            image,
            kind,
            width=max(MIN_WIDTH, share * short),
            contrast=_CONTRASTS[number % len(_CONTRASTS)],
            seed=seed + number,
            where=where,
        )
        if planted is not None:
            return planted.image
    return None
