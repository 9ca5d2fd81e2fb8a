"""What a run would have seen, told beside new images that it has scored."""

from collections.abc import Mapping
from dataclasses import replace

from anomalylab.runs.folder import Run
from anomalylab.runs.info import VerdictInfo
from anomalylab.runs.limits import Limits
from anomalylab.runs.scored import as_training
from anomalylab.runs.sensitivity.shown import MAP_SIDE
from anomalylab.runs.sensitivity.words import seen_sentence
from anomalylab.runs.sensitivity.write import MAPS
from anomalylab.runs.writing import RunWriter
from anomalylab.verdicts.sensitivity import sensitivity


def carry_over(
    base: Run, writer: RunWriter, judged: Mapping[str, tuple[VerdictInfo, Limits]]
) -> dict[str, VerdictInfo]:
    """Copy planted defects of a finished run, counted at the thresholds that new images meet.

    Parameters
    ----------
    base : Run
        The one that scores.
    writer : RunWriter
        Of the scored images.
    judged : mapping
        Detector -> what it says of them, and its thresholds.

    Returns
    -------
    verdicts : dict
        With what the run would have seen, where it has measured that.
    """
    planted, told = base.table("planted"), {label: words for label, (words, _) in judged.items()}
    planted = planted[planted["detector"].isin(list(judged))].reset_index(drop=True)
    if planted.empty:
        return told
    limits = {label: limits.default.value for label, (_, limits) in judged.items()}
    threshold = planted["detector"].map(limits)
    is_found = (planted["score"] >= threshold) & (planted["score_before"] < threshold)
    planted, shown = planted.assign(is_found=is_found), base.table("planted_pictures")
    found = sensitivity(planted)
    writer.table("planted", as_training(planted))
    writer.table("planted_pictures", shown)
    writer.table("sensitivity", found)
    with writer.place(MAPS) as folder:
        folder.mkdir()
    for label in planted["detector"].unique():
        name = f"{MAPS}/{label}.npy"
        writer.array(name, base.files.array(name, len(shown), MAP_SIDE, MAP_SIDE))
        words = seen_sentence(found[found["detector"] == label], scored_with=base.info.name)
        told[label] = replace(told[label], seen=words)
    return told
