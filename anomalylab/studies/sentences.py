"""What a study found, in plain sentences that claim no more than intervals allow."""

from anomalylab.metrics.in_studies import strategy_words
from anomalylab.number_words import (
    MINUS,
    few_digits,
    fixed,
    listed,
    percent,
    plural,
    readable,
)
from anomalylab.studies.effects import Effect
from anomalylab.studies.findings import PERFECT, RANDOM, Findings, Mended
from anomalylab.studies.overlap import Overlap

AT = {
    "5": "at a threshold for 5 % of false alarms",
    "1": "at a threshold for 1 % of false alarms",
    "verdict": "by the verdict",
}

SHOWN = 3
"""Strategies named beside the best one, of more."""


def sentence(found: Findings) -> str:
    """Return the headline: what pollution did to ranking and to decisions."""
    effects = found.of_pollution
    if not effects:
        return _of_refinement_alone(found)
    polluted = f"With {percent(found.study.levels[-1])} of the training images defective"
    lost = {
        detector: of[metric]
        for detector, of in effects.items()
        if (metric := f"recall_at_{found.study.at}") in of and of[metric].high < 0
    }
    if lost:
        worst = min(lost, key=lambda name: lost[name].value)
        return f"{polluted}, {_ranked(worst, effects[worst])}{_found_after(lost[worst])}."
    ranked = {name: of["auroc"] for name, of in effects.items() if of["auroc"].high < 0}
    if ranked:
        worst = min(ranked, key=lambda name: ranked[name].value)
        return (
            f"{polluted}, {worst} ranks worse: AUROC {_moved('auroc', ranked[worst])}. What is "
            "found at its threshold cannot be told apart from chance."
        )
    return (
        f"{polluted}, nothing can be told: whatever changed in ranking and in decisions is within "
        "chance."
    )


def _ranked(detector: str, of: dict[str, Effect]) -> str:
    """Say what became of the ranking of a detector, up to what became of its decisions."""
    auroc = of.get("auroc")
    if auroc is None:
        return f"{detector} finds "
    values = f"AUROC {fixed(auroc.after, 3)} instead of {fixed(auroc.before, 3)}"
    if auroc.high < 0:
        return f"{detector} ranks worse ({values}) and finds "
    return f"{detector} still ranks defects first as far as can be told ({values}), but finds "


def _found_after(of: Effect) -> str:
    return f"{percent(of.after)} of the defects instead of {percent(of.before)}"


def _of_refinement_alone(found: Findings) -> str:
    mends = mending(found)
    return mends[0] if mends else "This study compares nothing: it has one training set a detector."


def of_detectors(found: Findings) -> list[tuple[str, str]]:
    """Return a sentence for each detector on all that pollution did to it."""
    words = {
        "auroc": "AUROC",
        f"recall_at_{found.study.at}": "found",
        f"false_alarms_at_{found.study.at}": "false alarms",
    }
    return [
        (
            detector,
            "; ".join(f"{words[m]} {_moved(m, of)} ({_interval(m, of)})" for m, of in own.items())
            + ".",
        )
        for detector, own in found.of_pollution.items()
    ]


def _moved(metric: str, of: Effect) -> str:
    if metric == "auroc":
        return f"{fixed(of.before, 3)} → {fixed(of.after, 3)}"
    return f"{percent(of.before)} → {percent(of.after)}"


def _interval(metric: str, of: Effect) -> str:
    """Write the interval of a difference, and whether it leaves out none."""
    if of.low != of.low:
        return "nothing bounds the difference"
    low, high = (signed(end, is_share=metric != "auroc") for end in (of.low, of.high))
    told = "" if of.is_certain else ": within chance"
    return f"difference {low} to {high}{told}"


def signed(value: float, *, is_share: bool) -> str:
    """Write a difference with its sign, of shares in points of per cent.

    Examples
    --------
    >>> signed(-0.051, is_share=False), signed(0.5, is_share=True)
    ('−0.051', '+50 points')
    """
    text = fixed(abs(100 * value if is_share else value), 0 if is_share else 3)
    sign = "" if not float(text) else "+" if value > 0 else MINUS
    return f"{sign}{text}{' points' if is_share else ''}"


def mending(found: Findings) -> list[str]:
    """Return a sentence for each detector on the best strategy, or that none can be told."""
    return list(mended_by_detector(found).values())


