"""Metrics on the images that all runs judged, and differences with their intervals."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from anomalylab import metrics
from anomalylab.metrics import catalogue
from anomalylab.metrics.catalogue import AT_THRESHOLD, IMAGE_METRICS, OVER_ALL, PLACES
from anomalylab.number_words import MINUS, decimals, fixed
from anomalylab.pictures.palette import detector_colours
from anomalylab.reports.kit.charts import interval_dots
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.metric_table import metric_row
from anomalylab.reports.kit.words import metric_words
from anomalylab.reports.side_by_side.matched import Matched, Method
from anomalylab.runs.measure import why_undefined

SEED = 0
"""Of every bootstrap: the same runs give the same page."""


class Difference(NamedTuple):
    """How much larger a metric is for one method than for another, with a 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def bounds(self) -> tuple[float, float] | tuple[None, None]:
        """The ends of the interval; None for one image of a class, which bounds nothing."""
        return (None, None) if math.isnan(self.low) else (self.low, self.high)

    @property
    def words(self) -> str:
        """The interval in words; empty if there is none."""
        low, high = self.bounds
        if low is None or high is None:
            return ""
        return f"{self.signed(low)} to {self.signed(high)}"

    def signed(self, value: float) -> str:
        """Write a value with its sign, with as many digits as the interval supports."""
        low, high = self.bounds
        digits = 3 if low is None or high is None else decimals(low, high)
        text = fixed(abs(value), digits)
        return f"{'' if not float(text) else '+' if value > 0 else MINUS}{text}"

    @property
    def is_certain(self) -> bool:
        """Whether the interval holds only values of one sign."""
        return self.low > 0 or self.high < 0


CLASS_OF = {"recall": 1, "specificity": 0}
"""Shares of the images of a class that thresholds of runs set right."""


def difference(matched: Matched, metric: str, a: Method, b: Method) -> Difference:
    """Return how much larger a metric is for ``b`` than for ``a``, on common labelled images.

    AUROC by DeLong, shares of images from exact intervals, all others by the paired bootstrap.

    Parameters
    ----------
    matched : Matched
        With images of both classes.
    metric : str
        One of an image's score, or ``recall`` or ``specificity`` at the thresholds of the runs.
    a, b : Method
    """
    if metric in CLASS_OF:
        return Difference(*metrics.paired_rate_difference(*_right(matched, metric, b, a)))
    truth = matched.truth
    of_b, of_a = (method.scores[matched.is_labelled] for method in (b, a))
    if metric == "auroc":
        return Difference(*metrics.paired_auroc_difference(truth, of_b, of_a))
    compute = IMAGE_METRICS[metric]
    found = metrics.paired_bootstrap_difference(compute, truth, of_b, of_a, seed=SEED)
    return Difference(*found)


def measured(matched: Matched) -> Fragment:
    """Show every metric of every method, and how those of later runs differ from the first.

    Parameters
    ----------
    matched : Matched

    Returns
    -------
    Fragment
    """
    reason = why_undefined(matched.truth)
    names = {method.name: method.name for method in matched.methods}
    html = render(
        "side_by_side/measured",
        names=names,
        colours=detector_colours(names),
        values=_groups(_values(matched, names, reason), _places(matched, names)),
        pairs={str(i): f"{b.name} − {a.name}" for i, (a, b) in enumerate(matched.pairs())},
        colours_of_pairs={
            str(i): detector_colours(names)[b.name] for i, (_, b) in enumerate(matched.pairs())
        },
        seed=SEED,
        differences=_groups([] if reason else list(_differences(matched))),
        reason=reason,
        n_images=len(matched.truth),
        n_anomalous=int(matched.truth.sum()),
    )
    return Fragment(html, TABLE_SCRIPTS)


Row = tuple[str, dict[str, Any]]
"""A row of the table of metrics, behind the name of its metric."""


def _right(matched: Matched, metric: str, *methods: Method) -> list[np.ndarray]:
    """Return which images of the class of a share each method sets right."""
    label = CLASS_OF[metric]
    seen = [method.is_above[matched.is_labelled] for method in methods]
    return [is_above[matched.truth == label] == label for is_above in seen]


def _values(matched: Matched, names: dict[str, str], reason: str) -> list[Row]:
    if reason:
        return []
    tables = {
        metric: pd.DataFrame([_measure(matched, metric, method) for method in matched.methods])
        for metric in (*IMAGE_METRICS, *CLASS_OF)
    }
    return [_row(metric, metric_row(table, names)) for metric, table in tables.items()]


def _measure(matched: Matched, metric: str, method: Method) -> dict[str, Any]:
    if metric in CLASS_OF:
        (right,) = _right(matched, metric, method)
        value = float(right.mean())
        low, high = metrics.rate_interval(int(right.sum()), len(right))
    else:
        compute, scores = IMAGE_METRICS[metric], method.scores[matched.is_labelled]
        value = compute(matched.truth, scores)
        low, high = metrics.metric_interval(compute, matched.truth, scores, seed=SEED)
    bounds = {"value": value, "low": low, "high": high, "ceiling": np.nan}
    return {"detector": method.name, "metric": metric, **bounds, "note": ""}


def _places(matched: Matched, names: dict[str, str]) -> list[Row]:
    """Return what runs measured by masks, each on its own images."""
    tables = []
    for method in matched.methods:
        table = method.side.run.table("metrics")
        tables.append(table[table["detector"] == method.detector].assign(detector=method.name))
    table = pd.concat(tables, ignore_index=True).dropna(subset=["value"])
    of_metrics = {name: table[table["metric"] == name] for name in catalogue.groups()[PLACES]}
    return [_row(name, metric_row(t, names)) for name, t in of_metrics.items() if len(t)]


def _differences(matched: Matched) -> Iterator[Row]:
    pairs = list(matched.pairs())
    colours = detector_colours(method.name for method in matched.methods)
    for metric in (*IMAGE_METRICS, *CLASS_OF):
        found = [difference(matched, metric, a, b) for a, b in pairs]
        drawn = [
            (of_pair.value, *of_pair.bounds, colours[b.name])
            for of_pair, (_, b) in zip(found, pairs, strict=True)
        ]
        most = math.ceil(100 * np.nanmax(np.abs(found)) + 1e-9) / 100 or 0.01
        words = ", ".join(of_pair.signed(of_pair.value) for of_pair in found)
        dots = interval_dots(drawn, low=-most, high=most, alt=f"Differences: {words}")
        yield _row(metric, {"cells": [_cell(of_pair) for of_pair in found], "dots": dots})


def _cell(of_pair: Difference) -> dict[str, Any]:
    return {
        "value": of_pair.signed(of_pair.value),
        "interval": of_pair.words,
        "is_best": of_pair.is_certain,
        "why": "",
    }


def _row(metric: str, row: dict[str, Any]) -> Row:
    name, meaning = metric_words(metric)
    return metric, {"name": name, "meaning": meaning, "published": [], **row}


def _groups(
    rows: list[Row], places: list[Row] | None = None
) -> list[tuple[str, list[dict[str, Any]]]]:
    groups = {
        OVER_ALL: [row for metric, row in rows if metric not in CLASS_OF],
        AT_THRESHOLD: [row for metric, row in rows if metric in CLASS_OF],
        f"{PLACES}, each run on all its own images": [row for _, row in places or []],
    }
    return [(title, under) for title, under in groups.items() if under]
