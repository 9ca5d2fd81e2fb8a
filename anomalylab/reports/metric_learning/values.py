"""How well defects are told from good images: product by loss, published values beside ours."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from anomalylab.number_words import decimals, fixed, minus, plural
from anomalylab.recipes.metric_learning.published import CAVEAT, RANGES, SOURCE
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.rows import rows_of
from anomalylab.reports.kit.small_charts import DotRow, dot_rows, floored
from anomalylab.reports.metric_learning.opened import Trials
from anomalylab.reports.metric_learning.words import (
    EXPERIMENTS,
    LOSSES,
    colours_of,
    loss_name,
    metric_name,
)

MAIN = ("auroc_untrained", "auroc", "planted_auroc")
"""Metrics that have a table of their own, where they are measured."""

GUESSING = 0.5

MEAN = "Mean"

Cell = dict[str, Any]


def values(found: Trials) -> Fragment:
    """Show what was measured of each product with each loss, published values beside it.

    Parameters
    ----------
    found : Trials

    Returns
    -------
    Fragment
    """
    parts = [
        _part(found, experiment, metric)
        for experiment in found.experiments
        for metric in MAIN
        if len(_measured(found, experiment, metric))
    ]
    html = render(
        "metric_learning/values",
        parts=parts,
        losses=[(loss_name(loss), colour) for loss, colour in _colours(found).items()],
        terms={loss_name(loss): LOSSES[loss][1] for loss in found.losses if loss in LOSSES},
        all_rows=list(_all_rows(found)),
        failed=_failed(found),
        caveat=CAVEAT,
        source=SOURCE,
        has_published=bool(found.tables.values["published"].notna().any()),
        ranges=[_range(name) for name in found.experiments if name in RANGES],
    )
    return Fragment(html, TABLE_SCRIPTS, ("metric_learning/page.css",))


def _measured(found: Trials, experiment: str, metric: str) -> pd.DataFrame:
    table = found.tables.values
    return table[(table["experiment"] == experiment) & (table["metric"] == metric)]


def _colours(found: Trials) -> dict[str, str]:
    colours = colours_of(found.losses)
    return {loss: colours[loss] for loss in found.losses}


def _part(found: Trials, experiment: str, metric: str) -> dict[str, Any]:
    rows = _measured(found, experiment, metric)
    title, seen = EXPERIMENTS.get(experiment, (experiment, ""))
    is_published = rows["is_as_published"].astype(bool)
    groups = [("", _table(found, rows[~is_published]))] if not is_published.all() else []
    if is_published.any():
        name = "With the errors of the published code"
        groups.append((name, _table(found, rows[is_published])))
    return {
        "title": title,
        "metric": metric_name(metric),
        "seen": seen,
        "is_planted": metric == "planted_auroc",
        "groups": groups,
        "charts": _charts(found, rows[~is_published], metric),
    }


def _table(found: Trials, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table: each category, then the mean if there are several."""
    made: list[dict[str, Any]] = []
    for category in found.categories:
        own = rows[rows["category"] == category]
        cells = [_cell(own[own["loss"] == loss]) for loss in found.losses]
        made.append({"name": category, "cells": _with_best(cells), "why": _shared_reason(cells)})
    if sum(any(cell["number"] is not None for cell in row["cells"]) for row in made) > 1:
        cells = [_mean(rows[rows["loss"] == loss]) for loss in found.losses]
        made.append({"name": MEAN, "cells": cells, "why": ""})
    return made


def _shared_reason(cells: Sequence[Cell]) -> str:
    """Return why no loss has a value, if it is one reason for all."""
    reasons = {cell["why"] for cell in cells}
    is_empty = all(cell["number"] is None for cell in cells)
    return reasons.pop() if is_empty and len(reasons) == 1 else ""


def _cell(rows: pd.DataFrame) -> Cell:
    """Write the value of a product and a loss, the mean over seeds if there are several."""
    known = rows.dropna(subset=["value"])
    if known.empty:
        return _nothing(next((note for note in rows["note"] if note), ""), _published(rows))
    if len(known) > 1:
        value = float(known["value"].mean())
        around = f"{fixed(known['value'].min(), 3)} to {fixed(known['value'].max(), 3)} by seed"
        return _written(value, None, None, _published(rows), around)
    row = rows_of(known)[0]
    return _written(row["value"], row["low"], row["high"], row["published"])


def _written(
    value: float, low: float | None, high: float | None, published: float | None, around: str = ""
) -> Cell:
    is_bounded = low is not None and high is not None
    digits = decimals(low, high) if low is not None and high is not None else 3
    interval = f"{fixed(low, digits)} to {fixed(high, digits)}" if is_bounded else around  # type: ignore[arg-type]
    return {
        "number": value,
        "value": fixed(value, 3),
        "interval": interval,
        "low": low,
        "high": high,
        "why": "",
        "is_best": False,
        **_beside(value, low, high, published),
    }


