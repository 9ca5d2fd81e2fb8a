"""From a cloud to counts, and what the classifier makes of each count."""

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from anomalylab.recipes.pc_space.opened import PCSpace
from anomalylab.reports.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.payload import short_names
from anomalylab.reports.pc_clouds import PICTURES
from anomalylab.reports.pc_images import plane_of, scored, shown
from anomalylab.reports.pc_plane import SIDE, Plane, legend
from anomalylab.reports.pc_supervised import supervised_reason
from anomalylab.reports.rows import rows_of
from anomalylab.reports.words import grouped, plural
from anomalylab.shading import png, shade, shade_signed

FINE = 240
"""Cells of a large cloud along an axis."""

N_STRONGEST = 4
"""Bins listed that raise the odds, and that lower them."""

MAX_NUMBERED = 12
"""Bins along an axis up to which numbers fit into them."""


def histogram(pc: PCSpace, image: str = "") -> Fragment:
    """Show the cloud of one image beside the histogram that stands for it.

    Parameters
    ----------
    pc : PCSpace
    image : str
        Sample id; the anomalous image of the highest score if empty.

    Returns
    -------
    Fragment
    """
    table = scored(pc, pc.run.detectors[0])
    anomalous = table[(table["label"] == 1).fillna(False).to_numpy(bool)]
    row = (anomalous if len(anomalous) else table).iloc[0]
    if image:
        row = pc.samples.iloc[pc.row(image)].copy()
        row["score"] = np.nan
    seen = shown(pc, row)
    plane = plane_of(pc, limit=pc.limit)
    counts = pc.histogram(seen.sample_id)
    name = short_names(pc.samples["sample_id"])[seen.sample_id]
    figures = []
    if seen.cloud is not None:
        cells = plane.raster(*plane.along(seen.cloud), side=FINE)
        drawing = plane.large(png(shade(cells)), f"Windows of {name}", [grid(plane, len(counts))])
        ends = ["1 window", f"{grouped(int(cells.max()))} windows in a point"]
        figures.append(
            {
                "title": f"{name}: {plural(seen.cloud.residual.size, 'window')}",
                "drawing": drawing,
                "legend": legend("inferno", ends),
            }
        )
    drawing = plane.large(
        png(shade(counts)),
        f"Histogram of the windows of {name}",
        [grid(plane, len(counts)), *_numbers(plane, counts, _short, shade(counts))],
    )
    figures.append(
        {
            "title": f"The same in {len(counts)} × {len(counts)} counts",
            "drawing": drawing,
            "legend": legend("inferno", ["1", f"{grouped(int(counts.max()))} windows in a bin"]),
        }
    )
    html = render(
        "pc_planes",
        figures=figures,
        layout="al-is-pair",
        note=_beyond_words(pc, seen.sample_id),
        missing=seen.missing,
    )
    return Fragment(html, styles=PICTURES)


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
        html = render("pc_planes", figures=[], layout="", note="", missing=supervised_reason(pc))
        return Fragment(html, styles=PICTURES)
    is_training = (pc.samples["split"] == "train").to_numpy()
    counts = np.asarray(pc.histograms)[is_training].sum(axis=0)
    highest = float(np.abs(pc.coefficients).max()) or 1.0
    figures = [
        _odds_figure(pc, number, values, counts[number] > 0, highest)
        for number, values in enumerate(pc.coefficients)
    ]
    html = render("pc_odds", figures=figures, strongest=_strongest(pc))
    return Fragment(html, TABLE_SCRIPTS, PICTURES)


def grid(plane: Plane, bins: int) -> Markup:
    """Draw the borders of bins."""
    steps = [round(i * SIDE / bins, 2) for i in range(1, bins)]
    lines = "".join(f"M{at} 0V{SIDE}M0 {at}H{SIDE}" for at in steps)
    return Markup('<path class="al-bin-line" d="{}"/>').format(lines)


def _odds_figure(
    pc: PCSpace, number: int, values: np.ndarray, is_known: np.ndarray, highest: float
) -> dict[str, Any]:
    window, pair = divmod(number, len(pc.pairs))
    plane = _plane_of_number(pc, window, pair)
    picture = shade_signed(values, "diverging_dark", vmax=highest)
    picture[~is_known.T[::-1], 3] = 0
    strongest = np.unravel_index(int(np.abs(values).argmax()), values.shape)
    over = [grid(plane, len(values))]
    over += _numbers(plane, np.where(is_known, np.exp(values), np.nan), _odds_words, picture)
    title = f"Odds of a bin, {plane.axes[0]} and {plane.axes[1]}"
    size = pc.windows[window]
    return {
        "title": title if len(pc.windows) == 1 else f"{title}, windows of {size} × {size}",
        "drawing": plane.large(
            png(picture),
            f"{title}; the strongest are {np.exp(values[strongest]):.2g} in bin "
            f"{strongest[0] + 1} across, {strongest[1] + 1} up",
            over,
        ),
        "legend": legend(
            "diverging_dark",
            [f"× {np.exp(-highest):.2g}: normal", "× 1", f"× {np.exp(highest):.2g}: anomalous"],
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
    return f"PC{component + 1} {low:.3g} to {high:.3g}".replace("-", "−")


def _plane_of_number(pc: PCSpace, window: int, pair: int) -> Plane:
    first, second = pc.pairs[pair]
    deviations = np.sqrt(pc.spaces[pc.windows[window]].variances)
    return Plane(
        pc.info["limits"][window],
        (f"PC{first + 1}", f"PC{second + 1}"),
        (float(deviations[first]), float(deviations[second])),
    )


def _numbers(plane: Plane, values: np.ndarray, words: Any, picture: np.ndarray) -> list[Markup]:
    """Write values into their bins, dark on bright ones."""
    bins = len(values)
    if bins > MAX_NUMBERED:
        return []
    text = Markup('<text class="al-bin-number" x="{}" y="{}" style="fill:{}">{}</text>')
    step = SIDE / bins
    written = []
    for i, j in np.argwhere(np.isfinite(values) & (values > 0)):
        colour = picture[bins - 1 - j, i, :3]
        ink = "#000" if colour @ np.array([0.299, 0.587, 0.114]) > 118 else "#fff"
        x, y = round((i + 0.5) * step, 1), round(SIDE - (j + 0.5) * step + 4, 1)
        written.append(text.format(x, y, ink, words(float(values[i, j]))))
    return written


def _short(count: float) -> str:
    return f"{count:.0f}" if count < 1000 else f"{count / 1000:.2g}k"


def _odds_words(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def _beyond_words(pc: PCSpace, sample_id: str) -> str:
    table = pc.run.table("features")
    found = table.loc[table["sample_id"] == sample_id, "dropped"]
    limit = f"±{pc.limit:g}"
    fate = "left out" if pc.info.get("overflow") == "drop" else "counted in the outermost bins"
    own = f"Of this image {_percent(found.iloc[0])} lie" if len(found) else "Some lie"
    whole = f", of all images {_percent(table['dropped'].mean())}" if len(found) else ""
    return (
        "Colours are logarithmic. Bins are what the classifier sees: it no longer knows where in "
        f"the image a window was. {own} beyond {limit}{whole}, and are {fate}."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.2g}\N{NARROW NO-BREAK SPACE}%"
