"""What was asked, and the answer."""

from typing import Any

from anomalylab.features import ON_DEMAND
from anomalylab.number_words import grouped, listed, plural
from anomalylab.reports.kit.fragment import Fragment, render
from anomalylab.reports.kit.metric_table import score_tile
from anomalylab.runs.folder import Run
from anomalylab.runs.info import VerdictInfo

TERMS = {
    "Score": "how unlike the training images an image is; higher is more unusual. Each detector "
    "has its own unit.",
    "Threshold": "images that score at or above it count as found.",
    "Most images": "the scores that they share, with a curve fitted to them; what lies beyond it "
    "stands apart.",
    "Anomaly map": "the same for each place in an image: where the detector sees something "
    "unusual.",
}
"""Explained below the verdict."""


N_WARNINGS = 3
"""Findings of the check of the data that stand under the headline."""


def verdict(run: Run) -> Fragment:
    """Say what was asked, of which data, with which weights, and what came out.

    Parameters
    ----------
    run : Run

    Returns
    -------
    Fragment
    """
    return show_verdict(
        run,
        {name: name for name in run.detectors},
        asked=asked(run),
        warnings=warnings(run),
        tiles=_tiles(run),
        judges="detectors",
        terms=TERMS,
    )


def show_verdict(run: Run, names: dict[str, str], **words: Any) -> Fragment:
    """Show the verdict of the first of some methods, and below it those of the others.

    Parameters
    ----------
    run : Run
    names : dict
        Method -> its name for readers.
    **words
        ``asked``, ``warnings``, ``tiles``, ``judges`` (what the methods are called together) and
        ``terms`` (term -> meaning) of the template.
    """
    verdicts = run.info.verdicts
    method, *others = names
    first = verdicts[method]
    html = render(
        "parts/verdict",
        name=names[method],
        sentence=first.sentence,
        reasons=[reason for reason in _reasons(first) if reason],
        others=[(names[name], verdicts[name].sentence) for name in others],
        **words,
    )
    return Fragment(html)


def _reasons(verdict: VerdictInfo) -> tuple[str, ...]:
    """Return what stands below the headline: what stands out, would have, and stays unknown."""
    return verdict.reason, verdict.training, verdict.seen, verdict.unknown


def asked(run: Run) -> str:
    """Return one sentence on the question, the data, the network and its weights."""
    info = run.info
    data = f"“{info.dataset.category or info.dataset.root_name}”{_of_kind(run)}"
    n_queries, n_train = len(run.queries), int((run.samples["split"] == "train").sum())
    if info.is_unlabelled:
        question = (
            f"Which of {plural(n_queries, 'image')} of {data} stand apart from the others? Each "
            "was compared with all the others, without knowing which are good."
        )
    else:
        question = (
            f"Which of {plural(n_queries, 'image')} of {data} look unlike "
            f"{plural(n_train, 'training image')}?"
        )
    extractor = run.detect.extractor
    height, width = extractor.size
    weights = extractor.weights.removeprefix(f"{extractor.name}, ")
    return (
        f"{question} {_compared(run)} the network {extractor.name}, at {height} × {width} "
        f"pixels; its weights: {weights}."
    )


def _of_kind(run: Run) -> str:
    """Say which of several kinds of images in its folder a run is about."""
    kind = run.detect.image_kind
    if kind is None:
        return ""
    return f" (kind {kind.number} of the {kind.n_kinds} kinds of images in that folder)"


def _compared(run: Run) -> str:
    """Say what detectors compared, up to the name of the network."""
    on_images = [name for name in run.detectors if _looks_at_images(run, name)]
    on_features = [name for name in run.detectors if name not in on_images]
    if not on_images:
        return f"Compared by {listed(on_features)} on features of"
    first = f"Compared by {listed(on_images)} on the images themselves"
    if not on_features:
        return f"{first}; which images look alike is judged by"
    return f"{first} and by {listed(on_features)} on features of"


def _looks_at_images(run: Run, detector: str) -> bool:
    levels = run.detect.detectors[detector].levels
    return bool(levels) and set(levels) <= set(ON_DEMAND)


def warnings(run: Run) -> list[str]:
    """Return what a reader must know before believing the verdict."""
    found = []
    if "random" in run.detect.extractor.weights.lower():
        found.append(
            "The network has random weights: this run shows that everything works, and nothing "
            "about the images."
        )
    return found + findings_warnings(run)


def findings_warnings(run: Run) -> list[str]:
    """Return what the check of the data warns of: the first in full, the number of the others."""
    found = [finding for finding in run.info.findings if finding.severity != "note"]
    told = [f"{one.message}{one.advice and f': {one.advice}'}." for one in found[:N_WARNINGS]]
    n_left = len(found) - len(told)
    left = (
        f"The check of the data found {plural(n_left, 'further thing')}; see the end of this page."
    )
    return told + ([left] if n_left else [])


def _tiles(run: Run) -> list[dict[str, Any]]:
    detector = run.detectors[0]
    first = run.info.verdicts[detector]
    tiles = []
    if first.n_suspects is not None:
        expected = first.expected_by_chance
        chance = "" if expected is None else f"about {expected:.2g} would be if all were good"
        tiles.append({"title": "Beyond the threshold", "value": first.n_suspects, "note": chance})
    tiles.append(images_tile(run))
    tile = score_tile(run.table("metrics"), detector, "auroc")
    return [*tiles, tile] if tile else tiles


def images_tile(run: Run) -> dict[str, Any]:
    """Return how many images were judged, and which labels they have."""
    return {"title": "Images judged", "value": grouped(len(run.queries)), "note": _labels(run)}


def _labels(run: Run) -> str:
    labels = run.queries["label"]
    if labels.isna().all():
        return "none has a known label"
    counts = [
        (int((labels == 0).sum()), "normal"),
        (int((labels == 1).sum()), "anomalous"),
        (int(labels.isna().sum()), "unknown"),
    ]
    return ", ".join(f"{n} {name}" for n, name in counts if n)
