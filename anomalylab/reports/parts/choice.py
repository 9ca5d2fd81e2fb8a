"""Why this detector: all settings that were compared, and what the chosen one is worth."""

from typing import Any

from anomalylab.number_words import fixed, minus
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.rows import rows_of
from anomalylab.runs.folder import Run


def choice(run: Run) -> Fragment:
    """Show the settings that were compared by planted defects, the chosen one first.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Fragment
        Nothing to show if the detector was named and not chosen.
    """
    table = run.table("choice")
    chosen = table["size"].iloc[0] if len(table) else ""
    rows = [_row(row, run.detectors if row["size"] == chosen else []) for row in rows_of(table)]
    html = render("parts/choice", rows=rows, is_sized=table["size"].nunique() > 1)
    return Fragment(html, TABLE_SCRIPTS if rows else ())


def _row(row: dict[str, Any], shown: list[str]) -> dict[str, Any]:
    name = row["detector"]
    role = "" if name not in shown else "chosen" if name == shown[0] else "beside it"
    return {
        "name": name,
        "size": row["size"].replace("x", "×"),
        "role": role,
        "figure": _with_interval(row, "figure", "low", "high"),
        "stated": _with_interval(row, "stated", "stated_low", "stated_high"),
        "behind": _behind(row),
    }


def _behind(row: dict[str, Any]) -> str:
    if not row["behind"]:
        return "the best"
    words = _with_interval(row, "behind", "behind_low", "behind_high")
    return f"{words}, tied" if row["is_tied"] else words


def _with_interval(row: dict[str, Any], value: str, low: str, high: str) -> str:
    if row[value] is None:
        return "–"
    at, first, last = (minus(fixed(row[name], 3)) for name in (value, low, high))
    return f"{at} ({first} to {last})"
