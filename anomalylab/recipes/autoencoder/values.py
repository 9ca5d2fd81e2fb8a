"""What is measured of test images: with a threshold, and over all of them."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from anomalylab.metrics.image import auroc
from anomalylab.metrics.over_levels import AVERAGES, RATES, count, levels_of, rates_over_levels
from anomalylab.metrics.pixel import localisation
from anomalylab.recipes.autoencoder.judged import ALL, GOOD, Judged, Material
from anomalylab.recipes.autoencoder.tau import Tau

NO_TRUTH = "no mask says which pixels are defective"
ONE_CLASS = "good and defective test images are needed"

QUANTILES = (0.5, 0.9, 0.98, 1.0)

Row = dict[str, Any]


def tau_curves(judged: Judged, material: Material, steps: np.ndarray) -> pd.DataFrame:
    """Return rows of TAU_CURVE, of each type of defect and of all test images."""
    if not material.defects:
        return pd.DataFrame()
    pixels, parts = count(material.masks, levels_of(judged.test, steps)), []
    taus = np.append(steps, steps[-1] + steps[1])
    for name in (ALL, *material.defects):
        for average in AVERAGES:
            rates = rates_over_levels(pixels.of(material.rows_of(name)), average)
            parts.append(rates.assign(defect_type=name, average=average, tau=taus))
    return pd.concat(parts, ignore_index=True)


def values_of(
    judged: Judged, material: Material, steps: np.ndarray, taus: Sequence[Tau]
) -> pd.DataFrame:
    """Return rows of VALUES without their key, of each type of defect and of all."""
    levels = levels_of(judged.test, steps)
    rows: list[Row] = []
    for name in (ALL, *_types(material)):
        rows += _without_threshold(name, judged, material)
        for tau in taus:
            rows += _pixels_at(name, tau, levels, material)
            rows += _images_at(name, tau, levels, material)
    columns = ["defect_type", "method", "metric", "value", "note"]
    return pd.DataFrame(rows, columns=columns)


def good_residuals(judged: Judged, material: Material) -> pd.DataFrame:
    """Return rows of GOOD_RESIDUALS without their key."""
    rows = []
    of_test = judged.test[material.types == GOOD]
    for role, maps in (("held out", judged.held_out), ("test", of_test)):
        if not len(maps):
            continue
        for of, values in (("pixels", maps), ("maxima", maps.max(axis=(1, 2)))):
            for quantile, value in zip(QUANTILES, np.quantile(values, QUANTILES), strict=True):
                rows.append({"role": role, "of": of, "quantile": quantile, "value": float(value)})
    return pd.DataFrame(rows, columns=["role", "of", "quantile", "value"])


def maxima(judged: Judged, material: Material) -> pd.DataFrame:
    """Return rows of MAXIMA without their key."""
    held_out = material.train_samples.iloc[judged.held_out_rows]
    with_defect = held_out.iloc[judged.plants.rows].assign(defect_type="planted", label=1)
    parts = [
        samples[["sample_id", "label", "defect_type"]].assign(
            role=role, score=maps.reshape(len(maps), -1).max(axis=1, initial=0.0)
        )
        for role, samples, maps in (
            ("test", material.samples, judged.test),
            ("held out", held_out, judged.held_out),
            ("planted", with_defect, judged.planted),
        )
    ]
    found = pd.concat([part for part in parts if len(part)], ignore_index=True)
    return found.astype({"label": "Int64", "defect_type": object})


def _types(material: Material) -> list[str]:
    """Return the types of defects of test images, with or without masks."""
    return sorted({str(name) for name in material.types} - {"", GOOD})


def _without_threshold(name: str, judged: Judged, material: Material) -> Iterator[Row]:
    is_of = ~_is(material, "") if name == ALL else _is(material, name) | _is(material, GOOD)
    rows = np.flatnonzero(is_of)
    labels = (material.types[rows] != GOOD).astype(int)
    value, note = np.nan, ONE_CLASS
    if 0 < labels.sum() < len(labels):
        scores = judged.test[rows].max(axis=(1, 2))
        value, note = auroc(labels, scores), ""
    yield _row(name, "", "auroc", value, note)
    rows = rows[material.has_truth[rows]]
    masks = material.masks[rows]
    found: dict[str, float] = {}
    if masks.any() and not masks.all():
        found, _ = localisation(list(masks), list(judged.test[rows]))
    for metric in ("pixel_auroc", "au_pro"):
        yield _row(name, "", metric, found.get(metric, np.nan), "" if found else NO_TRUTH)


def _pixels_at(name: str, tau: Tau, levels: np.ndarray, material: Material) -> Iterator[Row]:
    rows = material.rows_of(name)
    has_defect = bool(len(rows)) and bool(material.masks[rows].any())
    rates = rates_over_levels(count(material.masks[rows], levels[rows])).loc[tau.level]
    for metric in RATES:
        value = float(rates[metric].item()) if has_defect else np.nan
        yield _row(name, tau.method, metric, value, "" if has_defect else NO_TRUTH)


def _images_at(name: str, tau: Tau, levels: np.ndarray, material: Material) -> Iterator[Row]:
    called = levels.max(axis=(1, 2), initial=0) > tau.level
    is_good = _is(material, GOOD)
    is_defect = ~is_good & ~_is(material, "") if name == ALL else _is(material, name)
    for metric, is_of, is_right in (
        ("image_recall", is_defect, called),
        ("image_specificity", is_good, ~called),
    ):
        value = float(np.mean(is_right[is_of])) if is_of.any() else np.nan
        yield _row(name, tau.method, metric, value, "" if is_of.any() else ONE_CLASS)


def _is(material: Material, name: str) -> np.ndarray:
    """Return which test images are of a type."""
    return np.array([kind == name for kind in material.types], bool)


def _row(name: str, method: str, metric: str, value: float, note: str) -> Row:
    names = {"defect_type": name, "method": method, "metric": metric}
    return {**names, "value": value, "note": note}
