"""How the networks of PNI were trained: loss over epochs, learnt from and held out."""

from collections.abc import Iterator
from typing import Any

from anomalylab.pictures.colours import LIGHT
from anomalylab.recipes.pni.told import NAMES
from anomalylab.reports.kit.fragment import Fragment, render
from anomalylab.reports.kit.loss_drawing import loss_drawing
from anomalylab.runs.course import best_epoch
from anomalylab.runs.folder import Run


def curves(run: Run) -> Fragment:
    """Show the loss over epochs of each network, and where the weights that were kept are from.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Fragment
    """
    html = render("pni/curves", charts=list(_charts(run)))
    return Fragment(html, (), ("parts/training.css", "pni/page.css"))


def _charts(run: Run) -> Iterator[dict[str, Any]]:
    table = run.table("pni_curves")
    for (category, variant, network), some in table.groupby(
        ["category", "variant", "network"], sort=False
    ):
        name = f"{category}, {NAMES.get(str(variant), str(variant))}: {network}"
        losses = some[some["measure"] == "loss"]
        drawing = loss_drawing(losses, LIGHT["ink"], best_epoch(losses), name)
        yield {"title": name, "drawing": drawing}
