"""How a run was made: everything needed to repeat it, or to doubt it."""

from typing import Any

from anomalylab.number_words import significant
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.rows import rows_of
from anomalylab.reports.kit.words import KINDS
from anomalylab.runs.folder import Run
from anomalylab.runs.info import FindingInfo, RunInfo, plain
from anomalylab.verdicts.thresholds import method_words

_SHOWN_ELSEWHERE = (
    "verdicts",
    "findings",
    "versions",
    "command",
    "training_ids",
    "labelled_ids",
)


def provenance(run: Run) -> Fragment:
    """Show the command, findings in the data, thresholds, parameters, versions, time and memory.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Fragment
    """
    info = run.info
    timings = run.table("timings")
    html = render(
        "parts/provenance",
        command=info.command,
        findings=[_finding(finding) for finding in info.findings],
        thresholds=_thresholds(run),
        timings=rows_of(timings),
        seconds=float(timings["seconds"].sum()),
        peak=float(timings["peak_mib"].max()) if len(timings) else 0.0,
        parameters=flat(recorded(info)),
        versions=list(info.versions.items()),
    )
    return Fragment(html, TABLE_SCRIPTS, ("parts/provenance.css",))


def recorded(info: RunInfo) -> dict[str, Any]:
    """Return what a run recorded of itself, but for what pages show in a place of its own."""
    return {name: value for name, value in plain(info).items() if name not in _SHOWN_ELSEWHERE}


def flat(tree: Any, name: str = "") -> list[tuple[str, str]]:
    """Write nested parameters as pairs of a dotted name and a text.

    Examples
    --------
    >>> flat({"size": [224, 224], "detectors": {"knn": {"k": 5}}, "plugins": []})
    [('size', '224, 224'), ('detectors.knn.k', '5'), ('plugins', 'none')]
    """
    if isinstance(tree, dict) and tree:
        pairs = [flat(value, f"{name}.{key}" if name else str(key)) for key, value in tree.items()]
        return [pair for part in pairs for pair in part]
    if isinstance(tree, list | tuple) and not any(isinstance(item, dict | list) for item in tree):
        return [(name, ", ".join(map(str, tree)) or "none")]
    return [(name, _text(tree))]


def _text(value: Any) -> str:
    if value is None or value == {}:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _finding(finding: FindingInfo) -> dict[str, Any]:
    n_more = max(0, len(finding.paths) - 5)
    return {**plain(finding), "paths": finding.paths[:5], "n_more": n_more}


def _thresholds(run: Run) -> list[dict[str, Any]]:
    return [
        {
            **row,
            "kind": KINDS.get(row["kind"], row["kind"]),
            "method": method_words(row["method"]),
            "value": significant(row["value"], 4),
            "expected": "–" if row["expected_false"] is None else f"{row['expected_false']:.2g}",
        }
        for row in rows_of(run.table("thresholds"))
    ]
