"""How well images are told apart: on test images, on those that were learned from, as published."""

import math
from typing import Any

import pandas as pd

from anomalylab.metrics.catalogue import IMAGE_METRICS
from anomalylab.number_words import plural
from anomalylab.pc_space.opened import PCSpace
from anomalylab.pictures.palette import detector_colours
from anomalylab.reports.kit.charts import Line, free_corner, interval_dots, line_chart
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.rows import by_key, rows_of
from anomalylab.reports.kit.words import CURVES, metric_words
from anomalylab.reports.parts.comparison import best_of, cell
from anomalylab.reports.pc_space.clouds import PICTURES
from anomalylab.reports.pc_space.missing import supervised_reason
from anomalylab.reports.pc_space.words import METHODS, PAPER, PUBLISHED, PUBLISHED_ON, method_name

OF_IMAGES = tuple(dict.fromkeys(("ap", "ap_trapezoid", "auroc", *IMAGE_METRICS)))
GROUPS = {
    "Test images": OF_IMAGES,
    "Places in the test images": ("au_pro", "pixel_auroc", "pixel_ap"),
    "Training images, each left out": tuple(f"left_out_{name}" for name in OF_IMAGES),
    "Training images, by what was fitted to them": tuple(f"train_{name}" for name in OF_IMAGES),
}
KINDS = {
    "": "test images",
    "_left_out": "training images, each left out",
    "_train": "training images, by what was fitted to them",
}
_PREFIX = {"": "", "_left_out": "left_out_", "_train": "train_"}
_AREA = {"pr": "ap", "roc": "auroc"}


def results(pc: PCSpace) -> Fragment:
    """Show the metrics of all methods with intervals, and beside them what was published.

    Published values appear only with data in the layout of KolektorSDD2, and as values of that data
    set, for data of that layout need not be it.

    Parameters
    ----------
    pc : PCSpace

    Returns
    -------
    Fragment
    """
    table = pc.run.table("metrics")
    is_layout = pc.run.info["dataset"]["loader"] == "kolektor_sdd2"
    published = PUBLISHED if is_layout and not supervised_reason(pc) else {}
    groups = []
    for title, metrics in GROUPS.items():
        rows = [
            _row(pc, of_metric, metric, published)
            for metric in metrics
            if len(of_metric := table[table["metric"] == metric])
        ]
        if rows:
            groups.append((title, rows))
    reasons = [note for note in table.loc[table["value"].isna(), "note"] if note]
    html = render(
        "pc_space/results",
        methods=[(name, *METHODS.get(name, (name, ""))) for name in pc.run.detectors],
        colours=detector_colours(pc.run.detectors),
        groups=groups if table["value"].notna().any() else [],
        reasons=list(dict.fromkeys([*reasons, *filter(None, [supervised_reason(pc)])])),
        published_on=PUBLISHED_ON if published else "",
        paper=PAPER if published else (),
    )
    return Fragment(html, TABLE_SCRIPTS, PICTURES)


def curves(pc: PCSpace) -> Fragment:
    """Show precision-recall and ROC curves of test and of training images.

    Parameters
    ----------
    pc : PCSpace

    Returns
    -------
    Fragment
        One line instead, if no curve could be computed.
    """
    table = pc.run.table("curves")
    areas = {(row["detector"], row["metric"]): row for row in rows_of(pc.run.table("metrics"))}
    charts = [
        _chart(pc, curve, kind, of_curve, areas)
        for kind in KINDS
        for curve in _AREA
        if len(of_curve := table[table["curve"] == f"{curve}{kind}"])
    ]
    reasons = [] if charts else [row["note"] for row in areas.values() if row["metric"] == "auroc"]
    reasons += filter(None, [supervised_reason(pc)])
    if not charts and not any(reasons):
        reasons = ["the run holds none"]
    missing = list(dict.fromkeys(filter(None, reasons)))
    return Fragment(render("parts/curves", charts=charts, missing=missing))


