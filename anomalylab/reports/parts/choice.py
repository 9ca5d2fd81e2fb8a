"""Why this detector: all settings that were compared, and what the chosen one is worth."""

from typing import Any

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
    rows = [_row(row, run.detectors) for row in rows_of(run.table("choice"))]
    return Fragment(render("parts/choice", rows=rows), TABLE_SCRIPTS if rows else ())


def _row(row: dict[str, Any], shown: list[str]) -> dict[str, Any]:
    name = row["detector"]
    role = "chosen" if name == shown[0] else "beside it" if name in shown else ""
    return {
        "name": name,
        "role": role,
        "figure": _with_interval(row, "figure", "low", "high"),
        "stated": _with_interval(row, "stated", "stated_low", "stated_high"),
        "behind": _with_interval(row, "behind", "behind_low", "behind_high"),
        "is_tied": row["is_tied"],
    }


def _with_interval(row: dict[str, Any], value: str, low: str, high: str) -> str:
    return f"{row[value]:.3f} ({row[low]:.3f} to {row[high]:.3f})"
