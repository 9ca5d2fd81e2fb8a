"""How the networks of PNI were trained: loss over epochs, learnt from and held out."""

from collections.abc import Iterator
from typing import Any

from anomalylab.reports.kit.fragment import Fragment, render
from anomalylab.reports.kit.loss_drawing import loss_drawing
from anomalylab.reports.kit.rows import rows_of
from anomalylab.reports.pni.opened import Opened
from anomalylab.reports.pni.words import variant_name
from anomalylab.runs.course import best_epoch

NETWORKS = {
    "neighbourhood": (
        "The network of neighbours",
        "It sees the cells around a place and guesses the kind of cell in the middle; its guesses "
        "are the shares that decide what neighbours allow.",
    ),
    "refinement": (
        "The network that refines maps",
        "It sees an image with its map and draws the map anew; it learnt from drawn defects.",
    ),
}
"""Network -> its title, and what it does."""


def curves(found: Opened) -> Fragment:
    """Show the loss over epochs of each network, and where the weights that were kept are from.

    Parameters
    ----------
    found : Opened

    Returns
    -------
    Fragment
    """
    groups = [
        {"title": title, "what": what, "charts": list(_charts(found, network))}
        for network, (title, what) in NETWORKS.items()
    ]
    fits = found.tables.fits
    failed = [
        (f"{row['category']}, {variant_name(row['variant'])}", row["reason"])
        for row in rows_of(fits[fits["status"] == "failed"])
    ]
    groups = [group for group in groups if group["charts"]]
    html = render("pni/curves", groups=groups, failed=failed)
    return Fragment(html, (), ("parts/training.css", "pni/page.css"))


def _charts(found: Opened, network: str) -> Iterator[dict[str, Any]]:
    table = found.tables.curves
    own = table[table["network"] == network]
    for (category, variant), some in own.groupby(["category", "variant"], sort=False):
        name = f"{category}, {variant_name(str(variant))}"
        losses = some[some["measure"] == "loss"]
        drawing = loss_drawing(losses, "var(--ink)", best_epoch(losses), name)
        yield {"title": name, "drawing": drawing}