def mended_by_detector(found: Findings) -> dict[str, str]:
    """Return these sentences by detector, for those that were refined."""
    metric = f"recall_at_{found.study.at}" if found.study.at else "auroc"
    tried = {detector: found.mended(detector, metric) for detector in found.study.detectors}
    return {
        detector: _mended(found, detector, metric, strategies)
        for detector, strategies in tried.items()
        if strategies
    }


def _mended(found: Findings, detector: str, metric: str, strategies: list[Mended]) -> str:
    best = next((one for one in strategies if one.is_certain), None)
    removed = f"Removing {percent(found.reject or 0)} of the images"
    what = "what it finds" if metric.startswith("recall") else "its AUROC"
    if best is None:
        first = strategies[0]
        change = f"{_moved(metric, first.gain)}, {_interval(metric, first.gain)}"
        if len(strategies) == 1:
            return (
                f"{detector}: whether {removed[0].lower()}{removed[1:]} by "
                f"{_name(first, detector)} mends {what} cannot be told ({change})."
            )
        return (
            f"{detector}: none of {len(strategies)} strategies mends {what} for certain when "
            f"{percent(found.reject or 0)} of the images are removed; the largest change is that "
            f"of {_name(first, detector)} ({change})."
        )
    perfect = found.perfect(detector, metric)
    most = "" if perfect is None else f"; exactly the defects removed: {_value(metric, perfect)}"
    also = [_name(one, detector) for one in strategies if one.is_certain and one is not best]
    return (
        f"{detector}: {removed[0].lower()}{removed[1:]} by {_name(best, detector)} brings {what} "
        f"from {_moved(metric, best.gain).replace(' → ', ' to ')} ({_interval(metric, best.gain)}"
        f"{most}){_at_what_price(best.false_alarms)}.{_others(also)}"
    )


def _at_what_price(false_alarms: Effect | None) -> str:
    """Say what becomes of false alarms: a threshold that fell finds more of everything."""
    if false_alarms is None or false_alarms.after <= false_alarms.before:
        return ""
    moved = _moved("false_alarms", false_alarms).replace(" → ", " to ")
    told = "" if false_alarms.is_certain else ", which may be chance"
    return f", and false alarms from {moved}{told}"


def _others(also: list[str]) -> str:
    """Name the other strategies that mend it, few of many."""
    if len(also) < 2:
        return f" So does {also[0]}." if also else ""
    more = len(also) - SHOWN
    return f" So do {listed(also if more < 2 else [*also[:SHOWN], f'{more} others'])}."


def _name(one: Mended, detector: str) -> str:
    return strategy_words(one.strategy, one.scorer, detector)


def _value(metric: str, value: float) -> str:
    return fixed(value, 3) if metric == "auroc" else percent(value)


def removing(found: Findings) -> list[str]:
    """Say which rankings remove more defects than chance, and of which it cannot be told."""
    ranked = [one for one in found.removals if one.strategy not in (RANDOM, PERFECT)]
    if not ranked:
        return []
    better = [one for one in ranked if not one.is_chance]
    blind = [strategy_words(one.strategy, one.scorer, "") for one in ranked if one.is_chance]
    told = []
    if better:
        best = better[0]
        told.append(
            f"{strategy_words(best.strategy, best.scorer, '')} removes "
            f"{readable(best.n_found, 2)} of {readable(best.n_polluted, 2)} defects with "
            f"{readable(best.n_removed, 2)} images, where chance would remove "
            f"{few_digits(best.expected)}."
        )
    if blind:
        told.append(
            f"{listed(blind)}: no more defects than chance; "
            f"{'this ranking' if len(blind) == 1 else 'these rankings'} cannot tell which training "
            "images are defective."
        )
    return told


def overlap_words(of: Overlap) -> str:
    """Say what it changes that images of the training set are tested, too."""
    side = "higher" if of.difference > 0 else "lower"
    return (
        f"{readable(of.n_shared, 2)} test images are training images, too, at "
        f"{percent(of.pollution)} pollution (protocol append-overlap). With them AUROC of "
        f"{of.detector} is {fixed(of.auroc, 3)}, without them {fixed(of.auroc_without, 3)}: they "
        f"make it {fixed(abs(of.difference), 3)} {side}."
    )


def failed_words(found: Findings) -> str:
    """Say how many cells failed, and why."""
    failed = found.study.failed
    reasons = failed["reason"].value_counts()
    most = "; ".join(f"{reason} ({n})" for reason, n in reasons.head(3).items())
    n_cells = len(found.study.tables.cells)
    return f"{plural(len(failed), 'training set')} of {n_cells} could not be judged: {most}."
