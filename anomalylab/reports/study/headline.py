"""The answer in plain sentences: what pollution did, and what mended it."""

from typing import Any

from anomalylab.datasets.pollute import planted
from anomalylab.number_words import fixed, grouped, listed, percent, plural
from anomalylab.reports.kit.fragment import Fragment, render
from anomalylab.studies.findings import Findings
from anomalylab.studies.sentences import (
    AT,
    failed_words,
    mending,
    of_detectors,
    overlap_words,
    removing,
    sentence,
    signed,
)

TERMS = {
    "Polluted": "training images that are thought to be good are defective.",
    "AUROC": "chance that a random defective image scores above a random good one; 0.5 is "
    "guessing. It is about the order of scores alone.",
    "Found": "share of the defective test images at or above a threshold that is set without "
    "labels, on scores of that same training set, each image left out.",
    "Difference": "95 % interval that covers other draws of the defects that pollute, and other "
    "test images. Within chance: it holds 0.",
    "Perfect": "exactly the defective images are removed, which takes labels: what the best "
    "strategy could reach.",
}


def headline(found: Findings) -> Fragment:
    """Say what pollution did to ranking and decisions, and which strategy mended what.

    Parameters
    ----------
    found : Findings

    Returns
    -------
    Fragment
    """
    study = found.study
    first, refined = sentence(found), mending(found)
    html = render(
        "parts/verdict",
        name="the strongest effect",
        sentence=first,
        reasons=[told for told in (*refined, *removing(found)) if told != first],
        asked=_asked(found),
        warnings=warnings_of(found),
        tiles=_tiles(found),
        others=of_detectors(found),
        judges="effects of pollution, detector by detector,",
        terms=TERMS | _threshold(study.at),
    )
    return Fragment(html)


def _threshold(at: str) -> dict[str, str]:
    return {"Threshold": f"here decisions are taken {AT[at]}."} if at else {}


def warnings_of(found: Findings) -> list[str]:
    """Return what stands below the headline because it explains or weakens it."""
    told = [overlap_words(of) for of in found.overlaps]
    told += list(filter(None, [planted.words(found.study.tables.samples)]))
    if len(found.study.failed):
        told.append(failed_words(found))
    left_out = sorted({name for names in found.study.points["left_out"] for name in _names(names)})
    if left_out:
        told.append(
            f"{listed(left_out)}: not all seeds could be judged everywhere; means leave "
            f"{'it' if len(left_out) == 1 else 'them'} out where one is missing."
        )
    return told


def _names(text: str) -> list[str]:
    return [name for name in text.split(", ") if name]


def _asked(found: Findings) -> str:
    study = found.study
    cells = study.tables.cells
    parts = []
    if study.levels:
        shares = f"{percent(study.levels[0])} to {percent(study.levels[-1])}"
        parts.append(f"{len(study.levels)} shares of pollution from {shares}")
    if study.refined_at:
        names = cells.loc[cells["study"] == "refinement", "strategy"].unique()
        parts.append(f"{plural(len(names), 'strategy', 'strategies')} of refinement")
    categories = [f"“{name}”" for name in study.categories]
    of = listed(categories) if len(categories) < 4 else f"{len(categories)} products"
    alone = " Intervals of one product say nothing of others." if len(categories) == 1 else ""
    return (
        f"What do defects among the training images of {of} do to {listed(study.detectors)}, and "
        f"what mends it? {' and '.join(parts).capitalize()}, {cells['seed'].nunique()} draws each: "
        f"{grouped(len(cells))} training sets.{alone}"
    )


def _tiles(found: Findings) -> list[dict[str, Any]]:
    tiles = []
    for metric, title in zip(found.shown, ("AUROC", "Found", "False alarms"), strict=False):
        of = {name: own[metric] for name, own in found.of_pollution.items() if metric in own}
        if not of:
            continue
        name = max(of, key=lambda one: abs(of[one].value))
        is_share = metric != "auroc"
        moved = [percent(v) if is_share else fixed(v, 3) for v in (of[name].before, of[name].after)]
        tiles.append(
            {
                "title": f"{title}: largest change",
                "value": signed(of[name].value, is_share=is_share),
                "note": f"{name}, {moved[0]} to {moved[1]}",
            }
        )
    cells = found.study.tables.cells
    done = int((cells["status"] == "done").sum())
    tiles.append({"title": "Training sets judged", "value": grouped(done), "note": "all told"})
    return tiles
