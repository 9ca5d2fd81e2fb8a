"""Which strategy of refinement mends what pollution has done?"""

import holoviews as hv
import numpy as np
import pandas as pd

from anomalylab.errors import SchemaError
from anomalylab.metrics.in_studies import strategy_words, told
from anomalylab.pictures.palette import strategy_colours
from anomalylab.plots.banded import Banded, banded, draw, floor_of, needed
from anomalylab.plots.scores import threshold_line

PERFECT = "perfect"


def refinement_curves(
    points: pd.DataFrame, detector: str, metric: str = "auroc", pollution: float | None = None
) -> hv.Overlay:
    """Show a metric against the share of images removed, a line a strategy.

    Parameters
    ----------
    points : DataFrame
        What :func:`anomalylab.studies.curves.curves` returns.
    detector : str
        The one that is fitted on what is left.
    metric : str
        As in STUDY_METRICS.
    pollution : float, optional
        Share of the training set that is defective; the highest if not given.

    Returns
    -------
    curves : hv.Overlay
        For each strategy a band of one standard deviation over seeds, a curve and points; the
        strategy that knows the truth is a dashed line over all shares; an ``hv.VLine`` marks the
        share of pollution.

    Raises
    ------
    SchemaError
        If a column is missing, or the study has no such points.
    """
    needed(points, {"study", "detector", "strategy", "reject", "value"}, "refinement_curves")
    return strategy_curves(points, detector, metric, pollution)


def strategy_curves(
    points: pd.DataFrame, detector: str, metric: str, pollution: float | None
) -> hv.Overlay:
    """Draw a line for each strategy, and mark the share of pollution."""
    of = told(metric)
    lines, share = strategy_lines(points, detector, metric, pollution)
    drawn = draw(
        lines, "reject", metric, floor=floor_of(metric, lines), over=[threshold_line(share)]
    )
    return drawn.opts(
        title=f"{detector}: {of.question[0].lower()}{of.question[1:]}",
        xlabel=f"share of training images removed (line: {share:g} of them are defective)",
        ylabel=of.title,
    )


def strategy_lines(
    points: pd.DataFrame, detector: str, metric: str, pollution: float | None = None
) -> tuple[list[Banded], float]:
    """Return the line of each strategy, the perfect one last, and the share of pollution.

    Raises
    ------
    SchemaError
        If there are none.
    """
    rows = points[
        (points["study"] == "refinement")
        & (points["detector"] == detector)
        & (points["metric"] == metric)
    ]
    if rows.empty:
        raise SchemaError(f"the study refines no training set of {detector!r} by {metric!r}")
    share = float(rows["pollution"].max()) if pollution is None else pollution
    rows = rows[np.isclose(rows["pollution"], share)]
    is_perfect = rows["strategy"] == PERFECT
    names = [strategy_words(*row, detector) for row in _strategies(rows[~is_perfect])]
    colours = strategy_colours(names)
    lines = [
        banded(of, "reject", name, colours[name])
        for name, (_, of) in zip(
            names, rows[~is_perfect].groupby(["strategy", "scorer"]), strict=True
        )
    ]
    ends = np.array([0.0, max((float(line.x.max()) for line in lines), default=1.0)])
    for _, row in rows[is_perfect].iterrows():
        y, half = (np.full(2, float(row[name])) for name in ("value", "deviation"))
        ink = strategy_colours([PERFECT])[PERFECT]
        lines.append(Banded(PERFECT, ink, ends, y, half * np.nan, "dashed"))
    return lines, share


def _strategies(rows: pd.DataFrame) -> list[tuple[str, str]]:
    pairs = rows[["strategy", "scorer"]].drop_duplicates().sort_values(["strategy", "scorer"])
    return [(str(row.strategy), str(row.scorer)) for row in pairs.itertuples()]
