"""Rows of a table of the publication as it is printed: a row a category, a column a detector."""

from typing import NamedTuple

import pandas as pd

from anomalylab.metrics.in_studies import IN_STUDIES, told
from anomalylab.number_words import fixed
from anomalylab.reports.kit.rows import rows_of
from anomalylab.studies.paper import DETECTORS, MEAN, PaperTable

BETWEEN = {1: " → ", 2: " / ", 4: " / "}
"""What stands between the values of a cell."""

NOTHING = "–"


class Cell(NamedTuple):
    """Values of one category and detector, of the study and as published; empty where unknown."""

    ours: str
    published: str


class Row(NamedTuple):
    """One row: its name, and a cell a detector."""

    name: str
    cells: tuple[Cell, ...]


def detectors_of(table: PaperTable) -> list[str]:
    """Return the detectors of a table, those of the publication first."""
    there = list(table.rows["detector"].unique())
    return [name for name in DETECTORS if name in there] + sorted(set(there) - set(DETECTORS))


def steps(table: PaperTable) -> list[tuple[float, float]]:
    """Return the shares of pollution and of removal of the values in a cell, in their order."""
    pairs = (
        table.rows[["pollution", "reject"]].drop_duplicates().sort_values(["pollution", "reject"])
    )
    return [(float(row["pollution"]), float(row["reject"])) for row in rows_of(pairs)]


def wide(table: PaperTable) -> list[Row]:
    """Lay a table out as it is printed: categories, the mean, then further metrics of the mean."""
    rows = table.rows
    categories = sorted(set(rows["category"]) - {MEAN})
    found = [_row(table, category, "auroc", category) for category in categories]
    found = [row for row in found if any(cell != Cell("", "") for cell in row.cells)]
    found.append(_row(table, MEAN, "auroc", "mean AUROC"))
    same = _same(table)
    found += [same] if any(cell.published for cell in same.cells) else []
    there = set(rows.loc[rows["category"] == MEAN, "metric"])
    others = [name for name in IN_STUDIES if name in there and name != "auroc"]
    found += [_row(table, MEAN, name, f"mean {told(name).title}") for name in others]
    return found


def _row(table: PaperTable, category: str, metric: str, name: str) -> Row:
    rows = table.rows
    own = rows[(rows["category"] == category) & (rows["metric"] == metric)]
    cells = []
    for detector in detectors_of(table):
        of = own[own["detector"] == detector]
        ours = _values(table, of, metric, "value", "deviation")
        cells.append(Cell(ours, _values(table, of, metric, "published", "published_deviation")))
    return Row(name, tuple(cells))


def _same(table: PaperTable) -> Row:
    rows = table.rows
    own = rows[(rows["category"] == MEAN) & (rows["metric"] == "auroc")]
    cells = tuple(
        Cell("", _values(table, own[own["detector"] == name], "auroc", "published_same", ""))
        for name in detectors_of(table)
    )
    return Row("published mean of the same products", cells)


def _values(table: PaperTable, rows: pd.DataFrame, metric: str, name: str, deviation: str) -> str:
    by_step = {(row["pollution"], row["reject"]): row for row in rows_of(rows)}
    known = [by_step.get(step, {}) for step in steps(table)]
    if all(row.get(name) is None for row in known):
        return ""
    is_share = not metric.startswith("au_")
    return BETWEEN[table.number].join(_value(row, name, deviation, is_share) for row in known)


def _value(row: dict, name: str, deviation: str, is_share: bool) -> str:
    value, around = row.get(name), row.get(deviation)
    if value is None:
        return NOTHING
    told_around = f" ± {_number(around, is_share)}" if around else ""
    return _number(value, is_share) + told_around


def _number(value: float, is_share: bool) -> str:
    return fixed(100 * value, 1) if is_share else fixed(value, 3)
