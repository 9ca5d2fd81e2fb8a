"""The answer in a sentence: which run is better, if labels say so, and how alike rankings are."""

from typing import Any

from anomalylab import metrics
from anomalylab.number_words import few_digits, fixed, grouped, minus, plural
from anomalylab.reports.kit.fragment import Fragment, render
from anomalylab.reports.side_by_side.differing import warnings_of
from anomalylab.reports.side_by_side.matched import Matched, Method
from anomalylab.reports.side_by_side.measured import Difference, difference
from anomalylab.runs.measure import why_undefined

MIN_OF_A_CLASS = 5
"""Defective and good images below which no run is called better: intervals do not hold there."""

TOPS = (0.01, 0.05, 0.1, 0.2)
"""Shares of the images of which the most unusual ones are set against each other."""

TERMS = {
    "AUROC": "chance that a random defective image scores above a random good one; 0.5 is "
    "guessing.",
    "95 % interval": "of a difference: where it may lie, as far as these images tell. If 0 lies "
    "inside, the runs are not told apart. Both are judged by the same images, so what is hard for "
    "both cancels.",
    "Rank": "1 is the most unusual image of a run. Scores of different runs have different units; "
    "ranks can be compared.",
    "Spearman": "correlation of ranks: 1 if both runs order the images alike, 0 if they have "
    "nothing to do with each other.",
    "Changed sides": "at or above the threshold of one run and below that of the other.",
}
"""Explained below the answer."""


def headline(matched: Matched) -> Fragment:
    """Say which run is better as far as labels tell, and how alike they rank the images.

    Parameters
    ----------
    matched : Matched

    Returns
    -------
    Fragment
    """
    (a, b), *others = matched.pairs()
    is_silent = bool(why_undefined(matched.truth))
    html = render(
        "parts/verdict",
        name=f"{b.name} and {a.name}",
        sentence=answer(matched, a, b),
        reasons=[*([] if is_silent else [flagged(matched, a, b)]), alike(a, b)],
        asked=_asked(matched),
        warnings=[*warnings_of(matched), *_of_many(0 if is_silent else 1 + len(others))],
        tiles=_tiles(matched, a, b),
        others=[(f"{d.name} and {c.name}", both(matched, c, d)) for c, d in others],
        judges="pairs",
        terms=TERMS,
    )
    return Fragment(html)


def answer(matched: Matched, a: Method, b: Method) -> str:
    """Return one sentence that claims no more than the labels of the common images allow."""
    truth = matched.truth
    reason = why_undefined(truth)
    if reason:
        known = reason[:1].upper() + reason[1:]
        return f"{known}: nothing says whether {a.name} or {b.name} is better."
    found = difference(matched, "auroc", a, b)
    n_anomalous, n_normal = int(truth.sum()), int((truth == 0).sum())
    images = f"{plural(n_anomalous, 'defective image')} and {n_normal} good ones"
    of_a, of_b = (fixed(metrics.auroc(truth, m.scores[matched.is_labelled]), 3) for m in (a, b))
    if min(n_anomalous, n_normal) < MIN_OF_A_CLASS:
        return (
            f"{images[:1].upper()}{images[1:]} are too few to say whether {a.name} or {b.name} is "
            f"better: AUROC {of_a} and {of_b}."
        )
    if not found.is_certain:
        return (
            f"{a.name} and {b.name} cannot be told apart by how they rank {images}: AUROC {of_a} "
            f"and {of_b}, difference {_words(found)}."
        )
    if found.value > 0:
        return _better(b.name, of_b, a.name, of_a, found, images)
    turned = Difference(-found.value, -found.high, -found.low)
    return _better(a.name, of_a, b.name, of_b, turned, images)


def both(matched: Matched, a: Method, b: Method) -> str:
    """Return the answer, and how alike two methods rank the images."""
    return f"{answer(matched, a, b)} {alike(a, b)}"


def flagged(matched: Matched, *methods: Method) -> str:
    """Return one sentence on what methods find at the thresholds of their runs."""
    truth = matched.truth
    n_anomalous, n_normal = int(truth.sum()), int((truth == 0).sum())
    words = []
    for method in methods:
        is_above = method.is_above[matched.is_labelled]
        n_found, n_false = int(is_above[truth == 1].sum()), int(is_above[truth == 0].sum())
        alarms = plural(n_false, "false alarm")
        words.append(f"{method.name} finds {n_found} of {n_anomalous} and raises {alarms}")
    return f"At the thresholds of the runs {'; '.join(words)} among {n_normal} good images."


def alike(a: Method, b: Method) -> str:
    """Return one sentence on how alike two methods rank the images, and whom they flag."""
    n, k = len(a.scores), top(len(a.scores), 0.1)
    rho, low, high = metrics.spearman(a.scores, b.scores)
    agree = "cannot be correlated"
    if rho == rho:  # not NaN
        least, most = minus(fixed(low, 2)), minus(fixed(high, 2))
        agree = f"agree to {minus(fixed(rho, 2))} (Spearman; 95 % interval {least} to {most})"
    shared = metrics.shared_top(a.scores, b.scores, k)
    n_changed = int((a.is_above != b.is_above).sum())
    return (
        f"Their rankings of {plural(n, 'image')} {agree}; {shared} of the {k} highest are the same "
        f"({few_digits(k * k / n)} would be by chance), and {plural(n_changed, 'image')} "
        f"{'changes' if n_changed == 1 else 'change'} sides."
    )


def top(n: int, share: float) -> int:
    """Return how many images a share of them is, at least one."""
    return max(1, round(share * n))


def _better(winner: str, high: str, loser: str, low: str, found: Difference, images: str) -> str:
    return (
        f"{winner} ranks {images} better than {loser}: AUROC {high} instead of {low}, difference "
        f"{_words(found)}."
    )


def _words(found: Difference) -> str:
    return f"{found.signed(found.value)} (95 % interval {found.words})"


def _asked(matched: Matched) -> str:
    n = len(matched.labels)
    only = [
        f"{name} judged {plural(n_more, 'other image', 'others')} more"
        for name, n_more in ((s.name, len(s.run.queries) - n) for s in matched.sides)
        if n_more
    ]
    rest = f"; not compared: {', '.join(only)}" if only else ", and no others"
    names = ", ".join(side.name for side in matched.sides)
    return (
        f"Which of {names} is better, and where do they differ? All of them judged "
        f"{plural(n, 'image')}, found by content whatever the files are called{rest}."
    )


def _of_many(n_pairs: int) -> list[str]:
    if n_pairs < 2:
        return []
    return [
        f"{n_pairs} pairs are compared. Each interval stands for itself: of twenty pairs that do "
        "not differ, one is called different by chance."
    ]


def _tiles(matched: Matched, a: Method, b: Method) -> list[dict[str, Any]]:
    only_a, only_b = ((x.is_above & ~y.is_above).sum() for x, y in ((a, b), (b, a)))
    rows = [
        ("Images in common", len(matched.labels), _classes(matched)),
        (f"Flagged by {a.name} only", int(only_a), f"of {a.is_above.sum()} that it flags"),
        (f"Flagged by {b.name} only", int(only_b), f"of {b.is_above.sum()} that it flags"),
    ]
    return [{"title": title, "value": grouped(n), "note": note} for title, n, note in rows]


def _classes(matched: Matched) -> str:
    counts = [
        (int((matched.truth == 0).sum()), "good"),
        (int(matched.truth.sum()), "defective"),
        (int((~matched.is_labelled).sum()), "unknown"),
    ]
    return ", ".join(f"{grouped(n)} {name}" for n, name in counts if n)
