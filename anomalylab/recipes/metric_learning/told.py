"""What a run found, in sentences that claim no more than intervals allow."""

from anomalylab.number_words import fixed, listed, plural
from anomalylab.recipes.metric_learning.found import Auroc, Found
from anomalylab.recipes.metric_learning.published import RANGES
from anomalylab.recipes.metric_learning.words import loss_name
from anomalylab.runs.info import VerdictInfo

HEADLINE = "metric_learning"
"""Name of the verdict that speaks for the run."""

MANY_CATEGORIES = 5
"""Categories from which on losses are ranked by their means, with a word of caution."""


def verdicts(found: Found) -> dict[str, VerdictInfo]:
    """Return the headline, then a verdict for each loss."""
    judged = found.aurocs()
    kind = "measured" if judged else "undecidable"
    told = {
        HEADLINE: VerdictInfo(
            kind=kind,
            sentence=headline(found),
            reason=" ".join(filter(None, [flattered(found), certainty(found)])),
        )
    }
    for loss in found.part.losses:
        told[loss] = VerdictInfo(kind=kind, sentence=of_loss(found, loss))
    return told


def headline(found: Found) -> str:
    """Say how well the best and the worst loss rank defects, and whether they can be told apart."""
    judged, lead = found.aurocs(), _lead(found)
    if not judged and found.aurocs("auroc"):
        return "All defective test images were trained on: how others are ranked is not known."
    if not judged:
        return _without_labels(found, lead)
    if len(judged) == 1:
        one = judged[0]
        return (
            f"{lead}, {loss_name(one.loss)} ranks defective {one.category} images above good ones "
            f"with AUROC {_with_interval(one)}.{_beside(one)}{_printed(found)}"
        )
    if found.n_judged == 1:
        told = f"{lead}, AUROC on {judged[0].category} is {_range(judged)}.{_printed(found)}"
        return f"{told} {_best(found, judged)}"
    return f"{lead}, AUROC is {_range(judged)}.{_printed(found)} {_means(found)}"


def _lead(found: Found) -> str:
    part = found.part
    if part.experiment == "twins":
        return "Trained on images and their twins with a drawn defect"
    if part.experiment == "classes":
        return f"Trained to tell {plural(len(part.categories), 'category', 'categories')} apart"
    types = sorted(set(part.defects.values()))
    on = types[0] if len(types) == 1 else "one type of defect each"
    return f"Trained on good images and {on}, and judged by the other types"


def _range(judged: list[Auroc]) -> str:
    """Return the lowest and the highest value, with what they are of."""
    low, high = (end(judged, key=lambda one: one.value) for end in (min, max))
    several = len({one.category for one in judged}) > 1

    def name(one: Auroc) -> str:
        parts = [one.category] * several + [loss_name(one.loss)] * (
            len({j.loss for j in judged}) > 1
        )
        return ", ".join(parts)

    if fixed(low.value, 3) == fixed(high.value, 3):
        return f"{fixed(low.value, 3)} throughout"
    return f"{fixed(low.value, 3)} ({name(low)}) to {fixed(high.value, 3)} ({name(high)})"


def _best(found: Found, judged: list[Auroc]) -> str:
    """Say which losses the first one is ahead of, on the one category that there is."""
    first, *others = sorted(judged, key=lambda one: -one.value)
    level = 1 - 0.05 / (len(judged) * len(others) / 2)  # the first one is chosen of all pairs
    behind = {
        loss_name(one.loss): found.difference(first.category, first.loss, one.loss, level=level)
        for one in others
    }
    sure = [loss for loss, difference in behind.items() if difference.is_certain]
    open_ = [loss for loss in behind if loss not in sure]
    if not sure:
        return f"None of the other losses can be told from {loss_name(first.loss)} by these images."
    told = f"{_capital(loss_name(first.loss))} is ahead of {listed(sure)} beyond chance"
    return f"{told}; it cannot be told from {listed(open_)}." if open_ else f"{told}."


def _means(found: Found) -> str:
    means = found.means
    if len(means) < 2:
        return "".join(
            f"Mean over {plural(found.n_judged, 'category', 'categories')}: {fixed(mean, 3)}."
            for mean in means.values()
        )
    ranked = sorted(means, key=lambda loss: -means[loss])
    words = ", ".join(f"{loss_name(loss)} {fixed(means[loss], 3)}" for loss in ranked)
    few = (
        "so few categories give losses no order"
        if found.n_judged < MANY_CATEGORIES
        else "on other categories the order may be another"
    )
    return f"Mean over {plural(found.n_judged, 'category', 'categories')}: {words}; {few}."


def _without_labels(found: Found, lead: str) -> str:
    planted = found.aurocs("planted_auroc")
    nothing = f"{lead}; whether real defects are found is not known, no labelled test image says so"
    if not planted:
        return f"{nothing}."
    values = _range(planted) if len(planted) > 1 else _with_interval(planted[0])
    return f"{nothing}. Planted defects are told from the untouched images with AUROC {values}."


def _with_interval(one: Auroc) -> str:
    if one.low != one.low:
        return fixed(one.value, 3)
    return f"{fixed(one.value, 3)} (95 %: {fixed(one.low, 2)} to {fixed(one.high, 2)})"


def _beside(one: Auroc) -> str:
    """Return what is printed of the same, in words that say that it is of another network."""
    if one.published != one.published:
        return ""
    return f" Published, with a larger network: {fixed(one.published, 3)}."


def _printed(found: Found) -> str:
    """Return the range that is printed of an experiment of which no single value is."""
    if found.part.experiment not in RANGES:
        return ""
    low, high = RANGES[found.part.experiment]
    return f" Published, of other products: {fixed(low, 2)} to {fixed(high, 2)}."


def of_loss(found: Found, loss: str) -> str:
    """Say what one loss came to on each category, beside what is printed."""
    own = [one for one in found.aurocs() if one.loss == loss]
    if not own:
        planted = [one for one in found.aurocs("planted_auroc") if one.loss == loss]
        told = "; ".join(f"{one.category} {_with_interval(one)}" for one in planted)
        return f"AUROC of planted defects: {told}." if told else "Not measured."
    words = [f"{one.category} {_with_interval(one)}{_aside(one)}" for one in own]
    wrong = {one.category: one for one in found.aurocs(is_as_published=True) if one.loss == loss}
    also = [
        f"with the published errors {fixed(wrong[one.category].value, 3)} on {one.category}"
        for one in own
        if one.category in wrong
    ]
    return f"AUROC {'; '.join([*words, *also])}.{_printed(found)}"


def _aside(one: Auroc) -> str:
    return f", published {fixed(one.published, 3)}" if one.published == one.published else ""


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def certainty(found: Found) -> str:
    """Say what is known of how far the figures would move with other images and other seeds."""
    spreads = [one.spread for one in found.aurocs() if one.spread == one.spread]
    if spreads:
        return (
            f"Over {len(found.part.seeds)} seeds AUROC of one loss on one category moved by up to "
            f"{fixed(max(spreads), 3)}; intervals cover which images were judged, not that."
        )
    networks = "The network was" if found.part.n_trials == 1 else "Each network was"
    return f"{networks} trained once: how far AUROC moves with another seed is not known."


def flattered(found: Found) -> str:
    """Say what the figure is with test images that were trained on; empty if none were."""
    with_trained = found.aurocs("auroc") if found.part.experiment == "one-defect" else []
    if not with_trained:
        return ""
    words = _range(with_trained) if len(with_trained) > 1 else fixed(with_trained[0].value, 3)
    return (
        f"With the images that were trained on among those that are judged, as published, it is "
        f"{words}, which says nothing of new images."
    )