def _beside(
    value: float, low: float | None, high: float | None, published: float | None
) -> dict[str, Any]:
    """Write a published value, and how far ours lies from it."""
    if published is None or pd.isna(published):
        return {"published": "", "difference": "", "is_apart": False}
    difference = value - published
    is_apart = low is not None and high is not None and not low <= published <= high
    sign = "+" if difference >= 0 else ""
    return {
        "published": fixed(published, 3),
        "difference": minus(f"{sign}{fixed(difference, 3)}"),
        "is_apart": is_apart,
    }


def _nothing(why: str, published: float | None) -> Cell:
    told = "" if published is None else fixed(published, 3)
    return {
        "number": None,
        "value": "–",
        "interval": "",
        "low": None,
        "high": None,
        "why": why,
        "is_best": False,
        "published": told,
        "difference": "",
        "is_apart": False,
    }


def _published(rows: pd.DataFrame) -> float | None:
    known = rows["published"].dropna()
    return float(known.iloc[0]) if len(known) else None


def _mean(rows: pd.DataFrame) -> Cell:
    """Average a loss over products, and what is published over those of them that have it."""
    by_product = rows.groupby("category", sort=False)[["value", "published"]].mean()
    known = by_product["value"].dropna()
    if known.empty:
        return _nothing("", None)
    cell = _written(float(known.mean()), None, None, None)
    cell["interval"] = f"of {plural(len(known), 'product')}"
    both = by_product.dropna()
    if len(both):
        apart = float((both["value"] - both["published"]).mean())
        sign = "+" if apart >= 0 else ""
        cell |= {
            "published": f"{fixed(float(both['published'].mean()), 3)} of {len(both)}",
            "difference": minus(f"{sign}{fixed(apart, 3)}"),
        }
    return cell


def _with_best(cells: Sequence[Cell]) -> Sequence[Cell]:
    """Mark the value whose interval lies above those of all other losses."""
    bounded = [cell for cell in cells if cell["low"] is not None]
    if len(bounded) > 1:
        first = max(bounded, key=lambda cell: cell["number"])
        others = max(cell["high"] for cell in bounded if cell is not first)
        first["is_best"] = first["low"] > others
    return cells


def _charts(found: Trials, rows: pd.DataFrame, metric: str) -> list[dict[str, Any]]:
    charts = []
    ends = rows[["value", "low", "published"]].min().min()
    start = min(GUESSING, floored(float(ends))) if pd.notna(ends) else GUESSING
    for category in found.categories:
        dots = list(_dots(found, rows[rows["category"] == category]))
        if dots:
            alt = f"{metric_name(metric)} of {category}: " + "; ".join(map(_told, dots))
            drawing = dot_rows(dots, start=start, end=1.0, mark=GUESSING, alt=alt)
            charts.append({"title": category, "drawing": drawing})
    return charts


def _dots(found: Trials, rows: pd.DataFrame) -> Any:
    for loss, colour in _colours(found).items():
        own = rows[rows["loss"] == loss]
        cell = _cell(own)
        if cell["number"] is not None:
            bounds = (cell["low"], cell["high"])
            yield DotRow(loss_name(loss), colour, cell["number"], *bounds, _published(own))


def _told(row: DotRow) -> str:
    ring = "" if row.ring is None else f", published {row.ring:.3f}"
    return f"{row.name} {row.value:.3f}{ring}"


def _all_rows(found: Trials) -> Any:
    """Yield every number that was measured, to copy."""
    for row in rows_of(found.tables.values):
        value, published = row["value"], row["published"]
        is_known = value is not None and published is not None
        digits = 3 if row["low"] is None else decimals(row["low"], row["high"])
        yield {
            "category": row["category"],
            "loss": loss_name(row["loss"])
            + (", as published" if row["is_as_published"] else "")
            + (f", seed {row['seed']}" if len(found.seeds) > 1 else ""),
            "metric": metric_name(row["metric"]),
            "value": "–" if value is None else fixed(value, 3),
            "interval": ""
            if row["low"] is None
            else f"{fixed(row['low'], digits)} to {fixed(row['high'], digits)}",
            "published": "" if published is None else fixed(published, 3),
            "difference": minus(f"{value - published:+.3f}") if is_known else "",
            "note": row["note"],
        }


def _failed(found: Trials) -> list[tuple[str, str]]:
    table = found.tables.trainings
    rows = rows_of(table[table["status"] != "done"])
    return [(f"{row['category']}, {loss_name(row['loss'])}", row["reason"]) for row in rows]


def _range(experiment: str) -> str:
    low, high = RANGES[experiment]
    title = EXPERIMENTS[experiment][0]
    return f"{title}: published AUROC of any product and loss, {low:.2f} to {high:.2f}"