def search(pc: PCSpace, n: int = 12) -> Fragment:
    """Show the best configurations of the search, if there was one.

    Parameters
    ----------
    pc : PCSpace
    n : int
        Rows shown at most, beside the chosen one.

    Returns
    -------
    Fragment
    """
    table = pc.run.table("search")
    ranked = table.sort_values("ap", ascending=False, kind="stable") if len(table) else table
    timings = pc.run.table("timings")
    seconds = timings.loc[timings["step"].str.contains("search"), "seconds"].sum()
    best = ranked[ranked["is_chosen"].astype(bool)] if len(ranked) else ranked
    rows = pd.concat([ranked.head(n), best]).drop_duplicates() if len(ranked) else ranked
    html = render("pc_space/search", rows=rows_of(rows), n=len(table), seconds=float(seconds))
    return Fragment(html, TABLE_SCRIPTS)


def _row(
    pc: PCSpace, table: pd.DataFrame, metric: str, published: dict[tuple[str, str], float]
) -> dict[str, Any]:
    name, meaning = metric_words(metric.removeprefix("left_out_").removeprefix("train_"))
    rows = by_key(table, "detector")
    best = best_of(table)
    known = {method: row for method, row in rows.items() if row["value"] is not None}
    elsewhere = {method: value for (method, of), value in published.items() if of == metric}
    return {
        "name": name,
        "meaning": "" if _is_of_training(metric) else meaning,
        "cells": [cell(rows[m], m == best) if m in rows else None for m in pc.run.detectors],
        "dots": _dots(pc, known, elsewhere),
        "published": [(f"{value:.2f}", method_name(method)) for method, value in elsewhere.items()],
    }


def _is_of_training(metric: str) -> bool:
    return metric.startswith(("left_out_", "train_"))


def _dots(pc: PCSpace, known: dict[str, dict[str, Any]], elsewhere: dict[str, float]) -> str:
    if not known:
        return ""
    colours = detector_colours(pc.run.detectors)
    lows = [row["value"] if row["low"] is None else row["low"] for row in known.values()]
    low = max(0.0, math.floor((min([*lows, *elsewhere.values()]) - 0.02) * 10) / 10)
    dots = [
        (known[name]["value"], known[name]["low"], known[name]["high"], colours[name])
        for name in pc.run.detectors
        if name in known
    ]
    hollow = [(value, colours[name]) for name, value in elsewhere.items()]
    alt = ", ".join(f"{method_name(name)} {row['value']:.3f}" for name, row in known.items())
    if elsewhere:
        values = (f"{method_name(name)} {value:.2f}" for name, value in elsewhere.items())
        alt += f"; {PUBLISHED_ON}: " + ", ".join(values)
    return interval_dots(dots, low=low, high=1.0, alt=alt, hollow=hollow)


def _chart(
    pc: PCSpace, curve: str, kind: str, table: pd.DataFrame, areas: dict[tuple[str, str], Any]
) -> dict[str, Any]:
    question, x_label, y_label = CURVES[curve]
    area = f"{_PREFIX[kind]}{_AREA[curve]}"
    colours = detector_colours(pc.run.detectors)
    lines = []
    for method in pc.run.detectors:
        points = table[table["detector"] == method].sort_values("point")
        value = areas.get((method, area), {}).get("value")
        words = method_name(method) + ("" if value is None else f"  {value:.3f}")
        if len(points):
            lines.append(
                Line(points["x"].to_numpy(), points["y"].to_numpy(), colours[method], words)
            )
    samples = pc.run.queries if not kind else pc.samples[pc.samples["split"] == "train"]
    labels = samples["label"].dropna()
    share = float(labels.mean())
    drawing = line_chart(
        lines,
        x_label=x_label,
        y_label=y_label,
        guide=[(0, 0), (1, 1)] if curve == "roc" else [(0, share), (1, share)],
        corner=free_corner(lines, "bottom-right" if curve == "roc" else "bottom-left"),
        alt=f"{question} Curves of {', '.join(line.words for line in lines)}.",
    )
    name, meaning = metric_words(_AREA[curve])
    note = (
        f"Number: {name}, the {meaning}. Dashed: guessing. {plural(len(labels), 'image')}, "
        f"{int(labels.sum())} of them anomalous."
    )
    return {"title": f"{question[:-1]} among {KINDS[kind]}?", "drawing": drawing, "note": note}
