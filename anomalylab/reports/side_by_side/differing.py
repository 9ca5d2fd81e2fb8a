"""What the runs were made with: every recorded value in which they differ."""

from typing import Any

from anomalylab.number_words import grouped
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.parts.provenance import flat, recorded
from anomalylab.reports.side_by_side.matched import Matched, Side
from anomalylab.runs.info import plain

NOT_RECORDED = "–"
LESS = ("name", "command", "broken", "threads")
"""What says nothing of how scores came about."""


def differing(matched: Matched) -> Fragment:
    """Show the recorded values in which runs differ, and which images each was fitted on.

    Parameters
    ----------
    matched : Matched

    Returns
    -------
    Fragment
    """
    html = render(
        "side_by_side/differing",
        runs=[side.name for side in matched.sides],
        kept=rows_that_differ([_values(side) for side in matched.sides]),
        counts=_counts(matched),
        commands=[(side.name, side.run.info.command) for side in matched.sides],
    )
    return Fragment(html, TABLE_SCRIPTS)


def rows_that_differ(of_runs: list[dict[str, str]]) -> list[tuple[str, list[str]]]:
    """Return name and values of what is not the same in all runs.

    Examples
    --------
    >>> rows_that_differ([{"seed": "0", "size": "96"}, {"seed": "0", "size": "160", "k": "5"}])
    [('size', ['96', '160']), ('k', ['–', '5'])]
    """
    names = dict.fromkeys(name for values in of_runs for name in values)
    rows = [(name, [values.get(name, NOT_RECORDED) for values in of_runs]) for name in names]
    return [(name, values) for name, values in rows if len(set(values)) > 1]


def _values(side: Side) -> dict[str, str]:
    info = side.run.info
    kept = {name: value for name, value in recorded(info).items() if name not in LESS}
    return dict(flat(kept)) | dict(flat({"versions": plain(info)["versions"]}))


def _counts(matched: Matched) -> list[tuple[str, list[str]]]:
    """Return rows of counts: images judged, fitted on, and how the latter differ from the first."""
    sides = matched.sides
    fitted = [side.training() for side in sides]
    n_common = len(matched.labels)
    rows = {
        "images judged": [len(side.run.queries) for side in sides],
        "of these, judged by all runs": [n_common] * len(sides),
        "images fitted on": [len(side.run.info.training_ids) for side in sides],
        f"fitted on here, not in {sides[0].name}": [len(f - fitted[0]) for f in fitted],
        f"fitted on in {sides[0].name}, not here": [len(fitted[0] - f) for f in fitted],
    }
    return [(name, [grouped(n) for n in values]) for name, values in rows.items()]


def warnings_of(matched: Matched) -> list[str]:
    """Return what a reader must know before believing the comparison."""
    found: list[str] = []
    if matched.n_contradictions:
        found.append(
            f"The runs contradict each other on the class of {matched.n_contradictions} images, "
            "which no metric counts."
        )
    random = [side.name for side in matched.sides if _is_random(side)]
    if random:
        found.append(f"The network of {', '.join(random)} has random weights.")
    return found


def _is_random(side: Side) -> bool:
    extractor: Any = getattr(side.run.info.part, "extractor", None)
    return extractor is not None and "random" in extractor.weights.lower()
