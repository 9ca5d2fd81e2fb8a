"""What is measured of test images: with a threshold, and over all of them."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from anomalylab.metrics import auroc_interval, rate_interval
from anomalylab.metrics.image import auroc
from anomalylab.metrics.over_levels import AVERAGES, RATES, count, levels_of, rates_over_levels
from anomalylab.metrics.pixel import localisation
from anomalylab.metrics.pixel_differences import BinnedPixels, pixel_metric_intervals
from anomalylab.metrics.pixel_rates import called_above, pixel_rate_intervals
from anomalylab.recipes.autoencoder.judged import ALL, GOOD, Judged, Material
from anomalylab.recipes.autoencoder.tau import Tau

NO_TRUTH = "no mask says which pixels are defective"
ONE_CLASS = "good and defective test images are needed"

NO_BOUNDS = (np.nan, np.nan)

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
            rows += _pixels_at(name, tau, levels, material, judged.trained.detector.seed)
            rows += _images_at(name, tau, levels, material)
    columns = ["defect_type", "method", "metric", "value", "low", "high", "note"]
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
            role=role, score=maps.max(axis=(1, 2), initial=0.0)
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
    value, bounds, note = np.nan, NO_BOUNDS, ONE_CLASS
    if 0 < labels.sum() < len(labels):
        scores = judged.test[rows].max(axis=(1, 2))
        value, bounds, note = auroc(labels, scores), auroc_interval(labels, scores), ""
    yield _row(name, "", "auroc", value, note, bounds)
    rows = rows[material.has_truth[rows]]
    seed = judged.trained.detector.seed
    yield from _of_places(name, material.masks[rows], judged.test[rows], seed)


def _of_places(name: str, masks: np.ndarray, maps: np.ndarray, seed: int) -> Iterator[Row]:
    """Yield how well maps tell defective pixels from good ones, without any threshold."""
    metrics = ("pixel_auroc", "au_pro")
    if not masks.any() or masks.all():
        yield from (_row(name, "", metric, np.nan, NO_TRUTH) for metric in metrics)
        return
    found, _ = localisation(list(masks), list(maps))
    bounds = pixel_metric_intervals(BinnedPixels.of(list(masks), list(maps)), seed=seed)
    for metric in metrics:
        value, (low, high) = found[metric], bounds[metric]
        yield _row(name, "", metric, value, "", (min(low, value), max(high, value)))


def _pixels_at(
    name: str, tau: Tau, levels: np.ndarray, material: Material, seed: int
) -> Iterator[Row]:
    rows = material.rows_of(name)
    pixels = count(material.masks[rows], levels[rows])
    rates = rates_over_levels(pixels).loc[tau.level]
    bounds = pixel_rate_intervals(called_above(pixels, tau.level), seed=seed)
    for metric in RATES:
        if metric in bounds:
            value = float(rates[metric].item())
            yield _row(name, tau.method, metric, value, "", bounds[metric])
        else:
            yield _row(name, tau.method, metric, np.nan, NO_TRUTH)


def _images_at(name: str, tau: Tau, levels: np.ndarray, material: Material) -> Iterator[Row]:
    called = levels.max(axis=(1, 2), initial=0) > tau.level
    is_good = _is(material, GOOD)
    is_defect = ~is_good & ~_is(material, "") if name == ALL else _is(material, name)
    for metric, is_of, is_right in (
        ("image_recall", is_defect, called),
        ("image_specificity", is_good, ~called),
    ):
        if is_of.any():
            k, n = int(is_right[is_of].sum()), int(is_of.sum())
            yield _row(name, tau.method, metric, k / n, "", rate_interval(k, n))
        else:
            yield _row(name, tau.method, metric, np.nan, ONE_CLASS)


def _is(material: Material, name: str) -> np.ndarray:
    """Return which test images are of a type."""
    return np.array([kind == name for kind in material.types], bool)


def _row(
    name: str,
    method: str,
    metric: str,
    value: float,
    note: str,
    bounds: tuple[float, float] = NO_BOUNDS,
) -> Row:
    names = {"defect_type": name, "method": method, "metric": metric}
    return {**names, "value": value, "low": bounds[0], "high": bounds[1], "note": note}
