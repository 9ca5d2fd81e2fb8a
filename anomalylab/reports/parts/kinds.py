"""The kinds of images that a run was fitted on: how many there are of each, and a few of them."""

from typing import Any

from anomalylab.number_words import plural
from anomalylab.pictures.encode import data_url
from anomalylab.reports.kit.fragment import Fragment, render
from anomalylab.reports.kit.rows import by_key, rows_of
from anomalylab.reports.kit.words import short_names
from anomalylab.runs.folder import Run
from anomalylab.runs.image_kinds import N_TYPICAL, WHAT_IT_MAY_BE


def kinds(run: Run) -> Fragment:
    """Show typical images of each kind.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Fragment
        Nothing to show if all images are of one kind.
    """
    found = _kinds(run)
    html = render(
        "parts/kinds", kinds=found, may_be=WHAT_IT_MAY_BE, can_part=run.info.is_unlabelled
    )
    return Fragment(html, styles=("parts/kinds.css",))


def _kinds(run: Run) -> list[dict[str, Any]]:
    table = run.table("kinds")
    shown = table[table["rank"] <= N_TYPICAL].sort_values(["kind", "rank"])
    thumbnails = by_key(run.table("thumbnails"), "sample_id")
    names = short_names(shown["sample_id"])
    found = []
    for kind, images in shown.groupby("kind"):
        n_images = int((table["kind"] == kind).sum())
        pictures = [
            {**thumbnails[row["sample_id"]], "name": names[row["sample_id"]]}
            for row in rows_of(images)
        ]
        for picture in pictures:
            picture["src"] = data_url(picture["image"])
        found.append({"title": f"Kind {kind}: {plural(n_images, 'image')}", "pictures": pictures})
    return found
