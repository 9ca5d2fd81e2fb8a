"""How well images are told apart: on test images, on those that were learned from, as published."""

from typing import Any

import pandas as pd

from anomalylab.metrics.catalogue import IMAGE_METRICS
from anomalylab.number_words import plural
from anomalylab.pc_space.opened import PCSpace
from anomalylab.pictures.palette import detector_colours
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.metric_table import OF_TYPES, metric_row, missing_reasons, recall_rows
from anomalylab.reports.kit.rows import rows_of
from anomalylab.reports.kit.words import CURVES, metric_words
from anomalylab.reports.parts.curves import Areas, area_words, areas_of, beside, draw_curves
from anomalylab.reports.pc_space.missing import supervised_reason
from anomalylab.reports.pc_space.words import METHODS, PAPER, PUBLISHED, PUBLISHED_ON, method_names
from anomalylab.runs.recall import recall_of

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
    is_layout = pc.run.info.dataset.loader == "kolektor_sdd2"
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
    groups = groups if table["value"].notna().any() else []
    if rows := recall_rows(recall_of(pc.run), method_names(pc.run.detectors)):
        groups.append((OF_TYPES, rows))
    reasons = [*missing_reasons(table), *filter(None, [supervised_reason(pc)])]
    html = render(
        "pc_space/results",
        names=method_names(pc.run.detectors),
        meanings={name: METHODS.get(name, (name, ""))[1] for name in pc.run.detectors},
        colours=detector_colours(pc.run.detectors),
        groups=groups,
        reasons=list(dict.fromkeys(reasons)),
        published_on=PUBLISHED_ON if published else "",
        paper=PAPER if published else (),
    )
    return Fragment(html, TABLE_SCRIPTS, ("pc_space/results.css",))


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
    areas = areas_of(pc.run)
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
    is_of_training = metric.startswith(("left_out_", "train_"))
    elsewhere = {method: value for (method, of), value in published.items() if of == metric}
    row = metric_row(table, method_names(pc.run.detectors), elsewhere, PUBLISHED_ON)
    return {"name": name, "meaning": "" if is_of_training else meaning, **row}


def _chart(pc: PCSpace, curve: str, kind: str, table: pd.DataFrame, areas: Areas) -> dict[str, Any]:
    names = method_names(pc.run.detectors)
    area = f"{_PREFIX[kind]}{_AREA[curve]}"
    words = {m: beside(name, areas.get((m, area))) for m, name in names.items()}
    samples = pc.run.queries if not kind else pc.samples[pc.samples["split"] == "train"]
    labels = samples["label"].dropna()
    drawing = draw_curves(curve, table, words, share=float(labels.mean()))
    note = (
        f"{area_words(_AREA[curve])} Dashed: guessing. {plural(len(labels), 'image')}, "
        f"{int(labels.sum())} of them anomalous."
    )
    title = f"{CURVES[curve][0][:-1]} among {KINDS[kind]}?"
    return {"title": title, "drawing": drawing, "note": note}
