"""What the classifier makes of the bins: odds over PC space."""

from typing import Any

import numpy as np
import pandas as pd

from anomalylab.number_words import minus
from anomalylab.pc_space.opened import PCSpace
from anomalylab.pictures.encode import indexed_png
from anomalylab.pictures.shading import shade_signed
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.rows import rows_of
from anomalylab.reports.pc_space.clouds import PICTURES
from anomalylab.reports.pc_space.features import grid, numbers
from anomalylab.reports.pc_space.images import plane_of
from anomalylab.reports.pc_space.missing import supervised_reason
from anomalylab.reports.pc_space.plane import legend

N_STRONGEST = 4
"""Bins listed that raise the odds, and that lower them."""

LEAST = float(np.log(1.5))
"""Log odds of the last colour at least, so that hardly any effect has hardly any colour."""


def odds(pc: PCSpace) -> Fragment:
    """Show how a window more in each bin changes the odds that an image is anomalous.

    Parameters
    ----------
    pc : PCSpace

    Returns
    -------
    Fragment
        One line instead, where there is no classifier.
    """
    if pc.coefficients is None:
        html = render(
            "pc_space/planes", figures=[], layout="", note="", missing=supervised_reason(pc)
        )
        return Fragment(html, styles=PICTURES)
    is_training = (pc.samples["split"] == "train").to_numpy()
    counts = np.asarray(pc.histograms)[is_training].sum(axis=0)
    highest = max(float(np.abs(pc.coefficients).max()), LEAST)
    figures = [
        _odds_figure(pc, number, values, counts[number] > 0, highest)
        for number, values in enumerate(pc.coefficients)
    ]
    html = render(
        "pc_space/odds",
        figures=figures,
        strongest=_strongest(pc),
        has_sizes=len(pc.windows) > 1,
    )
    return Fragment(html, TABLE_SCRIPTS, PICTURES)


def _odds_figure(
    pc: PCSpace, number: int, values: np.ndarray, is_known: np.ndarray, highest: float
) -> dict[str, Any]:
    of_size, pair = divmod(number, len(pc.pairs))
    size = pc.windows[of_size]
    plane = plane_of(pc, pair, pc.info.limits[of_size], size)
    picture = shade_signed(values, "diverging_dark", vmax=highest)
    picture[~is_known.T[::-1], 3] = 0
    strongest = np.unravel_index(int(np.abs(values).argmax()), values.shape)
    over = [grid(len(values))]
    over += numbers(np.where(is_known, np.exp(values), np.nan), _odds_words, picture)
    title = f"Odds of a bin, {plane.axes[0]} and {plane.axes[1]}"
    return {
        "title": title if len(pc.windows) == 1 else f"{title}, windows of {size} × {size}",
        "drawing": plane.large(
            indexed_png(picture),
            f"{title}; the strongest are {np.exp(values[strongest]):.2g} in bin "
            f"{strongest[0] + 1} across, {strongest[1] + 1} up",
            over,
        ),
        "legend": legend(
            "diverging_dark",
            [f"× {np.exp(-highest):.2f}: normal", "× 1", f"× {np.exp(highest):.2f}: anomalous"],
            is_signed=True,
        ),
    }


def _strongest(pc: PCSpace) -> list[dict[str, Any]]:
    """Return the bins that raise the odds most, then those that lower them most."""
    table = pc.run.table("coefficients").sort_values("odds", ascending=False, kind="stable")
    rising = table[table["odds"] > 1].head(N_STRONGEST)
    falling = table[table["odds"] < 1].tail(N_STRONGEST)
    return [
        {
            "window": row["window"],
            "x": _range(row["first"], row["x0"], row["x1"]),
            "y": _range(row["second"], row["y0"], row["y1"]),
            "odds": _odds_words(row["odds"]),
        }
        for row in rows_of(pd.concat([rising, falling]))
    ]


def _range(component: int, low: float, high: float) -> str:
    return minus(f"PC{component + 1} {low:.3g} to {high:.3g}")


def _odds_words(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"
