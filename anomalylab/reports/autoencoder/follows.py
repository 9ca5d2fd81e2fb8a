"""What a run lets its readers conclude, and what it does not, in plain sentences."""

from collections.abc import Iterator

from anomalylab.metrics import rate_interval
from anomalylab.number_words import grouped, listed, percent, plural
from anomalylab.recipes.autoencoder.judged import ALL, GOOD
from anomalylab.recipes.autoencoder.tau import ORACLE
from anomalylab.recipes.autoencoder.told import FLAT, is_told_apart
from anomalylab.reports.autoencoder.opened import Found
from anomalylab.reports.autoencoder.values import interval_of
from anomalylab.reports.kit.fragment import Fragment, render
from anomalylab.reports.kit.rows import rows_of

PARTS, DEFECTIVE = 1000, 5
"""Of so many parts so many are defective, in the example of a production line."""

MOSTLY = 0.5
"""Share from which most pixels are meant."""


def follows(found: Found) -> Fragment:
    """Show what can be concluded, and what cannot.

    Parameters
    ----------
    found : Found

    Returns
    -------
    Fragment
    """
    html = render(
        "autoencoder/follows",
        can=list(concluded(found)),
        cannot=list(not_concluded(found)),
    )
    return Fragment(html, (), ("autoencoder/page.css",))


def concluded(found: Found) -> Iterator[str]:
    """Yield what the test images show at the threshold to use, with how sure it is.

    Nothing where no threshold could be chosen without looking at the answers, or no test image has
    a label.
    """
    if not found.taus or found.taus[0]["method"] == ORACLE:
        return
    tau = found.taus[0]["tau"]
    n_defective, n_good = found.judged(ALL, tau)[1], found.judged(GOOD, tau)[1]
    if n_defective:
        yield (
            f"Of 100 defective images like these it would find {_of(found, ALL, 100)} (95 % sure, "
            f"from {plural(n_defective, 'image')})."
        )
    if n_good:
        yield (
            f"Of 100 good ones it would call {_of(found, GOOD, 100)} by mistake (from "
            f"{plural(n_good, 'image')})."
        )
    if n_defective and n_good:
        parts = grouped(PARTS)
        yield (
            f"On a line where {DEFECTIVE} of {parts} parts are defective, {parts} would bring "
            f"{_of(found, GOOD, PARTS - DEFECTIVE)} false alarms on average, and "
            f"{_of(found, ALL, DEFECTIVE)} of the {DEFECTIVE} defects would be found."
        )
    yield from _of_marks(found)
    yield from _of_types(found)


def not_concluded(found: Found) -> Iterator[str]:
    """Yield what a reader may take from the numbers that they do not say."""
    about = found.about
    if about.n_held_out:
        yield (
            "That good images will be called so rarely in use. A threshold taken from "
            f"{plural(about.n_held_out, f'{about.known_as} image')} cannot promise fewer false "
            f"alarms than 1 in {about.n_held_out + 1}."
        )
    if about.n_unlabelled:
        yield (
            "That little is left only of good images: of those to learn from, "
            f"{grouped(about.n_unlabelled)} have no label. Defects among them are learnt, and "
            "raise the threshold."
        )
    if found.types:
        yield (
            "How defects of other kinds, or under another light, are found: these were "
            f"{listed(found.types)}."
        )
    yield (
        "Whether another method finds more in the same images: none was tried. A run with "
        "--detector autoencoder --detector patchcore compares them."
    )
    own = found.of(found.tables.trainings, found.main)
    for row in rows_of(own):
        if row["fall"] is None or row["fall"] >= FLAT:
            yield "What longer training would reach: the loss had not been seen to flatten."


def _of(found: Found, name: str, n: int) -> str:
    """Say how many of ``n`` images of a type would be called: between the bounds of the share."""
    low, high = (round(n * share) for share in rate_interval(*found.judged(name, found.tau)))
    if low == high:
        return str(low)
    return f"{low} to {high}"


def _of_marks(found: Found) -> Iterator[str]:
    """Say what marks are worth."""
    method = found.taus[0]["method"]
    at = {
        metric: found.value(found.main, ALL, method, metric)
        for metric in ("precision", "recall", "f1")
    }
    if any(row.get("value") is None for row in at.values()):
        return
    precision, recall = (_with_range(at[metric]) for metric in ("precision", "recall"))
    if not at["recall"]["value"]:
        yield "At this threshold no defective pixel is marked: the marks show nothing."
    elif at["precision"]["value"] < MOSTLY:
        yield (
            f"Of what it marks, {precision} is defective: most marks are no defect, and alone they "
            "do not show where one is."
        )
    elif at["recall"]["value"] < MOSTLY:
        yield (
            f"Of what it marks, {precision} is defective, but of the defects it marks only "
            f"{recall}: the marks point at defects and do not measure them."
        )
    else:
        yield (
            f"Of what it marks, {precision} is defective, and of the defects it marks {recall}: "
            "the marks show where defects are, and roughly how large."
        )
    best = found.value(found.main, ALL, ORACLE, "f1").get("value")
    if best is not None and not is_told_apart(found.named, best):
        yield (
            "Most of a defect leaves no more than good pixels do: no threshold marks most of it "
            "without marking nearly everything."
        )


def _with_range(row: dict[str, float]) -> str:
    between = interval_of(row)
    return f"{percent(row['value'])} ({between})" if between else percent(row["value"])


def _of_types(found: Found) -> Iterator[str]:
    """Say which type is found best and which worst, and whether that may be chance."""
    counts = {name: found.judged(name, found.tau) for name in found.types}
    shares = {name: k / n for name, (k, n) in counts.items() if n}
    if len(shares) < 2 or min(shares.values()) == max(shares.values()):
        return
    best, worst = max(shares, key=shares.__getitem__), min(shares, key=shares.__getitem__)
    is_sure = rate_interval(*counts[best])[0] > rate_interval(*counts[worst])[1]
    told = (
        f"Found most often: {best} ({counts[best][0]} of {counts[best][1]} images); least often: "
        f"{worst} ({counts[worst][0]} of {counts[worst][1]})"
    )
    yield f"{told}." if is_sure else f"{told}. With so few images that may be chance."
