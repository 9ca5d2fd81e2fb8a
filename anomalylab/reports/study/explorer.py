"""Curves, sliders and the images behind points, linked, with a still stand-in."""

from typing import Any

from anomalylab.number_words import percent
from anomalylab.pictures import map_colours
from anomalylab.pictures.encode import data_url
from anomalylab.reports.kit.fragment import Fragment, json_for_script, render
from anomalylab.reports.kit.rows import by_key
from anomalylab.reports.study.payload import payload
from anomalylab.reports.study.still import pollution_chart, refinement_chart
from anomalylab.studies.effects import chosen
from anomalylab.studies.findings import Findings

SCRIPTS = (
    "kit/core.js",
    "kit/number_words.js",
    "kit/map_colours.js",
    "kit/model.js",
    "gallery.js",
    "study/store.js",
    "study/chart.js",
    "study/controls.js",
    "study/pollution.js",
    "study/refinement.js",
    "study/point.js",
    "study/explorer.js",
)
STYLES = ("detect/explorer.css", "parts/first.css", "gallery.css", "study/explorer.css")

N_STILL = 10
"""Missed images shown to readers without scripts."""


def explorer(found: Findings) -> Fragment:
    """Show curves with sliders; a point opens the images that were removed or missed there.

    Without scripts: the curves of pollution and of refinement, and images that are missed at the
    highest pollution.

    Parameters
    ----------
    found : Findings

    Returns
    -------
    Fragment
    """
    study = found.study
    polluted = [pollution_chart(study, metric) for metric in found.shown]
    refined = []
    if found.pollution is not None:
        metrics = [*found.shown[:2], "refinement_recall"]
        refined = [
            refinement_chart(study, detector, metric, found.pollution)
            for detector in study.detectors
            for metric in metrics
        ]
    html = render(
        "study/explorer",
        data=json_for_script(payload(found)),
        polluted=[chart for chart in polluted if chart],
        refined=[chart for chart in refined if chart],
        missed=list(_missed(found)),
        most=percent(study.levels[-1]) if study.levels else "",
        detector=study.detectors[0],
    )
    return Fragment(html, SCRIPTS, STYLES)


def _missed(found: Findings) -> list[dict[str, Any]]:
    """Return defects that the first detector misses at the highest pollution, by how often."""
    study = found.study
    if not study.levels or study.at == "verdict" or not study.at:
        return []
    at = {"study": "pollution", "detector": study.detectors[0], "pollution": study.levels[-1]}
    rows = chosen(study.tables.scores, at)
    tested = rows[(rows["role"] == "test") & (rows["label"] == 1)]
    is_missed = ~tested[f"is_beyond_{study.at}"].astype(bool)
    counts = tested.loc[is_missed, "sample_id"].value_counts().head(N_STILL)
    pictures = by_key(study.tables.thumbnails, "sample_id")
    n_draws = int(rows["seed"].nunique())
    return [
        {
            "id": sample_id,
            "words": f"missed in {n} of {n_draws} draws",
            "src": data_url(map_colours.composite(picture["image"], None, picture["contour"])),
            "width": picture["width"],
            "height": picture["height"],
        }
        for sample_id, n in counts.items()
        if (picture := pictures.get(str(sample_id)))
    ]
