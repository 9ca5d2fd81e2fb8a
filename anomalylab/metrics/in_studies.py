"""What studies measure of a training set, for readers: names, meanings, where an axis begins."""

import math
from typing import NamedTuple

RANKING = "Ranking"
DECISION = "Decisions"
PLACES = "Places in the images"
REMOVED = "Removed images"
HEALED = "Healed images"


class OfStudy(NamedTuple):
    """How readers are told of a metric.

    Parameters
    ----------
    title : str
    meaning : str
        In a line that begins in lower case.
    group : str
        :data:`RANKING`, :data:`DECISION`, :data:`PLACES`, :data:`REMOVED` or :data:`HEALED`.
    question : str
        What a curve of it answers; the title of a plot.
    floor : float
        Where an honest axis begins: the value of guessing, or 0.
    higher_is_better : bool
    """

    title: str
    meaning: str
    group: str
    question: str
    floor: float = 0.0
    higher_is_better: bool = True

    @property
    def short(self) -> str:
        """Its name on an axis, without the threshold."""
        return self.title.split(" at the ")[0].split(" by the ")[0]


def _decisions(at: str, words: str) -> dict[str, OfStudy]:
    return {
        f"recall_at_{at}": OfStudy(
            title=f"Found {words}",
            meaning=f"share of defective images that are flagged {words}",
            group=DECISION,
            question="Are defects still found?",
        ),
        f"false_alarms_at_{at}": OfStudy(
            title=f"False alarms {words}",
            meaning=f"share of good images that are flagged {words}",
            group=DECISION,
            question="Are good images flagged?",
            higher_is_better=False,
        ),
    }


def _of(title: str, meaning: str, group: str, question: str, floor: float = 0.0) -> OfStudy:
    return OfStudy(title, meaning, group, question, floor)


_RANKS, _MARKS = "Does the ranking survive?", "Are defects still marked in the right places?"
_AREA = "over low false-alarm rates"

IN_STUDIES: dict[str, OfStudy] = {
    "auroc": _of(
        "AUROC", "chance that a defective image scores above a good one", RANKING, _RANKS, 0.5
    ),
    "ap": _of("AP", "average precision: area under precision against recall", RANKING, _RANKS),
    **_decisions("5", "at the 5 % threshold"),
    **_decisions("1", "at the 1 % threshold"),
    **_decisions("verdict", "by the verdict"),
    "au_pro": _of("AU-PRO", f"mean share covered of each defect, {_AREA}", PLACES, _MARKS),
    "au_iou": _of("AU-IoU", f"mean overlap of found and true defects, {_AREA}", PLACES, _MARKS),
    "pixel_auroc": _of(
        "Pixel AUROC", "as AUROC, with pixels instead of images", PLACES, _MARKS, 0.5
    ),
    "refinement_precision": _of(
        "Precision of removal",
        "share of the removed images that are defective",
        REMOVED,
        "Are the removed images defective?",
    ),
    "refinement_recall": _of(
        "Recall of removal",
        "share of the defects in the training set that are removed",
        REMOVED,
        "Are the defective images removed?",
    ),
    "refinement_f1": _of(
        "F1 of removal",
        "harmonic mean of precision and recall of removal",
        REMOVED,
        "Are the right images removed?",
    ),
    "healed_accepted": _of(
        "Accepted",
        "share of the healed images that score like kept ones",
        HEALED,
        "Do healed images pass for good ones?",
    ),
    "healed_energy_fell": _of(
        "Defect fell",
        "share of the accepted images in which the defect scores less than before",
        HEALED,
        "Does healing take defects out?",
    ),
    "healed_energy_left": OfStudy(
        "Left of the defect",
        "its energy, the mean squared score, after healing to before; median of the accepted "
        "images",
        HEALED,
        "What is left of healed defects?",
        higher_is_better=False,
    ),
    "healed_change": OfStudy(
        "Change of kept images",
        "the largest change that healing makes to a kept image, left out, beside replacing all of "
        "it; where it is not well below 1, healing is worth nothing",
        HEALED,
        "Does healing leave good images alone?",
        higher_is_better=False,
    ),
}
"""By name in tables, in the order in which they are shown."""


def told(metric: str) -> OfStudy:
    """Return how readers are told of a metric; one that is not known keeps its name."""
    name = metric.replace("_", " ")
    return IN_STUDIES.get(metric, _of(name, "", RANKING, f"What becomes of {name}?"))


def axis_floor(metric: str, least: float) -> float:
    """Return where an axis begins: at guessing, or nearer where all values are far above it.

    Examples
    --------
    >>> axis_floor("auroc", 0.55), axis_floor("auroc", 0.93), axis_floor("recall_at_5", 0.9)
    (0.5, 0.8, 0.0)
    """
    floor = told(metric).floor
    return max(floor, (math.floor(10 * least + 1e-9) - 1) / 10) if floor else floor


def strategy_words(strategy: str, scorer: str, detector: str) -> str:
    """Return how readers are told of a strategy, and who ranks if not the detector itself.

    Examples
    --------
    >>> strategy_words("sroc leave_out=group", "mahalanobis", "knn")
    'sroc (leave_out=group) by mahalanobis'
    >>> strategy_words("random", "", "knn")
    'random'
    """
    name, _, options = strategy.partition(" ")
    told = f"{name} ({options.replace(' ', ', ')})" if options else name
    return told if scorer in ("", detector) else f"{told} by {scorer}"
