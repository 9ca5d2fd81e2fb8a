"""How far healthy and defective images are from their own and the other kind."""

from typing import Any

import numpy as np
from markupsafe import Markup

from anomalylab.number_words import fixed, grouped, percent, readable
from anomalylab.reports.kit.charts import Line, line_chart
from anomalylab.reports.kit.fragment import TABLE_SCRIPTS, Fragment, render
from anomalylab.reports.robustness.found import Found
from anomalylab.studies.published import published
from anomalylab.studies.robustness import Distances
from anomalylab.studies.robustness.distances import PAIRS, Neighbours

N_BINS = 40
COLOURS = ("var(--normal)", "var(--unknown)", "var(--anomalous)")
_PUBLISHED = ("healthy_healthy", "healthy_defective", "defective_defective")


def table(found: Found) -> Fragment:
    """Show mean distances with their ratios, histograms, and nearest neighbours by class.

    Parameters
    ----------
    found : Found

    Returns
    -------
    Fragment
    """
    apart, ratios = found.distances, _published_ratios(found.given.name)
    html = render(
        "robustness/table",
        rows=_rows(apart, ratios),
        has_published=bool(ratios),
        histogram=_histogram(apart),
        n_pairs=grouped(sum(len(values) for values in apart.between)),
        classes=[_class("defective", apart.defects), _class("healthy", apart.healthy)],
    )
    return Fragment(html, TABLE_SCRIPTS)


def _rows(apart: Distances, ratios: list[str]) -> list[dict[str, Any]]:
    rows = []
    for i, name in enumerate(PAIRS):
        value, low, high = apart.ratios[i - 1] if i else (None, 0.0, 0.0)
        rows.append(
            {
                "name": name,
                "n": grouped(len(apart.between[i])),
                "mean": readable(apart.means[i]),
                "ratio": "" if value is None else fixed(value, 2),
                "interval": "" if value is None else f"{fixed(low, 2)} to {fixed(high, 2)}",
                "published": ratios[i - 1] if i and ratios else "",
            }
        )
    return rows


def _published_ratios(category: str) -> list[str]:
    """Return the ratios of the publication, if it measured this category."""
    all_ = published()
    of_category = all_[(all_["table"] == 3) & (all_["category"] == category)]
    if of_category.empty:
        return []
    by_metric = of_category.set_index("metric")["value"]
    means = [by_metric[f"distance_{kind}"] for kind in _PUBLISHED]
    return [fixed(means[1] / means[0], 2), fixed(means[2] / means[1], 2)]


def _histogram(apart: Distances) -> Markup:
    most = max(float(values.max()) for values in apart.between)
    edges = np.linspace(0, most, N_BINS + 1)
    lines, highest = [], 0.0
    for name, colour, values in zip(PAIRS, COLOURS, apart.between, strict=True):
        shares = np.histogram(values, edges)[0] / len(values)
        x, y = np.repeat(edges, 2)[1:-1], np.repeat(shares, 2)
        lines.append(Line(x, y, colour, name))
        highest = max(highest, float(shares.max()))
    is_left = edges[int(np.argmax(lines[0].y) / 2)] < most / 2
    return line_chart(
        lines,
        x_label="distance",
        y_label="share of pairs",
        x_max=most,
        y_max=highest * 1.35,
        corner="top-right" if is_left else "bottom-left",
        alt=f"Histograms of distances; means {', '.join(readable(m) for m in apart.means)}.",
    )


def _class(name: str, of: Neighbours) -> dict[str, str]:
    return {
        "name": name,
        "n": grouped(of.n),
        "n_same": grouped(of.n_same),
        "share": percent(of.n_same / of.n),
        "expected": readable(of.expected),
        "interval": f"{fixed(of.low, 0)} to {fixed(of.high, 0)}",
    }
