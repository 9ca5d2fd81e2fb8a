"""Finished runs as one page that compares them."""

from collections.abc import Sequence
from pathlib import Path

from anomalylab.reports.kit.page import check_page, write_page
from anomalylab.reports.side_by_side.differing import differing
from anomalylab.reports.side_by_side.explorer import explorer
from anomalylab.reports.side_by_side.headline import headline
from anomalylab.reports.side_by_side.matched import matched
from anomalylab.reports.side_by_side.measured import measured

QUESTION = "# Which run is better, and where do they differ?"
RANKS = (
    "## Ranks and changed sides\n\nEach image has a place in the ranking of either run. Far from "
    "the diagonal lie those that the runs see differently: look at these first."
)
METRICS = (
    "## Metrics\n\nLook at the intervals before the values: a difference whose interval holds 0 "
    "has not been shown by these images."
)
MADE = "## How the runs differ\n\nEvery recorded value that is not the same in all runs."


def compare(runs: Sequence[Path | str], out: Path | str) -> Path:
    """Write a page that compares finished runs on the images that all of them judged.

    The first run is what the others are set against. The same runs give the same bytes.

    Parameters
    ----------
    runs : sequence of path
        Two run folders or more.
    out : path
        The HTML file.

    Returns
    -------
    path
        ``out``.

    Raises
    ------
    ParameterError
        If there are fewer than two runs, or one of them twice, or ``out`` is somebody's file.
    RunError
        If a folder holds no finished run, a damaged one, one without image scores, if no image was
        judged by all, or ``out`` cannot be written.
    """
    out = Path(out)
    check_page(out)
    found = matched(runs)
    parts = [
        (QUESTION, headline(found)),
        (RANKS, explorer(found)),
        (METRICS, measured(found)),
        (MADE, differing(found)),
    ]
    name = " and ".join(side.name for side in found.sides)
    created = max(side.run.info.created for side in found.sides)[:10]
    return write_page(parts, out, name=name, created=created)
