"""Which strategies can be told apart, over categories or draws."""

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from anomalylab import metrics
from anomalylab.metrics import CriticalDifference
from anomalylab.metrics.in_studies import strategy_words, told
from anomalylab.number_words import fixed, listed, percent, readable
from anomalylab.reports.kit.charts import svg_text
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.kit.rows import rows_of
from anomalylab.studies.findings import PERFECT, Findings
from anomalylab.studies.sentences import signed

WIDTH, ROW, LEFT, RIGHT, BAR = 520, 24, 20, 260, 9
"""Of the diagram: its width, the height of a row, its margins, and between two bars."""

TICKS = 8
"""Numbers on its axis, at most."""

UNFOLDED = 15
"""Comparisons up to which the table of them is open."""


def standing(found: Findings, metric: str = "refinement_recall") -> Fragment:
    """Compare strategies by paired tests at the share removed that the headline tells of.

    Over categories, if there are several (means over seeds), else over seeds.

    Parameters
    ----------
    found : Findings
    metric : str
        As in STUDY_METRICS.

    Returns
    -------
    Fragment
        Nothing, if the study refines nothing.
    """
    values = values_of(found, metric)
    if values is None or values.shape[1] < 2 or not len(values):
        return Fragment(render("study/standing", tests=[], reason="", words=""))
    compared = metrics.critical_difference(values)
    n_sets, is_seeds = len(values), len(found.study.categories) == 1
    sets = "draws of one product" if is_seeds else "products"
    html = render(
        "study/standing",
        words=_words(compared, told(metric).title, found),
        diagram=_diagram(compared),
        tests=[_row(row, metric) for row in rows_of(compared.tests)],
        caption=f"{told(metric).title}, {percent(found.reject or 0)} of the images removed",
        is_open=len(compared.tests) <= UNFOLDED,
        n_sets=n_sets,
        sets=sets,
        floor=_floor(n_sets, len(compared.tests), is_seeds),
        reason="",
    )
    return Fragment(html, TABLE_SCRIPTS)


def values_of(found: Findings, metric: str) -> pd.DataFrame | None:
    """Return a metric with a row a category (or seed) and a column a strategy; None without any.

    A removal is the same whatever is fitted afterwards, so measures of it count each ranking once;
    other metrics are those of the first detector.
    """
    if found.pollution is None or found.reject is None:
        return None
    table = found.study.tables.metrics
    rows = table[
        (table["study"] == "refinement")
        & (table["metric"] == metric)
        & (table["strategy"] != PERFECT)
        & np.isclose(table["pollution"], found.pollution)
        & np.isclose(table["reject"], found.reject)
    ]
    own = ""
    if metric.startswith("refinement_"):
        rows = rows.drop_duplicates(["category", "strategy", "scorer", "seed"])
    else:
        own = found.study.detectors[0]
        rows = rows[rows["detector"] == own]
    names = [strategy_words(row["strategy"], row["scorer"], own) for row in rows_of(rows)]
    index = "seed" if len(found.study.categories) == 1 else "category"
    named = rows.assign(name=names)
    return named.pivot_table(index=index, columns="name", values="value").dropna()


def _words(compared: CriticalDifference, title: str, found: Findings) -> str:
    order = [str(name) for name in compared.ranks.index]
    alike = next((group for group in compared.groups if order[0] in group), (order[0],))
    others = [name for name in order if name not in alike]
    removed = f"{percent(found.reject or 0)} of the images removed"
    if not others:
        return (
            f"By {title.lower()} with {removed}, no two strategies can be told apart by these data."
        )
    if len(alike) == 1:
        return f"By {title.lower()} with {removed}, {order[0]} is ahead of all others."
    return (
        f"By {title.lower()} with {removed}, {listed(alike)} are ahead and cannot be told apart "
        f"from each other; {listed(others)} {'is' if len(others) == 1 else 'are'} behind."
    )


def _row(row: dict[str, Any], metric: str) -> dict[str, Any]:
    is_share = metric.startswith(("refinement_", "recall", "false"))
    return {
        "a": row["a"],
        "b": row["b"],
        "difference": signed(row["difference"], is_share=is_share),
        "p": readable(row["p_value"], 2),
        "p_holm": readable(row["p_holm"], 2),
        "is_different": bool(row["is_different"]),
    }


def _floor(n_sets: int, n_tests: int, is_seeds: bool) -> str:
    """Say how small a p-value so few sets can give, and what draws do not speak for."""
    least = 2 / 2**n_sets
    told_apart = (
        f"{n_sets} of them cannot give a p below {readable(least, 2)}, "
        f"{readable(min(1.0, least * n_tests), 2)} adjusted"
        + (": too few to tell any two apart." if least * n_tests > 0.05 else ".")
    )
    return told_apart + (" Draws of one product say nothing of other products." if is_seeds else "")


def _diagram(compared: CriticalDifference) -> Markup:
    """Draw mean ranks on one axis, and bars over what was not told apart."""
    ranks = compared.ranks
    top = 22 + BAR * len(compared.groups)
    height = top + ROW * len(ranks) + 26
    last = max(float(len(ranks)), 2.0)

    def x(rank: float) -> float:
        return round(LEFT + (rank - 1) / (last - 1) * (WIDTH - LEFT - RIGHT), 1)

    axis = Markup('<path class="al-grid" d="M{} {}H{}"/>').format(LEFT, height - 24, x(last))
    parts = [axis]
    for rank in range(1, int(last) + 1, -(-int(last) // TICKS)):
        parts.append(svg_text(x(rank), height - 8, "middle", str(rank)))
    bar = Markup('<path d="M{} {}H{}" stroke="var(--unknown)" stroke-width="4"/>')
    for i, group in enumerate(compared.groups):
        ends = float(ranks[group[0]]), float(ranks[group[-1]])
        parts.append(bar.format(x(ends[0]) - 4, 12 + BAR * i, x(ends[1]) + 4))
    dot = Markup('<circle cx="{}" cy="{}" r="5" fill="var(--line)"/>')
    for i, (name, rank) in enumerate(ranks.items()):
        y = top + ROW * i
        parts.append(dot.format(x(float(rank)), y))
        parts.append(svg_text(x(float(rank)) + 12, y + 4.5, "start", f"{name}, {fixed(rank, 2)}"))
    parts.append(svg_text(WIDTH, height - 8, "end", "mean rank, 1 is best →"))
    alt = f"Mean ranks: {', '.join(f'{name} {fixed(rank, 2)}' for name, rank in ranks.items())}."
    svg = Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>')
    drawing = svg.format(WIDTH, height, alt, Markup("").join(parts))
    note = "Bars join strategies that were not told apart."
    figure = Markup(
        '<figure class="al-chart">{}<figcaption class="al-note">{}</figcaption></figure>'
    )
    return figure.format(drawing, note)
